"""Dates as people type and paste them: one reader for every field. docs/typed.md shows what it understands."""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from typing import Final

from host_stub.domain.texts import clean_line, plain_dashes

#: Nothing that a panel of today has to do with was dated earlier.
EARLIEST: Final = dt.date(2000, 1, 1)


class DayProblem(StrEnum):
    """Why a typed date was not taken; each has a sentence in the catalogue."""

    EMPTY = "empty"
    NOT_A_DAY = "not_a_day"
    NO_SUCH_DAY = "no_such_day"  # 31.02.2026, 11/30/2026
    IN_FUTURE = "in_future"
    TOO_OLD = "too_old"
    DOUBTFUL = "doubtful"  # can be, but is unlikely: to be confirmed


class UnreadableDay(ValueError):
    """The text is no date that can be taken; `problem` says why. day: what was read, if anything was."""

    def __init__(self, problem: DayProblem, text: str, day: dt.date | None = None) -> None:
        super().__init__(f"{problem}: {text!r}")
        self.problem = problem
        self.text = text
        self.day = day


_NUMBERS: Final = re.compile(
    r"(?P<day>[0-9]{1,2})(?P<sign>[./ ,-])(?P<month>[0-9]{1,2})(?:(?P=sign)(?P<year>[0-9]{4}|[0-9]{2}))?", re.ASCII
)
_ISO: Final = re.compile(
    r"(?P<year>[0-9]{4})(?P<sign>[-./])(?P<month>[0-9]{1,2})(?P=sign)(?P<day>[0-9]{1,2})", re.ASCII
)
_WORDS: Final = re.compile(r"(?P<day>[0-9]{1,2})[ .-]*(?P<month>[a-zа-я]{3,})[ .,-]*(?P<year>[0-9]{4}|[0-9]{2})?")
_ENGLISH: Final = re.compile(r"(?P<month>[a-z]{3,})[ .]*(?P<day>[0-9]{1,2}),? *(?P<year>[0-9]{4})?")
#: A year's own word behind a date: `30.11.2026 г.`
_YEAR_WORD: Final = re.compile(r"(?<=[0-9]) *(?:г|год|года)\.?\Z")
#: As programs write it behind a date, without a zone: it says nothing about the day.
_TIME: Final = re.compile(r"(?:t|,? (?:в )?)(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?\Z")
_QUOTES: Final = str.maketrans("", "", "\"'«»„“”")
#: Whole and shortened: a word that only begins like a month is none.
_MONTHS: Final = (
    "янв январь января jan january", "фев февр февраль февраля feb february", "мар март марта mar march",
    "апр апрель апреля apr april", "май мая may", "июн июнь июня jun june", "июл июль июля jul july",
    "авг август августа aug august", "сен сент сентябрь сентября sep sept september",
    "окт октябрь октября oct october", "ноя нояб ноябрь ноября nov november", "дек декабрь декабря dec december",
)  # fmt: skip
#: Longer than any date.
_LONGEST: Final = 100
_MONTH_OF: Final = {word: number for number, words in enumerate(_MONTHS, start=1) for word in words.split()}


def read_day(text: str, today: dt.date, *, unlikely_before: dt.date | None = None) -> dt.date:
    """Return the date that a person typed or pasted: `30.11.2026`, `30.11.26`, `30/11/2026`, `2026-11-30`, `30 ноября`.

    Dashes of any kind, a time of day behind the date and quotes round the day change nothing. The day comes first, but
    in ISO dates; two digits of a year are of this century; without a year it is the last such day up to today.
    today: in the reader's time zone; later dates are refused. unlikely_before: earlier ones are to be confirmed.
    Raises UnreadableDay.
    """
    day = day_meant(text, today)
    if day > today:
        raise UnreadableDay(DayProblem.IN_FUTURE, text, day)
    if day < EARLIEST:
        raise UnreadableDay(DayProblem.TOO_OLD, text, day)
    if unlikely_before is not None and day < unlikely_before:
        raise UnreadableDay(DayProblem.DOUBTFUL, text, day)
    return day


def day_meant(text: str, today: dt.date) -> dt.date:
    """Return the date as `read_day` does, of any time: where days are only looked for.

    Raises UnreadableDay.
    """
    plain = _bare(text) if len(text) <= _LONGEST else text
    if not plain:
        raise UnreadableDay(DayProblem.EMPTY, text)
    for pattern in (_NUMBERS, _ISO, _WORDS, _ENGLISH):
        found = pattern.fullmatch(plain)
        if found is not None:
            return _dated(found, text, today)
    raise UnreadableDay(DayProblem.NOT_A_DAY, text)


def _bare(text: str) -> str:
    """Return the date without what stands round it: quotes, a time of day, the year's word, a closing sign."""
    plain = plain_dashes(clean_line(text.replace("\t", " "))).translate(_QUOTES).casefold()
    plain = re.sub(r" *([.,/-]) *", r"\1", plain).rstrip(".,; ")
    return _YEAR_WORD.sub("", _TIME.sub("", plain)).rstrip(".,; ").strip()


def _dated(found: re.Match[str], text: str, today: dt.date) -> dt.date:
    month, day = _month(found["month"], text), int(found["day"])
    year = found["year"]
    try:
        if year:
            return dt.date(int(year) + (2000 if len(year) == 2 else 0), month, day)
        return _last(month, day, today)
    except ValueError:
        raise UnreadableDay(DayProblem.NO_SUCH_DAY, text) from None


def _month(word: str, text: str) -> int:
    if word.isdigit():
        return int(word)
    if word not in _MONTH_OF:
        raise UnreadableDay(DayProblem.NOT_A_DAY, text)
    return _MONTH_OF[word]


def _last(month: int, day: int, today: dt.date) -> dt.date:
    """Return the last such day up to today; 29.02 may be four years back. Raises ValueError for a day of no year."""
    dt.date(2000, month, day)
    for year in range(today.year, today.year - 9, -1):
        try:
            found = dt.date(year, month, day)
        except ValueError:
            continue
        if found <= today:
            return found
    raise ValueError(f"no {day}.{month} up to {today}")
