"""Addresses of pages that mails and plugins point to, built from the configured base and nothing else."""

from __future__ import annotations

from urllib.parse import urlencode

from billhook import Money
from sqlalchemy.orm import Session

from host_stub.persistence import Account, Reseller
from host_stub.persistence.store import base_url, fetch


def top_up(session: Session, account_id: int, amount: Money | None = None) -> str:
    """Return the absolute address of an account's top-up page, with the sum filled in if one is given.

    A sum below the reseller's least payment becomes that: the page would refuse it.
    """
    query = ""
    if amount is not None and amount.minor > 0:
        reseller = fetch(session, Reseller, fetch(session, Account, account_id).reseller_id)
        least = Money(reseller.min_top_up_minor, amount.currency)
        query = "?" + urlencode({"amount": max(amount, least).plain()})
    return f"{base_url(session)}/accounts/{account_id}/top-up{query}"


def subscriptions(session: Session, account_id: int) -> str:
    """Return the absolute address of an account's list of subscriptions."""
    return f"{base_url(session)}/accounts/{account_id}/subscriptions"
