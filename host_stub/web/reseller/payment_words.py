"""Sentences about approvals."""

from __future__ import annotations

from datetime import datetime

from billhook import Catalogue, LazyText, Money, formats

from host_stub.domain.errors import PaymentClosed
from host_stub.services.reading.payments import Payment
from host_stub.web.statuses import status_of

_ = Catalogue("host_stub")


def difference(received: Money, billed: Money) -> LazyText | None:
    """Return «на 500,00 руб. меньше, чем в счете», or None if the sums agree."""
    if received < billed:
        return _("{amount} less than was billed", amount=formats.money(billed - received))
    if received > billed:
        return _("{amount} more than was billed", amount=formats.money(received - billed))
    return None


def approval_words(received: Money, payment: Payment) -> LazyText:
    """Return what to tell a manager after an approval."""
    amount = formats.money(received)
    other = difference(received, payment.amount)
    if other is None:
        return _("Payment {number} approved: {amount} credited.", number=payment.number, amount=amount)
    return _(
        "Payment {number} approved: {amount} credited as it came, {difference}.",
        number=payment.number,
        amount=amount,
        difference=other,
    )


def closed_words(closed: PaymentClosed) -> LazyText:
    """Return who closed the payment, and when."""
    _tone, status = status_of("payment", closed.status)
    if not closed.closed_by:
        return _("Nothing was changed: payment {number} is {status}.", number=closed.number, status=status)
    return _(
        "Nothing was changed: payment {number} is {status}. {name} did it on {at}.",
        number=closed.number,
        status=status,
        name=closed.closed_by,
        at=formats.datetime(datetime.fromisoformat(closed.closed_at)),
    )
