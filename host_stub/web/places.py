"""Countries and time zones in the reader's language. Names: CLDR, through Babel."""

from __future__ import annotations

import datetime as dt
import unicodedata
from functools import cache
from zoneinfo import ZoneInfo

from billhook.i18n import current_language


def country_name(code: str) -> str:
    """Return `Россия` for `RU`; a code that CLDR does not know shows itself."""
    return _countries(current_language()).get(code.upper(), code)


def countries() -> list[tuple[str, str]]:
    """Return code and name of every country, by name, Russia first."""
    named = sorted(_countries(current_language()).items(), key=lambda country: unicodedata.normalize("NFD", country[1]))
    return sorted(named, key=lambda country: country[0] != "RU")


def zone_name(zone: str, at: dt.datetime) -> str:
    """Return `Москва (UTC+3)` for `Europe/Moscow`. at: aware; the offset is that of this moment."""
    offset = at.astimezone(ZoneInfo(zone)).utcoffset() or dt.timedelta()
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "\u2212" if minutes < 0 else "+"
    shown = f"UTC{sign}{hours}{f':{rest:02d}' if rest else ''}" if minutes else "UTC"
    city = _city(zone, current_language())
    return shown if city == "UTC" else f"{city} ({shown})"


@cache
def _countries(language: str) -> dict[str, str]:
    from babel import Locale

    territories = Locale.parse(language).territories
    return {code: str(name) for code, name in territories.items() if len(code) == 2 and code not in _NO_COUNTRIES}


#: Two-letter codes of CLDR for what is no country: unions, areas of the oceans, tests of software.
_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})


@cache
def _city(zone: str, language: str) -> str:
    from babel.dates import get_timezone_location

    if zone == "UTC":
        return zone
    return str(get_timezone_location(_NAMED_BEFORE.get(zone, zone), locale=language, return_city=True))


#: Zones that CLDR translates under the name that they had.
_NAMED_BEFORE = {
    "Asia/Kathmandu": "Asia/Katmandu",
    "Asia/Kolkata": "Asia/Calcutta",
    "Asia/Yangon": "Asia/Rangoon",
    "Asia/Ho_Chi_Minh": "Asia/Saigon",
    "Europe/Kyiv": "Europe/Kiev",
}
