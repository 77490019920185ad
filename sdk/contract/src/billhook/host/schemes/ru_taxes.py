"""Russian tax systems and the dated table of VAT rates.

An issued document keeps what it was issued with (rate, amount, version of the table) and is never computed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from billhook.host.schemes import Regime
from billhook.i18n import Catalogue
from billhook.settings import Finding, Severity, Text

_ = Catalogue("billhook")

#: Changes with every edit of `RATES`; stands on each issued document.
TABLE: Final = "ru-2026-01-01"
#: Regimes of before are of no use: the first general rate in the table.
EARLIEST: Final = date(2004, 1, 1)

REGIMES: Final[tuple[tuple[str, Text], ...]] = (
    ("general", _("General system")),
    ("usn_income", _("Simplified system, income")),
    ("usn_difference", _("Simplified system, income less expenses")),
    ("agricultural", _("Agricultural tax")),
    ("patent", _("Patent")),
    ("self_employed", _("Tax on professional income")),
)
VATS: Final[tuple[tuple[str, Text], ...]] = (
    ("general", _("General rate (22 % since 2026)")),
    ("usn5", _("5 %")),
    ("usn7", _("7 %")),
    ("none", _("No VAT")),
)
#: By way of VAT: since when, percent. Before the first row there was no such tax.
#: Sources: general 18 % until 2018; 20 % by law 303-FZ; 22 % by law 425-FZ of 28.11.2025; the simplified system's
#: 5 % and 7 % by law 176-FZ, since 2025.
RATES: Final[Mapping[str, tuple[tuple[date, int], ...]]] = {
    "general": ((date(2004, 1, 1), 18), (date(2019, 1, 1), 20), (date(2026, 1, 1), 22)),
    "usn5": ((date(2025, 1, 1), 5),),
    "usn7": ((date(2025, 1, 1), 7),),
    "none": (),
}
#: Whoever is freed of VAT by article 145 keeps the system and has none.
_GENERAL: Final = {"general": EARLIEST, "none": EARLIEST}
_SIMPLIFIED: Final = {"none": EARLIEST, "usn5": date(2025, 1, 1), "usn7": date(2025, 1, 1), "general": date(2025, 1, 1)}
#: By regime: the ways of VAT that it allows, each since when.
ALLOWED: Final[Mapping[str, Mapping[str, date]]] = {
    "general": _GENERAL,
    "usn_income": _SIMPLIFIED,
    "usn_difference": _SIMPLIFIED,
    "agricultural": {"none": EARLIEST, "general": date(2019, 1, 1)},
    "patent": {"none": EARLIEST},
    "self_employed": {"none": EARLIEST},
}


def fault(regime: Regime) -> Finding | None:
    """Return what is wrong with a regime by itself, at the field that it belongs to."""
    if regime.regime not in ALLOWED:
        return _error("regime", _("This tax system is not known."))
    if regime.vat not in RATES:
        return _error("vat", _("This VAT rate is not known."))
    if regime.since < EARLIEST:
        return _error("since", _("Rates are known since {day}; choose a later day.", day=EARLIEST))
    since = ALLOWED[regime.regime].get(regime.vat)
    if since is None:
        return _error("vat", _("There is no VAT at this rate under this tax system."))
    if regime.since < since:
        return _error("vat", _("Under this tax system there is this rate since {day} only.", day=since))
    return None


def _error(field: str, text: Text) -> Finding:
    return Finding(Severity.ERROR, text, "", field)
