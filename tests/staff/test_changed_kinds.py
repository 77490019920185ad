"""A new version of a plugin makes a secret of a text, or a text of a secret: nothing leaks, and it can be mended."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from host_stub.config import Config
from host_stub.domain.errors import MethodUnavailable
from host_stub.persistence import PaymentMethod
from host_stub.plugin_doctor import Patient
from host_stub.plugin_doctor import methods as diagnosed
from host_stub.services.money_in import methods
from tests.staff.conftest import Staff
from tests.staff.test_methods_room import SECRET, a_form, created, save
from tests.support.web import Visitor

PLAIN = "kept-as-plain-text-2024"
WORDS = "Сохраненный секрет не читается: введите его заново."


@pytest.fixture(params=["text", "foreign key", "bare text"])
def spoilt(request: pytest.FixtureRequest, staff: Staff, olga: Visitor) -> int:
    """A method whose secret does not open: text when it was kept, or closed with a lost key."""
    method_id = created(staff, olga)
    kept: dict[str, dict[str, Any]] = {
        "text": {"settings": {**staff.method(method_id).settings, "secret": PLAIN}, "secrets": {}},
        "foreign key": {"secrets": {"secret": [{"value": "gAAAA" + PLAIN, "replaced_at": None}]}},
        "bare text": {"secrets": {"secret": PLAIN}},
    }
    with staff.store.write() as session:
        session.execute(update(PaymentMethod).where(PaymentMethod.id == method_id).values(**kept[request.param]))
    return method_id


def seen(staff: Staff, method_id: int) -> methods.MethodView:
    panel = staff.app.extensions["billhook"]
    provider = panel.registry.provider("paymaster")
    return methods.present_view(staff.store, staff.method(method_id), provider, panel.keys)


def test_the_form_asks_for_a_secret_that_does_not_open(staff: Staff, olga: Visitor, spoilt: int) -> None:
    page = olga.get(f"/reseller/methods/{spoilt}")

    assert page.status_code == 200
    assert WORDS in page.text
    assert PLAIN not in page.text
    assert "Значение задано и не показывается" not in page.text


def test_it_is_not_saved_until_the_secret_is_entered(staff: Staff, olga: Visitor, spoilt: int) -> None:
    answer = save(olga, f"/reseller/methods/{spoilt}", a_form(setting_secret=""))

    assert answer.status_code == 422
    assert WORDS in answer.text
    assert PLAIN not in answer.text


def test_the_secret_is_entered_again_and_nothing_is_left_of_the_old_one(
    staff: Staff, olga: Visitor, spoilt: int
) -> None:
    answer = save(olga, f"/reseller/methods/{spoilt}", a_form())

    assert answer.status_code == 303
    assert seen(staff, spoilt).secrets("secret") == (SECRET,)
    row = staff.method(spoilt)
    assert PLAIN not in repr((row.settings, row.secrets))


def test_nobody_is_called_with_a_secret_that_does_not_open(staff: Staff, olga: Visitor, spoilt: int) -> None:
    with pytest.raises(MethodUnavailable):
        seen(staff, spoilt)

    answer = staff.app.test_client().post(f"/plugin/paymaster/method/{spoilt}/notify", data={"LMI_HASH": ""})

    assert answer.status_code == 503


def test_the_doctor_names_a_secret_that_does_not_open(staff: Staff, olga: Visitor, spoilt: int) -> None:
    panel = staff.app.extensions["billhook"]
    patient = Patient(config=Config(), store=staff.store, registry=panel.registry)

    found = [each for each in diagnosed(patient, panel.keys) if each.subject.startswith(f"method {spoilt} ")]

    assert "secrets can't be opened" in found[0].problem


def test_a_secret_that_became_a_text_is_not_shown(staff: Staff, olga: Visitor) -> None:
    method_id = created(staff, olga)
    envelope = staff.method(method_id).secrets["secret"]
    with staff.store.write() as session:
        row = session.get_one(PaymentMethod, method_id)
        row.settings = {key: value for key, value in row.settings.items() if key != "merchant_id"}
        row.secrets = {**row.secrets, "merchant_id": envelope}

    page = olga.get(f"/reseller/methods/{method_id}").text

    assert envelope[0]["value"] not in page
    assert "replaced_at" not in page
    assert seen(staff, method_id).text("merchant_id") == ""

    assert save(olga, f"/reseller/methods/{method_id}", a_form()).status_code == 303
    assert staff.method(method_id).settings["merchant_id"] == "11112222-3333"
    assert "merchant_id" not in staff.method(method_id).secrets
