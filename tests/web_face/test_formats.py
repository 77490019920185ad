"""Sums and dates read as people of the language write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from billhook import LazyText, Money, formats
from billhook.i18n import use_language

from host_stub.web.face import breakable

LATE = datetime(2020, 11, 12, 22, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minor", "russian", "english"),
    [
        (500000, "5 000,00 руб.", "RUB 5,000.00"),
        (0, "0,00 руб.", "RUB 0.00"),
        (1, "0,01 руб.", "RUB 0.01"),
        (-4210, "−42,10 руб.", "−RUB 42.10"),
        (100000000, "1 000 000,00 руб.", "RUB 1,000,000.00"),
        (-123456789, "−1 234 567,89 руб.", "−RUB 1,234,567.89"),
    ],
)
def test_a_sum_is_grouped_and_never_breaks_over_a_line(minor: int, russian: str, english: str) -> None:
    amount = Money(minor, "RUB")

    assert formats.money(amount, "ru") == russian.replace(" ", "\u00a0")
    assert formats.money(amount, "en") == english.replace(" ", "\u00a0")


def test_a_sum_follows_the_language_of_the_context() -> None:
    with use_language("en"):
        assert formats.money(Money(2000, "EUR")) == "EUR\u00a020.00"
    with use_language("ru"):
        assert formats.money(Money(2000, "EUR")) == "20,00\u00a0евро"


def test_a_date_is_the_day_in_the_resellers_time_zone() -> None:
    with formats.use_timezone("Europe/Moscow"):
        assert formats.date(LATE) == "13.11.2020"
        assert formats.datetime(LATE) == "13.11.2020, 01:05"
    with formats.use_timezone("Europe/Lisbon"):
        assert formats.datetime(LATE) == "12.11.2020, 22:05"


def test_english_dates_name_the_month() -> None:
    with use_language("en"), formats.use_timezone("Europe/Moscow"):
        assert formats.date(date(2026, 11, 10)) == "10 Nov 2026"
        assert formats.datetime(LATE) == "13 Nov 2020, 01:05"


@pytest.mark.parametrize(
    ("language", "shown"), [("ru", "Удалить «ООО „Ромашка“»?"), ("en", "Delete “the ‘Daisy’ company”?")]
)
def test_quotes_within_quotes_are_the_inner_ones_of_the_language(language: str, shown: str) -> None:
    name = {"ru": "ООО «Ромашка»", "en": "the “Daisy” company"}[language]
    msgid = {"ru": "Удалить «{name}»?", "en": "Delete “{name}”?"}[language]

    with use_language(language):
        assert str(LazyText("host_stub", msgid, {"name": name})) == shown


def test_an_address_breaks_at_its_sign_and_its_dots_and_is_escaped() -> None:
    assert breakable("a.b@c.example") == "a.<wbr>b<wbr>@c.<wbr>example"
    assert breakable("<b>@x") == "&lt;b&gt;<wbr>@x"


def test_a_plain_date_belongs_to_no_time_zone() -> None:
    with formats.use_timezone("Pacific/Kiritimati"):
        assert formats.date(date(2020, 1, 2)) == "02.01.2020"


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        formats.datetime(datetime(2020, 1, 2, 3, 4))
