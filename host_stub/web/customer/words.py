"""Sentences of the customer's room that are made of several facts."""

from __future__ import annotations

import re
from datetime import datetime

from billhook import Catalogue, LazyText, Money, formats
from billhook.money import MINOR_DIGITS

from host_stub.domain.charging import Period, Span, SubscriptionStatus
from host_stub.services.books.ledger import Kind
from host_stub.services.charges import holds
from host_stub.services.reading.accounts import Account
from host_stub.services.reading.operations import Operation
from host_stub.services.reading.subscriptions import Service, Subscription
from host_stub.services.reading.work_queue import SOON

_ = Catalogue("host_stub")

Text = LazyText | str


def short_money(amount: Money) -> str:
    """Return a sum as in running text: without minor units where there are none (`20 руб.`, `RUB 20`)."""
    text, digits = formats.money(amount), MINOR_DIGITS[amount.currency]
    if amount.decimal % 1 or not digits:
        return text
    # Only at the end: `,00` stands in `5,000.00`, too.
    return re.sub(rf"[.,]0{{{digits}}}(?=[^0-9]*$)", "", text)


def period(span: Span) -> str:
    """Return which hour, day or month it is; a part of one shows its ends."""
    return formats.period(span.start, span.end)


def operation_title(operation: Operation) -> Text:
    """Say what moved the balance."""
    details = operation.details
    match operation.kind:
        case Kind.CREDIT:
            return _("Top-up by payment {number}", number=details.get("payment", ""))
        case Kind.CHARGE:
            return _("Charge for “{subscription}”", subscription=details.get("subscription", ""))
        case Kind.CORRECTION:
            return _("Correction")
        case Kind.REVERSAL if "payment" in details:
            return _("Credit of payment {number} taken back", number=details["payment"])
        case Kind.REVERSAL if "subscription" in details:
            return _("Charge for “{subscription}” given back", subscription=details["subscription"])
        case Kind.REVERSAL:
            return _("Operation taken back")
    return operation.kind


def operation_reason(operation: Operation) -> Text:
    """Say why, where there is more to say than the title: the period charged, the words of who did it."""
    start, end = operation.details.get("period_start"), operation.details.get("period_end")
    if operation.kind == Kind.CHARGE and start and end:
        return period(Span(datetime.fromisoformat(start), datetime.fromisoformat(end)))
    return operation.reason


def plan_price(service: Service) -> Text:
    """Say what a plan costs: `1 000,00 руб. в месяц`. An hourly plan states its monthly price."""
    price = formats.money(service.plan.price)
    match service.plan.period:
        case Period.HOUR:
            return _("{amount} a month, charged by the hour", amount=price)
        case Period.DAY:
            return _("{amount} a day", amount=price)
    return _("{amount} a month", amount=price)


def coming_charge(service: Service, account: Account, *, shows_money: bool, now: datetime) -> Text:
    """Say when a subscription will cost how much, or what it waits for.

    shows_money: whether the reader may see the balance.
    """
    price, to_start = service.next.price, service.to_start
    match service.subscription.status:
        case SubscriptionStatus.ACTIVE if service.next.span is not None:
            return _next_charge(service.next.span.start, price, account, now)
        case SubscriptionStatus.PENDING if to_start is not None and not to_start.needed:
            return _(
                "The balance covers the first charge: {amount}. It starts with the button or the next top-up.",
                amount=price,
            )
        case SubscriptionStatus.PENDING if to_start is not None and shows_money:
            return _(
                "Starts when the balance covers the first charge: {amount}. {sums}",
                amount=price,
                sums=holds.how(to_start),
            )
        case SubscriptionStatus.PENDING:
            return _("Starts when the balance covers the first charge: {amount}.", amount=price)
        case SubscriptionStatus.STOPPED:
            return _("Starts again by itself after a top-up. First charge: {amount}.", amount=price)
    return "—"


def _next_charge(at: datetime, price: Money, account: Account, now: datetime) -> Text:
    if account.on_hold:
        return _("Paid until {moment}. Without a top-up it stops then.", moment=at)
    if at <= now + SOON and account.balance - price < account.threshold:
        return _(
            "{moment} — {amount}. The balance does not cover it: without a top-up it stops then.",
            moment=at,
            amount=price,
        )
    return _("{moment} — {amount}", moment=at, amount=price)


def why_stopped(subscription: Subscription) -> Text:
    """Say why a subscription does not run; empty if it does."""
    if subscription.status != SubscriptionStatus.STOPPED or subscription.stopped_at is None:
        return ""
    moment = formats.datetime(subscription.stopped_at)
    return _("Stopped on {moment}: the balance did not cover the next charge.", moment=moment)
