from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from billhook import AccountType, DocumentFacts
from billhook.host.schemes import Regime
from billhook_check_cash import qr
from billhook_check_cash.papers import QR_ASSET, stock_template
from billhook_kit import make_seller
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("kind", "form", "template"),
    [
        (AccountType.COMPANY, "invoice", "invoice"),
        (AccountType.SOLE_PROPRIETOR, "invoice", "invoice"),
        (AccountType.PERSON, "pd4", "pd4"),
    ],
)
def test_a_person_gets_the_slip_and_everybody_else_the_bill(
    provider, make_payment, make_method, facts, kind: AccountType, form: str, template: str
) -> None:
    source = provider.document("receipt", make_payment(kind), make_method(), facts)

    assert source.frozen["form"] == form
    assert source.template == source.stock == stock_template(template)


def test_the_resellers_template_is_used_beside_the_stock_one(provider, make_payment, make_method, facts) -> None:
    source = provider.document("receipt", make_payment(), make_method(invoice_template="<p>mine</p>"), facts)

    assert source.template == "<p>mine</p>"
    assert source.stock == stock_template("invoice")


def test_the_placeholders_of_activeplatform_are_there(provider, make_payment, make_method, facts) -> None:
    payment = provider.document("receipt", make_payment(), make_method(), facts).context["payment"]

    assert payment["id"] == 2580328
    assert payment["document_id"] == "2563977"
    assert payment["total"] == "5\u00a0000,00"
    assert payment["total_in_words"] == "Пять тысяч рублей 00 копеек"
    assert payment["account_name"] == "ООО «Ромашка»"
    assert payment["account_address"] == "115035, г. Москва, ул. Пятницкая, д. 3"
    assert payment["created_at"] == "13.11.2026"
    assert payment["purpose"] == (
        "Оплата по счету № 2563977 от 13.11.2026. Пополнение баланса. Лицевой счет 1042. В т.ч. НДС 22% - 901,64 руб."
    )


@pytest.mark.parametrize(
    ("vat", "day", "mention"),
    [
        ("general", date(2025, 12, 31), "В т.ч. НДС 20% - 833,33 руб."),
        ("general", date(2026, 1, 1), "В т.ч. НДС 22% - 901,64 руб."),
        ("usn5", date(2026, 1, 1), "В т.ч. НДС 5% - 238,10 руб."),
        ("usn7", date(2026, 1, 1), "В т.ч. НДС 7% - 327,10 руб."),
        ("none", date(2026, 1, 1), "НДС не облагается"),
    ],
)
def test_the_tax_follows_the_sellers_regime_and_the_day_of_issue(
    provider, make_payment, make_method, vat: str, day: date, mention: str
) -> None:
    method = make_method(make_seller(Regime(date(2019, 1, 1), "usn_income", vat)))
    source = provider.document("receipt", make_payment(), method, DocumentFacts("7", day))

    assert source.context["payment"]["purpose"].endswith(mention)
    assert source.context["vat"]["mention"] == mention


def test_what_is_frozen_is_json_and_says_how_the_tax_came_about(provider, make_payment, make_method, facts) -> None:
    frozen = json.loads(json.dumps(provider.document("receipt", make_payment(), make_method(), facts).frozen))

    assert frozen["vat"]["rate"] == 22
    assert frozen["vat"]["amount_minor"] == 90164
    assert frozen["issued_on"] == "2026-11-13"
    assert frozen["qr"].startswith("ST00012")
    assert frozen["seller"]["account"] == "40702810938000012345"


def test_the_qr_says_whom_what_and_for_what(provider, make_payment, make_method, facts) -> None:
    source = provider.document("receipt", make_payment(), make_method(), facts)

    found = qr.parse_payload(str(source.frozen["qr"]))

    assert found == {
        "Name": "ООО «Пример Хостинг»",
        "PersonalAcc": "40702810938000012345",
        "BankName": "ПАО СБЕРБАНК",
        "BIC": "044525225",
        "CorrespAcc": "30101810400000000225",
        "PayeeINN": "7707083893",
        "KPP": "770701001",
        "Sum": "500000",
        "Purpose": source.context["payment"]["purpose"],
        "PersAcc": "1042",
        "PayerINN": "7736207543",
    }


def test_the_slip_names_the_payer_in_the_qr(provider, make_payment, make_method, facts) -> None:
    source = provider.document("receipt", make_payment(AccountType.PERSON), make_method(), facts)

    found = qr.parse_payload(str(source.frozen["qr"]))

    assert [found[key] for key in ("LastName", "FirstName", "MiddleName")] == ["Иванов", "Иван", "Иванович"]
    assert found["PayerAddress"] == "115035, г. Москва, ул. Пятницкая, д. 3"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(max_size=200), name=st.text(min_size=1, max_size=200), street=st.text(max_size=300))
def test_no_words_of_a_payer_change_where_the_money_goes(
    provider, make_payment, make_method, facts, words: str, name: str, street: str
) -> None:
    payment = make_payment(AccountType.PERSON, purpose=words, name=name, street=street)

    source = provider.document("receipt", payment, make_method(), facts)

    found = qr.parse_payload(str(source.frozen["qr"]))
    assert found["PersonalAcc"] == "40702810938000012345"
    assert found["Sum"] == "500000"
    assert len(found["Purpose"]) <= 210
    assert found["Purpose"] == source.context["payment"]["purpose"]
    assert found["Purpose"].startswith("Оплата по счету № 2563977 от 13.11.2026.")
    assert found["Purpose"].endswith("Лицевой счет 1042. В т.ч. НДС 22% - 901,64 руб.")


def test_the_payers_words_stand_in_the_purpose_and_give_way_when_long(
    provider, make_payment, make_method, facts
) -> None:
    short = provider.document("receipt", make_payment(purpose="За сервер | май"), make_method(), facts)
    long = provider.document("receipt", make_payment(purpose="очень длинные слова " * 10), make_method(), facts)

    assert "За сервер / май." in short.context["payment"]["purpose"]
    assert "…" in long.context["payment"]["purpose"]
    assert len(long.context["payment"]["purpose"]) <= 210


def test_the_bill_is_valid_until_the_payment_expires_in_the_resellers_time(
    provider, make_payment, make_method, facts
) -> None:
    payment = replace(make_payment(), expires_at=datetime(2026, 12, 13, 22, 0, tzinfo=UTC))

    source = provider.document("receipt", payment, make_method(), facts)

    assert source.context["bill"]["valid_until"] == "14.12.2026"


def test_the_file_name_is_plain_whatever_the_number_holds(provider, make_payment, make_method) -> None:
    source = provider.document("receipt", make_payment(), make_method(), DocumentFacts('А/1"\r\n', date(2026, 1, 1)))

    assert source.file_name == "schet---1---.pdf"


def test_the_picture_of_the_qr_is_vector_and_large_enough(provider, make_payment, make_method, facts) -> None:
    source = provider.document("receipt", make_payment(), make_method(), facts)

    svg = source.assets[QR_ASSET].decode()
    modules = int(svg.split('viewBox="0 0 ')[1].split(" ")[0])

    assert "<path" in svg
    for template in (stock_template("invoice"), stock_template("pd4")):
        assert "width: 42mm; height: 42mm" in template
    assert 42 * (modules - 8) / modules >= 35


def test_templates_hold_no_sum_or_text_that_escapes_escaping() -> None:
    for name in ("invoice", "pd4"):
        template = stock_template(name)
        assert "| safe" not in template
        assert "http" not in template
