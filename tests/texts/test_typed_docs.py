"""docs/typed.md shows in tables what the panel makes of what people type and paste. It is what the readers do."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from billhook import Severity, formats
from billhook.host.schemes import SCHEMES
from billhook.i18n import use_language
from billhook.requisites import bare_number, inn_and_kpp, inn_fault
from billhook_kit.views import samples
from werkzeug.datastructures import MultiDict
from wtforms import Form

from host_stub.domain.amounts import UnreadableAmount, read_amount
from host_stub.domain.days import DayProblem, UnreadableDay, read_day
from host_stub.domain.requisites import order_key, order_number
from host_stub.domain.texts import clean_line
from host_stub.web.fields import DAY_PROBLEMS, KppField, amount_words

PAGE = (Path(__file__).parents[2] / "docs/typed.md").read_text("utf-8")
TODAY, PAYMENT_MADE = dt.date(2026, 11, 30), dt.date(2026, 11, 13)
#: Of the doctor's table: the bank's public numbers, and an account whose key fits them.
SELLER = {**samples()["seller"], **samples()["bank"]}
KEYS = {"ИНН": "inn", "КПП": "kpp", "БИК": "bic", "счет": "account", "корр. счет": "corr_account"}


class KppForm(Form):
    kpp = KppField()


def kpp_read(text: str) -> str:
    field = KppForm(MultiDict({"kpp": text})).kpp
    return "/".join(filter(None, (field.inn, field.data))) or "пусто"


READERS = {
    "ИНН": lambda text: "/".join(filter(None, inn_and_kpp(text))),
    "КПП": kpp_read,
    "БИК": bare_number,
    "счет": bare_number,
    "поручение": lambda text: order_number(text) or "пусто",
}


def rows(name: str) -> list[tuple[str, ...]]:
    """Return the cells of a table. `[U+200B]` in what is typed becomes that sign."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", PAGE, flags=re.S)
    assert found is not None, name
    return [tuple(_cell(cell) for cell in line.strip("| \n").split(" | ")) for line in found[1].splitlines()[2:]]


def _cell(text: str) -> str:
    text = text.removeprefix("`").removesuffix("`")
    return re.sub(r"\[U\+([0-9A-F]{4,5})\]", lambda code: chr(int(code[1], 16)), text)


def amount(currency: str, text: str, *, signed: bool) -> str:
    try:
        return formats.money(read_amount(text, currency, signed=signed, zero=signed))
    except UnreadableAmount as error:
        if error.readings:
            return "вопрос: " + " или ".join(map(formats.money, error.readings))
        return f"отказ: {amount_words(error.problem, currency)}"


def day(text: str) -> str:
    try:
        return formats.date(read_day(text, TODAY, unlikely_before=PAYMENT_MADE))
    except UnreadableDay as error:
        if error.problem is DayProblem.DOUBTFUL and error.day is not None:
            return f"вопрос: {formats.date(error.day)}"
        return f"отказ: {DAY_PROBLEMS[error.problem]}"


@pytest.mark.parametrize(("table", "least"), [("sums", 40), ("signed sums", 8)])
def test_sums_are_understood_asked_about_and_refused_as_the_page_says(table: str, least: int) -> None:
    told = rows(table)

    with use_language("ru"):
        done = [amount(currency, text, signed=table == "signed sums") for currency, text, _said in told]

    assert len(told) >= least
    assert [each.replace("\u00a0", " ") for each in done] == [said for _currency, _text, said in told]


def test_dates_are_understood_asked_about_and_refused_as_the_page_says() -> None:
    told = rows("days")

    with use_language("ru"):
        done = [day(text) for text, _said in told]

    assert len(told) >= 25
    assert done == [said for _text, said in told]


def test_requisites_are_read_as_the_page_says() -> None:
    told = rows("requisites")

    assert len(told) >= 20
    assert [READERS[field](text) for field, text, _said in told] == [said for _field, _text, said in told]


def test_orders_are_told_apart_as_the_page_says() -> None:
    told = rows("same orders")
    done = ["уже зачтено" if order_key(one) == order_key(other) else "другое поручение" for one, other, _said in told]

    assert len(told) >= 8
    assert done == [said for _one, _other, said in told]


def test_the_doctor_names_what_is_wrong_with_requisites_as_the_page_says() -> None:
    told = rows("wrong requisites")

    with use_language("ru"):
        done = [_first_error(_one_number(field, text)) for field, text, _said in told]
        inns = [inn_and_kpp(text)[0] for field, text, _said in told if field == "ИНН"]
        judged = [str(fault) for fault in map(inn_fault, inns) if fault is not None]

    assert len(told) >= 16
    assert judged == [said for field, _text, said in told if field == "ИНН" and "КПП" not in said], "in all forms"
    assert done == [said for _field, _text, said in told]


def _one_number(field: str, text: str) -> dict[str, str]:
    """Return the setting with what was pasted into it; a KPP that comes with the INN finds its field empty."""
    return {KEYS[field]: text} | ({"kpp": ""} if field == "ИНН" and inn_and_kpp(text)[1] else {})


def _first_error(changed: dict[str, str]) -> str:
    scheme, typed = SCHEMES["ru"], {**SELLER, **changed}
    found = [*scheme.read_requisites(typed)[1], *scheme.read_account(typed)[1]]
    return str(next(each.text for each in found if each.severity is Severity.ERROR))


def test_names_are_cleaned_as_the_page_says() -> None:
    told = rows("lines")

    assert len(told) >= 12
    assert [clean_line(text) or "пусто" for text, _said in told] == [said for _text, said in told]


def test_the_real_card_of_a_state_body_on_the_page_is_in_order() -> None:
    bic, corr_account, account = re.findall(r"БИК `(\d+)`, корр. счет\n`(\d+)`, счет `(\d+)`", PAGE)[0]
    card = {"bic": bic, "corr_account": corr_account, "account": account}

    assert SCHEMES["ru"].read_account({"bank_name": "Казначейство", **card}) == (
        {"bank_name": "Казначейство", **card},
        [],
    )
    assert (bic, corr_account, account) == ("044371902", "40102810245370000096", "03214643000000018300")
