"""Addresses of pages that mails and plugins point to, built from the configured base and nothing else.

Each names the reseller whose mail it stands in: whoever has to sign in first does so under that brand. The account's
number does not tell it, so that nobody learns whose customers there are by counting them up.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from billhook import Money
from sqlalchemy.orm import Session

from host_stub.persistence import Account, Reseller
from host_stub.persistence.store import base_url, fetch

#: The part of an address that says under whose brand its reader signs in: a reseller's id.
BRAND: Final = "brand"


def top_up(session: Session, account_id: int, amount: Money | None = None) -> str:
    """Return the absolute address of an account's top-up page, with the sum filled in if one is given.

    A sum below the reseller's least payment becomes that: the page would refuse it.
    """
    asked = {}
    if amount is not None and amount.minor > 0:
        reseller = fetch(session, Reseller, fetch(session, Account, account_id).reseller_id)
        least = Money(reseller.min_top_up_minor, amount.currency)
        asked["amount"] = max(amount, least).plain()
    return _page(session, account_id, "top-up", asked)


def is_top_up(session: Session, account_id: int, address: str) -> bool:
    """Say whether an address is that of an account's top-up page, whatever it has filled in."""
    return address.partition("?")[0] == top_up(session, account_id).partition("?")[0]


def subscriptions(session: Session, account_id: int) -> str:
    """Return the absolute address of an account's list of subscriptions."""
    return _page(session, account_id, "subscriptions", {})


def _page(session: Session, account_id: int, name: str, asked: dict[str, str]) -> str:
    query = urlencode({**asked, BRAND: fetch(session, Account, account_id).reseller_id})
    return f"{base_url(session)}/accounts/{account_id}/{name}?{query}"
