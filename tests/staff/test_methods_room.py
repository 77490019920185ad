"""Payment methods as a reseller sets them up."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image
from werkzeug.datastructures import MultiDict

from host_stub.services.money_in import methods
from tests.staff.conftest import Staff
from tests.support.web import Visitor

SECRET = "topsecretvalue-0123456789"


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 8)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, kind)
    return file.getvalue()


def upload(content: bytes, name: str = "icon.png") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def a_form(**more: Any) -> MultiDict[str, Any]:
    form: MultiDict[str, Any] = MultiDict(
        {
            "name": "Карта и СБП",
            "active": "y",
            "position": "2",
            "description": "",
            "setting_merchant_id": "11112222-3333",
            "setting_secret": SECRET,
            "setting_hash_algorithm": "sha256",
            "setting_payment_address": "https://paymaster.ru/payment/init",
            "setting_payment_method": "",
            "setting_payer_contacts": "y",
            "setting_sim_mode": "0",
        }
    )
    form.setlist("account_types", ["person", "sole_proprietor"])
    for name, value in more.items():
        form[name] = value
    return form


def save(visitor: Visitor, address: str, form: MultiDict[str, Any]) -> Any:
    form["csrf_token"] = visitor.csrf()
    return visitor.client.post(address, data=form, content_type="multipart/form-data")


def created(staff: Staff, visitor: Visitor, **more: Any) -> int:
    answer = save(visitor, "/reseller/methods/new/paymaster", a_form(**more))
    assert answer.status_code == 303, answer.text
    return int(answer.location.rpartition("/")[2])


def test_a_method_is_made_from_the_plugin_s_own_form(staff: Staff, olga: Visitor) -> None:
    row = staff.method(created(staff, olga))

    assert (row.plugin, row.name, row.active, row.account_types) == (
        "paymaster",
        "Карта и СБП",
        True,
        ["person", "sole_proprietor"],
    )
    assert row.settings["merchant_id"] == "11112222-3333"
    assert staff.logged("payment_method") == ["payment_method.created"]


def test_a_secret_is_encrypted_and_never_shown_again(staff: Staff, olga: Visitor) -> None:
    method_id = created(staff, olga)

    assert SECRET not in repr(staff.method(method_id).secrets)
    for page in (f"/reseller/methods/{method_id}", "/reseller/methods", "/reseller/journal"):
        assert SECRET not in olga.get(page).text
    again = save(olga, f"/reseller/methods/{method_id}", a_form(setting_secret=SECRET, name=""))
    assert again.status_code == 422
    assert SECRET not in again.text


def test_an_empty_secret_field_keeps_the_secret(staff: Staff, olga: Visitor) -> None:
    method_id = created(staff, olga)

    save(olga, f"/reseller/methods/{method_id}", a_form(setting_secret="", name="Новое имя"))

    assert seen(staff, method_id, 0) == (SECRET,)
    assert staff.method(method_id).name == "Новое имя"


def test_of_a_leaked_secret_nothing_is_accepted_any_more_once_another_is_entered(staff: Staff, olga: Visitor) -> None:
    method_id = created(staff, olga)
    address = f"/reseller/methods/{method_id}"
    tick = 'name="forget_secret"'
    assert tick in olga.get(address).text
    assert tick not in olga.get("/reseller/methods/new/paymaster").text

    refused = save(olga, address, a_form(setting_secret="", forget_secret="y"))
    assert refused.status_code == 422
    assert 'id="setting_secret-error"' in refused.text
    assert seen(staff, method_id, 0) == (SECRET,)

    save(olga, address, a_form(setting_secret="another-secret-value", forget_secret="y"))
    assert seen(staff, method_id, 0) == ("another-secret-value",)
    assert "Прежнее значение принимается" not in olga.get(address).text


def seen(staff: Staff, method_id: int, days: int) -> tuple[str, ...]:
    panel = staff.app.extensions["billhook"]
    staff.clock.advance(days=days)
    provider = panel.registry.provider("paymaster")
    return methods.present_view(staff.store, staff.method(method_id), provider, panel.keys).secrets("secret")


def test_a_replaced_secret_is_accepted_for_seven_days(staff: Staff, olga: Visitor) -> None:
    method_id = created(staff, olga)
    save(olga, f"/reseller/methods/{method_id}", a_form(setting_secret="another-secret-value"))

    assert seen(staff, method_id, 6) == ("another-secret-value", SECRET)
    assert "20.11.2020" in staff.visitor("olga").get(f"/reseller/methods/{method_id}").text
    assert seen(staff, method_id, 1) == ("another-secret-value",)


def test_what_the_doctor_calls_an_error_blocks_saving(staff: Staff, olga: Visitor) -> None:
    answer = save(olga, "/reseller/methods/new/paymaster", a_form(setting_merchant_id="no id at all"))

    assert answer.status_code == 422
    assert staff.logged("payment_method") == []


def test_the_doctor_s_findings_stand_on_top_of_a_saved_method(staff: Staff, olga: Visitor) -> None:
    method_id = created(staff, olga, setting_test_mode="y")

    page = olga.get(f"/reseller/methods/{method_id}").text

    assert "findings" in page
    assert page.index("findings") < page.index('name="name"')


def test_a_provider_that_fails_in_its_check_is_a_finding(staff: Staff, olga: Visitor, monkeypatch: Any) -> None:
    provider = staff.app.extensions["billhook"].registry.provider("paymaster")

    def broken(_self: object, _method: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(type(provider), "check_settings", broken)

    answer = olga.get(f"/reseller/methods/{staff.gateway_id}")

    assert answer.status_code == 200
    assert "Модуль не смог проверить настройки" in answer.text


def test_a_method_whose_plugin_vanished_says_so(staff: Staff, olga: Visitor) -> None:
    with staff.store.write() as session:
        session.get_one(methods.PaymentMethod, staff.gateway_id).plugin = "vanished"

    answer = olga.get(f"/reseller/methods/{staff.gateway_id}")

    assert answer.status_code == 503
    assert "vanished" in answer.text


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_icon_is_kept_under_the_type_that_its_bytes_tell(staff: Staff, olga: Visitor, kind: str) -> None:
    method_id = created(staff, olga, icon=upload(picture(kind), "x.svg"))

    answer = olga.get(f"/reseller/methods/{method_id}/icon")

    assert answer.content_type == f"image/{kind.lower()}"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.data == picture(kind)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "content",
    [SVG, b"<html></html>", b"\x89PNG\r\n\x1a\n" + SVG, picture() + SVG, b"GIF89a" + b"x" * 30, b"\0" * (201 * 1024)],
    ids=["svg", "html", "png and svg", "a png with a tail", "gif", "too big"],
)
def test_an_upload_that_is_no_small_raster_picture_is_refused(staff: Staff, olga: Visitor, content: bytes) -> None:
    answer = save(olga, "/reseller/methods/new/paymaster", a_form(icon=upload(content)))

    assert answer.status_code == 422
    assert 'id="icon-error"' in answer.text


def test_an_icon_stays_until_it_is_taken_off(staff: Staff, olga: Visitor) -> None:
    method_id = created(staff, olga, icon=upload(picture()))
    address = f"/reseller/methods/{method_id}"

    save(olga, address, a_form())
    kept = staff.method(method_id).icon
    save(olga, address, a_form(without_icon="y"))

    assert kept == picture()
    assert staff.method(method_id).icon is None


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<p style="position:fixed" onclick="alert(1)">x</p>',
        "<iframe src='//x'></iframe>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
    ],
)
def test_a_description_carries_no_script(staff: Staff, olga: Visitor, html: str) -> None:
    method_id = created(staff, olga, description=f"<p>Карта <b>сразу</b></p>{html}")

    kept = staff.method(method_id).description
    assert kept.startswith("<p>Карта <b>сразу</b></p>")
    assert not re.search(r"alert|script|style=|onerror|onclick|<iframe|<img|<svg", kept, re.IGNORECASE)


def test_a_method_is_switched_off_and_never_deleted(staff: Staff, olga: Visitor) -> None:
    olga.post(f"/reseller/methods/{staff.gateway_id}/active", {"on": "no"})

    assert staff.method(staff.gateway_id).active is False
    assert "payment_method.deactivated" in staff.logged("payment_method")
    assert olga.get(f"/reseller/methods/{staff.gateway_id}").status_code == 200


def test_a_plugin_that_is_off_offers_no_new_method(staff: Staff) -> None:
    other = staff.visitor("other")

    assert other.get("/reseller/methods/new/paymaster").status_code == 404
    assert "Ни один модуль" in other.get("/reseller/methods/new").text


def test_another_reseller_s_method_does_not_exist(any_staff: Staff) -> None:
    other = any_staff.visitor("other")
    address = f"/reseller/methods/{any_staff.gateway_id}"

    assert other.get(address).status_code == 404
    assert save(other, address, a_form()).status_code == 404
    assert other.post(f"{address}/active", {"on": "no"}).status_code == 404
    assert any_staff.method(any_staff.gateway_id).active is True


def test_the_log_names_settings_but_holds_no_values(staff: Staff, olga: Visitor) -> None:
    method_id = created(staff, olga)
    save(olga, f"/reseller/methods/{method_id}", a_form(setting_secret="another-secret-value"))

    page = olga.get(f"/reseller/methods/{method_id}").text

    assert "Секретный ключ" in page[page.index('class="log"') :]
