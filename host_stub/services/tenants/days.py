"""Which day it is: papers, money and taxes go by the reseller's calendar."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from host_stub.persistence import Reseller
from host_stub.persistence.store import fetch, now


def today(session: Session, reseller_id: int) -> date:
    """Return the day that it is for the reseller."""
    return now(session).astimezone(ZoneInfo(fetch(session, Reseller, reseller_id).timezone)).date()
