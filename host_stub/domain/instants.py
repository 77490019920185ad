"""Stored instants, read by a wall clock that may have been set since."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

#: By how much clocks of two machines may differ, or one be set, without anything being read anew.
SKEW: Final = timedelta(minutes=1)


def lies_ahead(began: datetime, at: datetime) -> bool:
    """Say whether an instant was written by a clock that has been set back since."""
    return began > at + SKEW


def is_over(began: datetime, length: timedelta, at: datetime) -> bool:
    """Say whether a pause or window that began then is over. What lies ahead is: nothing waits for it to come."""
    return at - began >= length or lies_ahead(began, at)
