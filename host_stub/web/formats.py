"""Sums and dates for templates: `host_stub.domain.formats`, where mails and documents find them too."""

from host_stub.domain.formats import (
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
