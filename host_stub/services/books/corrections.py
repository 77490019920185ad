"""A manager changes a balance by hand, with a reason."""

from __future__ import annotations

import hashlib

from billhook import Money
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import InvalidAmount
from host_stub.persistence import LedgerTransaction, Leg, Reseller, Scope, Store
from host_stub.persistence.store import fetch
from host_stub.services.books import ledger
from host_stub.services.charges import charging
from host_stub.services.telling import notices
from host_stub.services.telling.journal import log


def correct(
    store: Store, scope: Scope, account_id: int, amount: Money, *, reason: str, once_token: str, by: Actor
) -> int:
    """Change an account's balance; return the movement's id.

    amount: signed, not zero. once_token: drawn when the form was shown; the same form twice posts once, one that was
    changed after Back is another correction.
    Raises NotFound, InvalidAmount.
    """
    asked = f"{once_token}|{account_id}|{amount.minor}|{reason}".encode()
    # The prefix keeps a forged token from passing for a parked event's id.
    source_id = f"form:{hashlib.sha256(asked).hexdigest()[:32]}"
    with store.write(scope) as session:
        return post_correction(session, account_id, amount, reason=reason, source_id=source_id, by=by).id


def post_correction(
    session: Session,
    account_id: int,
    amount: Money,
    *,
    reason: str,
    source_id: str,
    by: Actor,
    source: str = "correction",
) -> LedgerTransaction:
    """Post a correction inside a unit; the same `source` and `source_id` again return what was posted."""
    account = ledger.lock_account(session, account_id)
    done = ledger.find(session, account.reseller_id, source, source_id)
    if done is not None:
        return done
    if amount.minor == 0 or amount.currency != fetch(session, Reseller, account.reseller_id).currency:
        raise InvalidAmount("not_a_sum", amount.plain())
    header = ledger.post(
        session,
        account,
        ledger.Movement(
            source=source,
            source_id=source_id,
            kind=ledger.Kind.CORRECTION,
            amount_minor=amount.minor,
            against=Leg.CORRECTIONS,
            by=by,
            reason=reason,
        ),
    )
    # Before the account is settled: what follows from the correction stands above it in the log.
    log(
        session,
        "account",
        account.id,
        "account.corrected",
        reseller_id=account.reseller_id,
        by=by,
        amount_minor=amount.minor,
        reason=reason,
    )
    charging.settle(session, account)
    if amount.minor > 0:
        notices.money_came(session, account)
    return header
