"""Sentences of the customer's room that are made of several facts."""

from __future__ import annotations

from datetime import datetime, timedelta

from billhook import Catalogue, LazyText, Money

from host_stub.domain import formats
from host_stub.domain.charging import Span
from host_stub.persistence import SubscriptionStatus
from host_stub.services.ledger import Kind
from host_stub.services.statements import Operation, Service

_ = Catalogue("host_stub")

Text = LazyText | str


def short_money(amount: Money) -> str:
    """Return a sum as in running text: without minor units where there are none (`20 руб.`, `RUB 20`)."""
    text = formats.money(amount)
    return text if amount.decimal % 1 else text.replace(",00", "", 1).replace(".00", "", 1)


def period(span: Span) -> str:
    """Return which hour, day or month it is: `13.11.2020, 12:00–13:00`, `13.11.2020`, `13.11.2020 – 13.12.2020`."""
    length = span.end - span.start
    if length <= timedelta(hours=2):
        return f"{formats.datetime(span.start)}–{formats.datetime(span.end)[-5:]}"
    # Clock changes make days of 23 and 25 hours.
    if length <= timedelta(hours=25):
        return formats.date(span.start)
    return f"{formats.date(span.start)} – {formats.date(span.end)}"


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
        case Kind.REVERSAL:
            return _("Operation taken back")
    return operation.kind


def operation_reason(operation: Operation) -> Text:
    """Say why, where there is more to say than the title: the period charged, the words of who did it."""
    start, end = operation.details.get("period_start"), operation.details.get("period_end")
    if operation.kind == Kind.CHARGE and start and end:
        return period(Span(datetime.fromisoformat(start), datetime.fromisoformat(end)))
    return operation.reason


def coming_charge(service: Service, *, on_hold: bool) -> Text:
    """Say when a subscription will cost how much, or what it waits for."""
    price = formats.money(service.next.price)
    match service.subscription.status:
        case SubscriptionStatus.ACTIVE if service.next.span is not None:
            if on_hold:
                return _(
                    "Paid until {moment}; then it stops, because the balance does not cover it",
                    moment=formats.datetime(service.next.span.start),
                )
            return _("{amount} on {moment}", amount=price, moment=formats.datetime(service.next.span.start))
        case SubscriptionStatus.PENDING:
            return _("It starts once the balance covers the first charge of {amount}", amount=price)
        case SubscriptionStatus.STOPPED if service.next.price:
            return _("It starts again once the balance covers {amount} and the debts", amount=price)
    return "—"
