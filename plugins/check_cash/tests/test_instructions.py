from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from importlib.resources import files

import pytest
from billhook import Addresses, Instructions, StartRequest
from billhook.host.schemes import Regime
from billhook.i18n import read_po, use_language
from billhook_check_cash import billhook_payment_providers, billhook_plugin_title
from billhook_check_cash.provider import CheckCash
from billhook_kit import make_seller
from jinja2 import DictLoader, Environment, PackageLoader, StrictUndefined

LINK = "https://panel.example/plugin/check_cash/payment/2580328/payment_method/14/receipt?h=84a75bd51104a391"
BASE = "{% block instructions %}{% endblock %}|aside|{% block aside %}{% endblock %}"


class FakeUi:
    def copyable(self, name: str, text: str, label: object) -> str:
        return f"[{label} {name}={text}]"

    def facts(self, rows: list[tuple[object, object]]) -> str:
        return "".join(f"[{label}: {value}]" for label, value in rows)


@pytest.fixture
def page(provider, make_payment, make_method, facts):
    def show(issued: bool = True, language: str = "ru", **changes: object) -> str:
        payment, method = make_payment(**changes), make_method()
        frozen = provider.document("receipt", payment, method, facts).frozen
        request = StartRequest(
            payment,
            method,
            Addresses({}, {"receipt": LINK}, "https://panel.example/accounts/1042/payments/2580328"),
            "1834729101-try",
            1834729101,
            language,
            {"receipt": replace(facts, link=LINK, frozen=frozen)} if issued else {},
        )
        started = provider.start(request)
        assert isinstance(started, Instructions)
        environment = Environment(autoescape=True, undefined=StrictUndefined)
        environment.loader = PackageLoader("billhook_check_cash")
        template = environment.loader.get_source(environment, started.template)[0]
        environment.loader = DictLoader({"billhook/instructions.html": BASE, "page": template})
        with use_language(language):
            return " ".join(
                environment.get_template("page").render(started.context, ui=FakeUi(), back_url="/payments/1").split()
            )

    return show


def test_the_page_says_what_the_letter_says_in_its_order(page) -> None:
    text = page()

    sentences = [
        "Скачайте счет на оплату:",
        "<strong>Скачать</strong>",
        f"[Либо вставьте данную ссылку в адресную строку браузера: bill-link={LINK}]",
        "Распечатайте и оплатите счет;",
        "Для ускорения зачисления средств пришлите нам отсканированное платежное поручение на e-mail:",
        "sales@hosting.example</a> (новые заказы)",
        "billing@hosting.example</a> (продление услуг).",
        "Менеджер зачтёт платёж и осуществит активацию подписки.",
        "Для получения закрывающих документов вы можете связаться с нашей бухгалтерией по адресу:",
        "accounting@hosting.example",
    ]
    places = [text.index(sentence) for sentence in sentences]
    assert places == sorted(places)


def test_requisites_purpose_and_qr_stand_on_the_page_for_those_who_pay_without_paper(page) -> None:
    text = page()

    assert "[Номер счета: 40702810938000012345]" in text
    assert "[Сумма: 5 000,00 руб.]" in text
    assert "bill-purpose=Оплата по счету № 2563977 от 13.11.2026." in text
    assert "<svg" in text.split("|aside|")[1]


def test_the_page_holds_no_inline_style_script_or_foreign_picture(page) -> None:
    text = page()

    assert not any(word in text for word in ("style=", "<script", "onclick", "<img", "data:"))


def test_without_a_bill_the_page_says_so_and_still_shows_the_requisites(page) -> None:
    text = page(issued=False)

    assert "Попробуйте еще раз" in text
    assert LINK not in text
    assert "[БИК: 044525225]" in text


def test_a_payers_words_are_escaped(page) -> None:
    assert "<script>" not in page(purpose="<script>alert(1)</script>")


def test_the_page_speaks_english(page) -> None:
    assert "Download the bill for payment:" in page(language="en")


CHANGED = {
    "an account": lambda make: make(make_seller(account={"account": "40702810600000000001", "bank_name": "Other"})),
    "a name": lambda make: make(make_seller(name="ООО «Другое»", inn="7736207543")),
    "a regime": lambda make: make(make_seller(Regime(date(2019, 1, 1), "usn_income", "none"))),
    "settings": lambda make: make(service_name="Иное", contract_basis="Иное", offer_text="Иное"),
    "nothing left of the seller": lambda make: replace(make(), seller=None),
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_an_issued_bills_page_says_what_the_bill_says_whatever_changed_since(
    provider, make_payment, make_method, facts, change
) -> None:
    source = provider.document("receipt", make_payment(), make_method(), facts)
    issued = replace(facts, frozen=json.loads(json.dumps(source.frozen)))

    def page(payment, method) -> dict[str, object]:
        return dict(
            provider.start(
                StartRequest(payment, method, Addresses({}, {}, ""), "1-try", 1, "ru", {"receipt": issued})
            ).context
        )

    before = page(make_payment(), make_method())
    after = page(make_payment(name="ООО «Переименовано»"), change(make_method))

    assert after == before
    assert before["purpose"] == source.context["payment"]["purpose"]
    assert ("40702810938000012345") in [value for _label, value in before["requisites"]]


def test_the_plugin_announces_one_provider_that_gives_instructions() -> None:
    assert billhook_payment_providers() == [CheckCash]
    assert CheckCash.starts == (Instructions,)
    assert [kind.name for kind in CheckCash.documents] == ["receipt"]
    with use_language("ru"):
        assert str(billhook_plugin_title()) == "Банковский перевод"


def test_every_text_of_settings_and_documents_is_translated() -> None:
    catalogue = (files("billhook_check_cash") / "locale" / "ru" / "check_cash.po").read_text("utf-8")
    known = {msgid for msgid, _forms, _plural in read_po(catalogue)}
    with use_language("en"):
        said = {str(text) for each in CheckCash.settings for text in (each.label, each.help, each.group) if text}
        said |= {str(label) for each in CheckCash.settings for _value, label in each.choices}

    assert said <= known
