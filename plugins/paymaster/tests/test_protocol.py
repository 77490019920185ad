"""The request to PayMaster, and reading what it says."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from billhook import Catalogue, MalformedNotification, Money, PayerReturned, PaymentClaim
from billhook_paymaster import protocol
from billhook_paymaster.protocol import (
    Order,
    international_digits,
    read_confirmation,
    read_notification,
    read_return,
    request_fields,
)
from hypothesis import given, settings
from hypothesis import strategies as st

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
QUICK = settings(max_examples=60)

ORDER = Order(
    merchant="11112222-3333-4444-5555-666677778888",
    number="INV-1001",
    amount=Money(1050, "RUB"),
    description="Оплата счёта INV-1001",
    expires_at=datetime(2030, 1, 1, tzinfo=UTC),
    confirmation_url="https://panel.example/confirm",
    notification_url="https://panel.example/notify",
    success_url="https://panel.example/success",
    failure_url="https://panel.example/failure",
    payer_email="client@example.com",
    method="BankCard",
)


def test_the_request_of_the_documentation_is_built():
    documented = VECTORS["request_example"]["fields"]
    expected = {k: v for k, v in documented.items() if not k.startswith("LMI_SHOPPINGCART")}

    fields = dict(request_fields(ORDER))

    assert {k: v for k, v in fields.items() if not k.endswith("_URL")} == expected


def test_the_request_names_the_four_addresses_and_both_spellings_of_the_failure_page():
    fields = dict(request_fields(ORDER))

    assert {k: v for k, v in fields.items() if k.endswith("_URL")} == {
        "LMI_INVOICE_CONFIRMATION_URL": "https://panel.example/confirm",
        "LMI_PAYMENT_NOTIFICATION_URL": "https://panel.example/notify",
        "LMI_SUCCESS_URL": "https://panel.example/success",
        "LMI_FAILURE_URL": "https://panel.example/failure",
        "LMI_FAIL_URL": "https://panel.example/failure",
    }


def test_no_field_is_sent_twice_and_none_empty():
    names = [name for name, _ in request_fields(ORDER)]

    assert len(names) == len(set(names))
    assert all(value for _, value in request_fields(replace(ORDER, payer_email="", method="")))


def test_a_choice_of_method_and_test_mode_are_sent_only_when_set():
    plain = dict(request_fields(replace(ORDER, method="", payer_email="")))
    assert not {"LMI_PAYMENT_METHOD", "LMI_SIM_MODE", "LMI_PAYER_EMAIL", "LMI_PAYER_PHONE_NUMBER"} & plain.keys()

    assert dict(request_fields(replace(ORDER, sim_mode="0")))["LMI_SIM_MODE"] == "0"


def test_the_expiry_is_sent_in_utc():
    moscow = datetime(2030, 1, 1, 2, 30, tzinfo=timezone(timedelta(hours=3)))

    assert dict(request_fields(replace(ORDER, expires_at=moscow)))["LMI_EXPIRES"] == "2029-12-31T23:30:00"


def test_an_expiry_without_a_time_zone_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="time zone"):
        request_fields(replace(ORDER, expires_at=datetime(2030, 1, 1)))


def test_a_long_description_is_cut_to_what_the_gateway_takes():
    encoded = dict(request_fields(replace(ORDER, description="я" * 300)))["LMI_PAYMENT_DESC_BASE64"]

    assert base64.b64decode(encoded).decode() == "я" * 255


@QUICK
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=255))
def test_any_description_survives_the_way(text):
    encoded = dict(request_fields(replace(ORDER, description=text)))["LMI_PAYMENT_DESC_BASE64"]

    assert base64.b64decode(encoded).decode() == text


@QUICK
@given(minor=st.integers(1, 10**14 - 1))
def test_a_sum_sent_and_a_sum_received_are_the_same(minor, raw, sign, live):
    sent = dict(request_fields(replace(ORDER, amount=Money(minor, "RUB"))))["LMI_PAYMENT_AMOUNT"]

    assert read_notification(raw(sign({**live, "LMI_PAYMENT_AMOUNT": sent}))).amount == Money(minor, "RUB")


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("+7 (903) 123-45-67", "79031234567"),
        ("8 903 123-45-67", "79031234567"),
        ("79031234567", "79031234567"),
        ("+375 29 123-45-67", "375291234567"),
        ("123-45-67", ""),
        ("", ""),
        ("+7", ""),
        ("+７９０３１２３４５６７", ""),
    ],
)
def test_a_phone_is_sent_with_its_country_code_or_not_at_all(typed, sent):
    assert international_digits(typed) == sent


def test_a_notification_says_what_was_ordered(raw, live):
    paid = read_notification(raw(live))

    assert paid.reference == "INV-1001"
    assert paid.merchant == "11112222-3333-4444-5555-666677778888"
    assert paid.amount == Money(1050, "RUB")
    assert paid.external_id == "43184405"
    assert not paid.is_test


def test_what_the_payers_bank_took_is_a_detail_and_never_the_sum(raw, sign, live):
    paid = read_notification(raw(sign({**live, "LMI_PAID_AMOUNT": "0.15", "LMI_PAID_CURRENCY": "WMZ"})))

    assert paid.amount == Money(1050, "RUB")
    assert (paid.details["Sum the payer paid"], paid.details["Currency the payer paid in"]) == ("0.15", "WMZ")


@pytest.mark.parametrize(
    ("code", "currency"),
    [("RUB", "RUB"), ("643", "RUB"), ("RUR", "RUB"), ("EUR", "EUR"), ("978", "EUR"), ("840", "USD")],
)
def test_a_currency_is_understood_by_letters_and_number(code, currency, raw, sign, live):
    assert read_notification(raw(sign({**live, "LMI_CURRENCY": code}))).amount == Money(1050, currency)


@pytest.mark.parametrize("code", ["", "rub", " RUB", "XYZ", "0643", "６４３", "RUB RUB"])
def test_another_currency_code_is_refused(code, raw, sign, live):
    with pytest.raises(MalformedNotification):
        read_notification(raw(sign({**live, "LMI_CURRENCY": code})))


@pytest.mark.parametrize(("text", "minor"), [("10.50", 1050), ("10.5", 1050), ("10", 1000), ("10.5000", 1050)])
def test_a_sum_is_read_however_many_zeros_it_shows(text, minor, raw, sign, live):
    assert read_notification(raw(sign({**live, "LMI_PAYMENT_AMOUNT": text}))).amount == Money(minor, "RUB")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0.00",
        "-10.50",
        "+10.50",
        " 10.50",
        "10.50\n",
        "10,50",
        "1 000.00",
        "1,000.00",
        "1e3",
        "NaN",
        "Infinity",
        "10.505",
        "10.",
        ".50",
        "1_000",
        "１０.50",
        "0x10",
        "10.50RUB",
        "9" * 13,
        "1.0000000000000000000000000000000001",
    ],
)
def test_a_signed_sum_that_is_no_plain_number_is_refused(text, raw, sign, live):
    with pytest.raises(MalformedNotification):
        read_notification(raw(sign({**live, "LMI_PAYMENT_AMOUNT": text})))


@pytest.mark.parametrize("name", ["LMI_MERCHANT_ID", "LMI_SYS_PAYMENT_ID", "LMI_PAYMENT_AMOUNT", "LMI_CURRENCY"])
def test_a_notification_that_lacks_what_is_needed_to_book_it_is_refused(name, raw, sign, live):
    for fields in ({k: v for k, v in live.items() if k != name}, {**live, name: ""}):
        with pytest.raises(MalformedNotification):
            read_notification(raw(sign(fields)))


def test_money_without_a_payment_number_is_told_of_with_an_empty_reference(raw, sign, live):
    fields = {k: v for k, v in live.items() if k != "LMI_PAYMENT_NO"}

    assert read_notification(raw(sign(fields))).reference == ""


@pytest.mark.parametrize(
    ("fields", "is_test"),
    [
        ({}, False),
        ({"LMI_SIM_MODE": "0"}, True),
        ({"LMI_SIM_MODE": "3"}, True),
        ({"LMI_SIM_MODE": ""}, False),
        ({"LMI_PAYMENT_SYSTEM": "3"}, True),
        ({"LMI_PAYMENT_METHOD": "Test"}, False),
    ],
)
def test_a_test_payment_is_told_by_signed_fields_only(fields, is_test, raw, sign, live):
    assert read_notification(raw(sign({**live, **fields}))).is_test is is_test


def test_an_unmasked_card_number_is_masked_before_anybody_sees_it(raw, live):
    fields = {**live, "LMI_PAYER_IDENTIFIER": "4100000000000010", "LMI_PAYMENT_REF": "602617333335"}

    details = read_notification(raw(fields)).details

    assert details["Payer"] == "410000******0010"
    assert details["Number at the bank"] == "602617333335"


def test_details_stand_under_labels_in_both_languages():
    for label in protocol._DETAILS:
        text = Catalogue("billhook_paymaster")(label)

        assert text.in_language("en") == label
        assert re.match("[А-Я]", text.in_language("ru")), label


def test_details_are_short_and_printable(raw, live):
    details = read_notification(raw({**live, "LMI_PAYER_IDENTIFIER": "a\r\n\0b" + "c" * 999})).details

    assert details["Payer"].startswith("a   bc")
    assert len(details["Payer"]) == 200


def test_the_documented_question_is_read(raw):
    claim = read_confirmation(raw(VECTORS["prerequest_example"]["fields"]))

    assert claim == PaymentClaim("INV-1001", "11112222-3333-4444-5555-666677778888", Money(1050, "RUB"), is_test=True)


@pytest.mark.parametrize("name", ["LMI_HASH", "LMI_SYS_PAYMENT_ID", "LMI_SYS_PAYMENT_DATE"])
@pytest.mark.parametrize("value", ["", "1"])
def test_a_question_that_says_it_is_paid_is_refused(name, value, raw):
    with pytest.raises(MalformedNotification):
        read_confirmation(raw({**VECTORS["prerequest_example"]["fields"], name: value}))


@pytest.mark.parametrize("value", [None, "", "0", "01", "1 ", "true"])
def test_a_question_must_say_that_it_is_one(value, raw):
    fields = {k: v for k, v in VECTORS["prerequest_example"]["fields"].items() if k != "LMI_PREREQUEST"}

    with pytest.raises(MalformedNotification):
        read_confirmation(raw(fields if value is None else {**fields, "LMI_PREREQUEST": value}))


@pytest.mark.parametrize(
    "name", ["LMI_PREREQUEST", "LMI_MERCHANT_ID", "LMI_PAYMENT_NO", "LMI_PAYMENT_AMOUNT", "LMI_CURRENCY"]
)
def test_a_question_with_a_field_missing_or_twice_is_refused(name, raw):
    fields = VECTORS["prerequest_example"]["fields"]

    for broken in ([p for p in fields.items() if p[0] != name], [*fields.items(), (name, fields[name])]):
        with pytest.raises(MalformedNotification):
            read_confirmation(raw(broken))


def test_a_return_page_tells_the_number_and_is_never_refused(raw):
    assert read_return(raw({"LMI_PAYMENT_NO": "7"}, "GET"), successful=True) == PayerReturned("7", successful=True)
    assert read_return(raw({}), successful=False) == PayerReturned("", successful=False)
    assert read_return(raw([("LMI_PAYMENT_NO", "7"), ("LMI_PAYMENT_NO", "8")]), successful=True).reference == ""


@pytest.mark.parametrize("text", ["INV\0", "INV\udcff", "INV\n"])
def test_text_that_no_database_could_look_up_is_refused_before_it_gets_there(text, raw, live):
    question = VECTORS["prerequest_example"]["fields"]

    for name in ("LMI_PAYMENT_NO", "LMI_MERCHANT_ID"):
        with pytest.raises(MalformedNotification):
            read_confirmation(raw({**question, name: text}))
        with pytest.raises(MalformedNotification):
            read_notification(raw({**live, name: text}))
    assert read_return(raw({"LMI_PAYMENT_NO": text}), successful=True).reference == ""


def test_the_ukrainian_dialect_is_not_understood(raw, live):
    fields = {k: v for k, v in live.items() if "CURRENCY" not in k} | {"LMI_MODE": "0", "LMI_HASH": "AB" * 32}

    with pytest.raises(MalformedNotification):
        read_notification(raw(fields))
