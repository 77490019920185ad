"""What was told to whom: kept in a table of the plugin's own, listed for managers and for the customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from billhook import (
    Access,
    AccountView,
    BalanceThresholdCrossed,
    BalanceWatch,
    ChargeUncovered,
    GoTo,
    Keep,
    LazyText,
    Money,
    Page,
    PageAnswer,
    PageRequest,
    Reader,
    Room,
    Show,
    Value,
)

from billhook_low_balance_notify import silence
from billhook_low_balance_notify.settings import THRESHOLD, TITLE, _

TABLE: Final = "low_balance_notify_warning"
#: Rows of one page.
SHOWN: Final = 50

LOW_BALANCE: Final = "low_balance"

KINDS: Final = {
    LOW_BALANCE: _("The balance fell below the level"),
    "charge_ahead": _("A charge will not be covered"),
}


def kept(
    event: BalanceThresholdCrossed | ChargeUncovered, account: AccountView, missing: Money, *, by_mail: bool
) -> Keep:
    """Return the row of one warning; it is written once, together with the warning itself."""
    values: dict[str, Value] = {
        "account_id": account.id,
        "kind": event.key,
        "customer": account.name[:200],
        "currency": missing.currency,
        "balance_minor": account.balance.minor,
        "missing_minor": missing.minor,
        "by_mail": by_mail,
        "told_at": event.at,
    }
    return Keep(TABLE, values)


def of_reseller(request: PageRequest) -> PageAnswer:
    """List the warnings of all customers, the newest first."""
    return _listed(request, "low_balance_notify/warnings.html", {})


def of_customer(request: PageRequest) -> PageAnswer:
    """List the warnings of a customer, who turns the mails off and on here."""
    assert request.account is not None, "a page of the customer's room has an account"
    account = request.account
    if request.is_post:
        wanted = request.fields.one("wanted")
        effects = silence.changed(account, wanted, request.now)
        said = _("These mails come again.") if wanted == silence.AGAIN else _("These mails do not come any more.")
        return GoTo("warnings", message=said, effects=effects)
    context = {
        "silent": silence.is_silent(request.reader, account.id),
        "stop": silence.STOP,
        "again": silence.AGAIN,
        "here": request.address("warnings"),
        "pause": pause(request.reader, account, request.now),
    }
    return _listed(request, "low_balance_notify/my_warnings.html", context, {"account_id": account.id})


def pause(reader: Reader, account: AccountView, now: datetime) -> LazyText | str:
    """Say why another fall below the level is not told yet; empty if it is."""
    level = reader.setting(THRESHOLD.key, account.id)
    told = reader.rows(TABLE, {"account_id": account.id, "kind": LOW_BALANCE}, newest_first=True, limit=1)
    if not told or not isinstance(level, Money):
        return ""
    at = told[0]["told_at"]
    assert isinstance(at, datetime), "the column holds instants"
    until = at + BalanceWatch.PAUSE
    if until <= now:
        return ""
    clear = Money(BalanceWatch.clear_minor(level.minor), level.currency)
    return _(
        "You were warned on {at}. While the balance goes up and down round {level} no further warning comes before "
        "{until}, unless it has reached {clear} meanwhile.",
        at=at,
        level=level,
        until=until,
        clear=clear,
    )


def _listed(
    request: PageRequest, template: str, context: Mapping[str, object], where: Mapping[str, Value] | None = None
) -> Show:
    before = request.query.number("before")
    rows = request.reader.rows(TABLE, where, newest_first=True, limit=SHOWN, before_id=before)
    older = request.address("warnings", before=rows[-1]["id"]) if len(rows) == SHOWN else ""
    return Show(template, {**context, "_": _, "warnings": [_shown(row) for row in rows], "older": older})


def _shown(row: Mapping[str, Value]) -> dict[str, object]:
    def money(name: str) -> Money:
        return Money(int(str(row[name])), str(row["currency"]))

    return {
        "told_at": row["told_at"],
        "customer": row["customer"],
        "what": KINDS.get(str(row["kind"]), row["kind"]),
        "balance": money("balance_minor"),
        "needed": money("balance_minor") + money("missing_minor"),
        "missing": money("missing_minor"),
        "by_mail": row["by_mail"],
    }


PAGES: Final = (
    Page("warnings", Room.RESELLER, TITLE, of_reseller, menu=_("Balance warnings")),
    Page("warnings", Room.CUSTOMER, TITLE, of_customer, menu=_("Warnings"), access=Access.SETTINGS),
)
