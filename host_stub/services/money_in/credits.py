"""Money in: a payment credited, its account settled, the customer told. A step inside the doors and `decisions`."""

from __future__ import annotations

from billhook import Money
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.persistence import Account, LedgerTransaction, Leg, Payment
from host_stub.services.books import ledger
from host_stub.services.charges import charging
from host_stub.services.telling import mails, notices


def credit(
    session: Session,
    account: Account,
    payment: Payment,
    *,
    source: str,
    source_id: str,
    amount: Money,
    method_id: int | None,
    by: Actor,
) -> LedgerTransaction:
    """Credit what came to the locked account of a locked payment: posts, resumes or activates, tells the customer.

    Raises InvalidAmount for a balance too large to reckon with.
    """
    before = Money(account.balance_minor, amount.currency)
    header = ledger.post(
        session,
        account,
        ledger.Movement(
            source=source,
            source_id=source_id,
            kind=ledger.Kind.CREDIT,
            amount_minor=amount.minor,
            against=Leg.CLEARING,
            method_id=method_id,
            payment_id=payment.id,
            by=by,
            details={"payment": payment.number},
        ),
    )
    settled = charging.settle(session, account)
    notices.money_came(session, account)
    mails.payment_credited(
        session,
        account,
        payment_number=payment.number,
        amount=amount,
        transaction_id=header.id,
        before=before,
        billed=Money(payment.amount_minor, payment.currency),
        settled=settled,
    )
    return header
