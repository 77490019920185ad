"""Sums, dates and instants as people read them: the contract's, so that host and plugins write them alike."""

from billhook.formats import (
    DEFAULT_TIMEZONE,
    MINUS,
    NBSP,
    currency_word,
    date,
    datetime,
    figures,
    iso,
    money,
    set_timezone,
    use_timezone,
)

__all__ = [
    "DEFAULT_TIMEZONE",
    "MINUS",
    "NBSP",
    "currency_word",
    "date",
    "datetime",
    "figures",
    "iso",
    "money",
    "set_timezone",
    "use_timezone",
]
