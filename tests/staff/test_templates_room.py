"""Receipt templates: looked at before they are saved, and restored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from billhook_check_cash.provider import CheckCash

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.render import Renderer
from host_stub.persistence import PaymentMethod
from host_stub.plugins import documents
from host_stub.plugins.registry import Registry
from tests.staff.conftest import Staff
from tests.support.web import Visitor, an_app
from tests.support.world import CUSTOMER

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

    told = olga.post(f"{address(drawn)}/preview", {"source": OWN, "payment_id": str(payment_id)})
    answer = olga.post(f"{address(drawn)}/preview", {"source": OWN, "payment_id": str(payment_id), "despite": "yes"})

    assert "В документе нет или не видно: Получатель, ИНН" in told.text
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


GREETING = "<html><body>Привет</body></html>"


def stock_of(staff: Staff, key: str = "invoice_template") -> str:
    provider = staff.app.extensions["billhook"].registry.provider("check_cash")
    return str(next(s.stock for s in provider.settings if s.key == key))


def kept(staff: Staff) -> object:
    return staff.method(staff.bank_id).settings.get("invoice_template")


def test_a_template_without_the_legal_facts_is_kept_only_when_that_is_said_twice(drawn: Staff) -> None:
    payment_id, olga = str(drawn.payment()), drawn.visitor("olga")

    told = olga.post(address(drawn), {"source": GREETING, "payment_id": payment_id})
    before = kept(drawn)
    ticked = re.search(r'name="anyway" value="([0-9a-f]{64})"', told.text)
    changed = olga.post(address(drawn), {"source": GREETING + "!", "payment_id": payment_id, "anyway": ticked[1]})
    saved = olga.post(address(drawn), {"source": GREETING, "payment_id": payment_id, "anyway": ticked[1]})

    facts = "Номер документа, Получатель, ИНН, Номер счета, Банк, БИК, Корреспондентский счет, Плательщик, Сумма, НДС"
    assert told.status_code == changed.status_code == 422
    for fact in facts.split(", "):
        assert fact in told.text
    assert "Сохранено" not in told.text
    assert before is None
    assert saved.status_code == 303
    assert kept(drawn) == GREETING


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ payment.foo }}", "Нет данных с именем: payment.foo"),
        ("<img src='asset:logo'>", "Нет данных с именем: asset:logo"),
        ("<p>Привет \N{GRINNING FACE}</p>", "нет знаков: \N{GRINNING FACE}"),
        ("{{ payment.total | divided_by: 0 }}", "строка"),
    ],
)
def test_a_doubtful_template_is_told_before_it_is_kept(drawn: Staff, text: str, words: str) -> None:
    payment_id, olga = str(drawn.payment()), drawn.visitor("olga")

    answer = olga.post(address(drawn), {"source": stock_of(drawn) + text, "payment_id": payment_id})

    assert answer.status_code == 422
    assert words in answer.text
    assert "Всё равно сохранить" in answer.text
    assert kept(drawn) is None


def test_a_sound_template_is_kept_at_once(drawn: Staff) -> None:
    payment_id, olga = str(drawn.payment()), drawn.visitor("olga")

    answer = olga.post(address(drawn), {"source": stock_of(drawn) + "<p>Спасибо!</p>", "payment_id": payment_id})

    assert answer.status_code == 303
    assert str(kept(drawn)).endswith("<p>Спасибо!</p>")


def test_a_template_that_nothing_could_be_drawn_with_is_not_called_proved(drawn: Staff) -> None:
    olga = drawn.visitor("olga")

    olga.post(address(drawn), {"source": GREETING})

    assert "Сохранено, но не проверено" in olga.get(address(drawn)).text


def test_a_template_given_up_stands_on_the_start_page_until_it_is_mended(drawn: Staff) -> None:
    olga, broken = drawn.visitor("olga"), "{{ payment.total | divided_by: 0 }}"
    with drawn.store.write() as session:
        method = session.get_one(PaymentMethod, drawn.bank_id)
        method.settings = {**method.settings, "invoice_template": broken}
    desk = drawn.app.extensions["billhook"].desk

    documents.issue(desk, drawn.scope, drawn.payment(), drawn.bank_id, "receipt", by=CUSTOMER)
    failed, listed = olga.get("/reseller/").text, olga.get("/reseller/templates").text
    olga.post(f"{address(drawn)}/restore")

    assert "Шаблоны не сработали" in failed
    assert listed.count("не работает") == 1
    assert "Шаблоны не сработали" not in olga.get("/reseller/").text


def test_the_page_is_shown_without_drawing_and_asks_the_plugin_once_for_each_type(
    staff: Staff, olga: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    document = CheckCash.document

    def counted(self: CheckCash, kind: str, payment: Any, *more: Any) -> Any:
        asked.append(payment.id)
        return document(self, kind, payment, *more)

    monkeypatch.setattr(CheckCash, "document", counted)
    for _number in range(6):
        staff.payment()

    page = olga.get(address(staff))

    assert page.text.count("<option") >= 6
    assert staff.printer.drawn == 0
    assert len(asked) == 2  # whether the template fits, and the placeholders' values


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
