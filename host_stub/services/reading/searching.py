"""What a typed text may mean in each list: words anywhere, or a number that an index knows."""

from __future__ import annotations

import re
from typing import Final

from billhook.requisites import inn_and_kpp
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.amounts import UnreadableAmount, read_amount
from host_stub.domain.payments import document_number
from host_stub.domain.requisites import order_key
from host_stub.persistence import Account, Arrival, Charge, LogEntry, Payment, Plan, Reseller, Subscription
from host_stub.persistence.listings import Condition, Search, contains, words_of

#: Accounts are narrow and looked for most: comparing many costs little.
ACCOUNTS_LOOKED_THROUGH: Final = 100_000
#: A name that more customers share is no reason to read all payments of each.
_NAMESAKES: Final = 50

_ID = re.compile(r"[0-9]{1,9}", re.ASCII)
_NUMBER_SIGN = re.compile(r"^(?:№|#|N(?=\s*[0-9]))\s*", re.IGNORECASE)


def accounts(text: str) -> Search:
    """Look for customers: a part of the name, INN or e-mail; a whole INN or ID."""
    exact: list[Condition] = [Account.inn.in_(_inns(text))]
    if _ID.fullmatch(text):
        exact.append(Account.id == int(text))
    return Search(contains(text, Account.folded), exact, ACCOUNTS_LOOKED_THROUGH)


def payments(session: Session, text: str, reseller: Reseller) -> Search:
    """Look for payments: words of number, purpose, comment or customer; whole numbers, sums and INNs of any age.

    A whole number is the payment's own, with or without its zeros, or that of a payment order that came for it.
    """
    number = _NUMBER_SIGN.sub("", text)
    exact: list[Condition] = [Payment.number.in_(_numbers(number, reseller))]
    if key := order_key(text):
        exact.append(Payment.id.in_(select(Arrival.payment_id).where(Arrival.order_key == key)))
    exact += _by_amount(text, reseller.currency)
    exact += _by_customer(session, text)
    return Search(contains(text, Payment.folded, words_of(Account, Payment.account_id)), exact)


def own_payments(text: str, reseller: Reseller) -> Search:
    """Look for payments as their customer does: words of number and purpose, a sum."""
    return Search(contains(text, Payment.folded), _by_amount(text, reseller.currency))


def _numbers(number: str, reseller: Reseller) -> list[str]:
    made = [document_number(reseller.number_mask, int(number))] if _ID.fullmatch(number) else []
    return [number, *made]


def _by_amount(text: str, currency: str) -> list[Condition]:
    try:
        sums = [read_amount(text, currency).minor]
    except UnreadableAmount as error:
        sums = [reading.minor for reading in error.readings if reading.minor > 0]
    return [Payment.amount_minor.in_(sums)] if sums else []


def _by_customer(session: Session, text: str) -> list[Condition]:
    """Return one range for each customer that the text names, unless it names many: then words must do."""
    search = accounts(text)
    newest = select(Account.id, Account.inn, Account.folded).order_by(Account.id.desc()).limit(search.rows).subquery()
    named = select(newest.c.id).where(contains(text, newest.c.folded)).limit(_NAMESAKES + 1)
    found = set(session.scalars(named))
    if len(found) > _NAMESAKES:
        found = set()
    found |= set(session.scalars(select(Account.id).where(Account.inn.in_(_inns(text))).limit(_NAMESAKES)))
    return [Payment.account_id == account_id for account_id in sorted(found)]


def _inns(text: str) -> list[str]:
    """Return the INNs that a text may be: as it stands, and without label and grouping."""
    return [text, *filter(None, inn_and_kpp(text)[:1])]


def charges(text: str) -> Search:
    """Look for charges: words of the customer or the subscription."""
    whose = words_of(Account, Charge.account_id)
    return Search(contains(text, whose, words_of(Subscription, Charge.subscription_id)))


def subscriptions(text: str) -> Search:
    """Look for subscriptions: words of its name, the customer or the plan."""
    whose, plan = words_of(Account, Subscription.account_id), words_of(Plan, Subscription.plan_id)
    return Search(contains(text, Subscription.folded, whose, plan))


def log_lines(text: str) -> Search:
    """Look for lines of the log: words of who did it and of what it says."""
    return Search(contains(text, LogEntry.folded))
