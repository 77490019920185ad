"""Addresses of pages that mails and plugins point to, built from the configured base and nothing else."""

from __future__ import annotations

from urllib.parse import urlencode

from billhook import Money
from sqlalchemy.orm import Session

from host_stub.persistence.store import base_url


def top_up(session: Session, account_id: int, amount: Money | None = None) -> str:
    """Return the absolute address of an account's top-up page, with the sum filled in if one is given."""
    query = "?" + urlencode({"amount": amount.plain()}) if amount is not None and amount.minor > 0 else ""
    return f"{base_url(session)}/accounts/{account_id}/top-up{query}"


def subscriptions(session: Session, account_id: int) -> str:
    """Return the absolute address of an account's list of subscriptions."""
    return f"{base_url(session)}/accounts/{account_id}/subscriptions"
