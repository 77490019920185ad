"""Receipt templates: looked at before they are saved, and restored."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.render import Renderer
from host_stub.plugins.registry import Registry
from tests.staff.conftest import Staff
from tests.support.web import Visitor, an_app

OWN = "<html><body><h1>Счет {{ payment.document_id }} на {{ payment.total }}</h1></body></html>"


class CheckedStaff(Staff):
    """With the real renderer."""


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


@pytest.fixture
def drawn(sqlite_url: str, clock: FixedClock, renderer: Renderer) -> Iterator[Staff]:
    app = an_app(sqlite_url, clock, registry=Registry.discover(), renderer=renderer)
    staff = CheckedStaff(app, clock, printer=None)  # type: ignore[arg-type]
    yield staff
    staff.store.close()


def address(staff: Staff, key: str = "invoice_template") -> str:
    return f"/reseller/templates/{staff.bank_id}/{key}"


def test_a_template_is_looked_at_on_a_real_payment_and_nothing_is_stored(drawn: Staff) -> None:
    payment_id, olga = drawn.payment(), drawn.visitor("olga")

    answer = olga.post(f"{address(drawn)}/preview", {"source": OWN, "payment_id": str(payment_id)})

    assert answer.content_type == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert drawn.method(drawn.bank_id).settings.get("invoice_template") is None
    assert "document.issued" not in drawn.logged("payment")


def test_a_broken_template_is_told_in_the_preview(drawn: Staff) -> None:
    payment_id, olga = drawn.payment(), drawn.visitor("olga")

    answer = olga.post(f"{address(drawn)}/preview", {"source": "{% if %}", "payment_id": str(payment_id)})

    assert answer.content_type.startswith("text/html")
    assert "alert bad" in answer.text
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


def test_a_template_that_does_not_compile_is_not_saved(drawn: Staff) -> None:
    olga = drawn.visitor("olga")

    answer = olga.post(address(drawn), {"source": "{% for x in %}<b>"})

    assert answer.status_code == 422
    assert "Шаблон не сохранен" in answer.text
    assert "{% for x in %}&lt;b&gt;" in answer.text
    assert drawn.method(drawn.bank_id).settings.get("invoice_template") is None


def test_a_template_is_saved_and_the_stock_one_comes_back(drawn: Staff) -> None:
    olga = drawn.visitor("olga")

    olga.post(address(drawn), {"source": OWN})
    saved = drawn.method(drawn.bank_id).settings["invoice_template"]
    olga.post(f"{address(drawn)}/restore")

    assert saved == OWN
    assert "invoice_template" not in drawn.method(drawn.bank_id).settings
    assert drawn.logged("payment_method") == [
        "payment_method.template_changed",
        "payment_method.template_restored",
    ]


def test_saving_the_stock_text_keeps_following_the_stock(drawn: Staff) -> None:
    olga = drawn.visitor("olga")
    provider = drawn.app.extensions["billhook"].registry.provider("check_cash")
    stock = next(s.stock for s in provider.settings if s.key == "invoice_template")

    olga.post(address(drawn), {"source": stock.replace("\n", "\r\n")})

    assert drawn.method(drawn.bank_id).settings.get("invoice_template", "") == ""


def test_placeholders_are_listed_with_their_present_values(drawn: Staff) -> None:
    drawn.payment("1234.50")

    page = drawn.visitor("olga").get(address(drawn)).text

    assert "{{ payment.document_id }}" in page
    assert "0000001" in page


def test_each_template_is_shown_on_payments_that_it_fits(drawn: Staff) -> None:
    drawn.payment()

    company = drawn.visitor("olga").get(address(drawn, "invoice_template")).text
    person = drawn.visitor("olga").get(address(drawn, "pd4_template")).text

    assert "ООО «Ромашка»" in company
    assert "Нет платежа для просмотра" in person


def test_another_reseller_reaches_no_template(drawn: Staff) -> None:
    other = drawn.visitor("other")

    assert other.get(address(drawn)).status_code == 404
    assert other.post(f"{address(drawn)}/preview", {"source": "x"}).status_code == 404
    assert other.post(f"{address(drawn)}/restore").status_code == 404


def test_a_setting_that_is_no_template_is_none_here(staff: Staff, olga: Visitor) -> None:
    assert olga.get(address(staff, "account")).status_code == 404
