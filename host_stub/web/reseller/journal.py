"""The journal: everything that was done in the reseller's name, newest first; sign-ins on a tab of their own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from billhook import Catalogue, LazyText
from flask import url_for
from flask.typing import ResponseReturnValue

from host_stub.domain.days import UnreadableDay, day_meant
from host_stub.services.reading import journal
from host_stub.services.reading.journal import SIGN_IN, Named
from host_stub.web.page import LogEntry as Line
from host_stub.web.page import NavItem
from host_stub.web.panel import panel, reading
from host_stub.web.plugin_texts import words_of_plugins
from host_stub.web.reseller import bp
from host_stub.web.sentences import act_name, acts_of, line
from host_stub.web.staff.room import asked, cursor, pages, reseller, show

_ = Catalogue("host_stub")

#: object kind → its word, endpoint and parameter of its page (empty: it has none)
KINDS: Final[dict[str, tuple[LazyText, str, str]]] = {
    "payment": (_("Payment"), "payment", "payment_id"),
    "account": (_("Customer"), "account", "account_id"),
    "subscription": (_("Subscription"), "subscription", "subscription_id"),
    "plan": (_("Plan"), "plan", "plan_id"),
    "payment_method": (_("Payment method"), "method", "method_id"),
    "user": (_("User"), "", ""),
    "arrival": (_("Arrival"), "arrival", "arrival_id"),
    "reseller": (_("Reseller"), "settings", ""),
    "delivery": (_("Delivery"), "", ""),
}
#: On a tab of its own; and what only the operator does, which no reseller's journal holds.
_NOT_OFFERED: Final = (SIGN_IN, "plugin.settings_of_all_changed")
_KIND_OF_ACT: Final = {
    "method": "payment_method",
    "plugin": "reseller",
    "document": "payment",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the reader looks for. act: a kind (`payment`) or an action (`payment.paid`), empty for any.

    since, until: days of the reseller's, both included. unread: what was given as a day and is none.
    """

    act: str
    text: str
    since: dt.date | None
    until: dt.date | None
    sign_ins: bool
    unread: tuple[str, ...] = ()

    @classmethod
    def of_address(cls, today: dt.date) -> Wanted:
        """Return what the address asks for. today: the reseller's."""
        since, until = _day("since", today), _day("until", today)
        unread = tuple(each for each in (since, until) if isinstance(each, str) and each)
        return cls(
            act=asked("status", _acts()),
            text=asked("q"),
            since=since if isinstance(since, dt.date) else None,
            until=until if isinstance(until, dt.date) else None,
            sign_ins=bool(asked("sign_ins")),
            unread=unread,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A line with its object: its kind in words, the name that people know it by, its page if it has one."""

    line: Line
    kind: LazyText | str
    name: str
    url: str


@bp.get("/journal", endpoint="journal")
def journal_list() -> ResponseReturnValue:
    owner, words = reseller(), words_of_plugins(panel().registry)
    zone = ZoneInfo(owner.timezone)
    wanted = Wanted.of_address(panel().store.now().astimezone(zone).date())
    with reading() as session:
        listing = journal.list_entries(session, _in_instants(wanted, zone), cursor())
    return show(
        "reseller/journal.html",
        tabs=_tabs(wanted),
        rows=[_row(line(found.entry, owner.currency, others=words), found) for found in listing.rows],
        pager=pages(listing),
        acts=_choices(),
        wanted=wanted,
    )


def _tabs(wanted: Wanted) -> list[NavItem]:
    here = url_for("reseller.journal")
    return [
        NavItem(_("What was done"), here, active=not wanted.sign_ins),
        NavItem(_("Sign-ins"), url_for("reseller.journal", sign_ins=1), active=wanted.sign_ins),
    ]


def _acts() -> list[str]:
    return [*KINDS, *(act for _kind, _label, acts in _choices() for act, _word in acts)]


def _choices() -> list[tuple[str, LazyText, list[tuple[str, str]]]]:
    """Return the kinds with what can happen to each: kind, its word, actions with theirs."""
    return [
        (kind, label, [(act, act_name(act)) for act in acts_of(kind, _KIND_OF_ACT) if act not in _NOT_OFFERED])
        for kind, (label, _page, _name) in KINDS.items()
    ]


def _day(name: str, today: dt.date) -> dt.date | str:
    """Return a day of the address as people write it, or the text that is none."""
    try:
        return day_meant(asked(name), today)
    except UnreadableDay as error:
        return error.text


def _in_instants(wanted: Wanted, zone: ZoneInfo) -> journal.Wanted:
    until = wanted.until if wanted.until and wanted.until < dt.date.max else None
    return journal.Wanted(
        act=wanted.act,
        text=wanted.text,
        since=_begin(wanted.since, zone) if wanted.since else None,
        until=_begin(until + dt.timedelta(days=1), zone) if until else None,
        sign_ins=wanted.sign_ins,
    )


def _begin(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    # A year in which no zone's offset leads out of what a database can keep.
    day = min(max(day, dt.date(1970, 1, 2)), dt.date(9998, 1, 1))
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)


def _row(said: Line, found: Named) -> Row:
    entry, name = found.entry, found.name
    label, endpoint, parameter = KINDS.get(entry.object_kind, (_("Object"), "", ""))
    values: dict[str, Any] = {parameter: entry.object_id} if parameter else {}
    exists = bool(endpoint) and (bool(name) or not parameter)
    return Row(said, label, name, url_for(f"reseller.{endpoint}", **values) if exists else "")
