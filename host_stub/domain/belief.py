"""Whether a clock is believed: what it says decides what people are charged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: A clock that is ahead of the last work by no more is believed at once.
SMALL: Final = timedelta(hours=1)
#: One that is ahead by no more, after it ran evenly for STEADY: time enough for NTP to correct it.
OUTAGE: Final = timedelta(hours=36)
STEADY: Final = timedelta(minutes=10)
#: What a clock may gain or lose between two looks and still run evenly.
EVEN: Final = timedelta(minutes=1)


class Belief(StrEnum):
    """Whether what is due by the clock may be done."""

    BELIEVED = "believed"
    WATCHED = "watched"  # believed after it has run evenly for a while
    DOUBTED = "doubted"  # until a person says that it is right


@dataclass(frozen=True, slots=True)
class Reading:
    """What the wall clock said at an instant of the steady one."""

    wall: datetime
    ticks: float

    def expects(self, ticks: float) -> datetime:
        """Return what the wall clock says then, if nobody sets it."""
        return self.wall + timedelta(seconds=ticks - self.ticks)


def ahead(now: Reading, believed: Reading | None, mark: datetime | None) -> timedelta:
    """Return how far the wall clock is beyond what is known; zero if nothing is.

    believed: what this process last believed. mark: the latest instant at which any process did.
    Time that passes while a process watches puts no clock ahead; time in which none ran may.
    """
    known = [believed.expects(now.ticks)] if believed is not None else []
    known += [mark] if mark is not None else []
    return max(now.wall - max(known), timedelta()) if known else timedelta()


def decide(beyond: timedelta, steady: timedelta) -> Belief:
    """Say whether to believe a clock. steady: how long it has run evenly since it was found to be ahead."""
    if beyond <= SMALL:
        return Belief.BELIEVED
    if beyond > OUTAGE:
        return Belief.DOUBTED
    return Belief.BELIEVED if steady >= STEADY else Belief.WATCHED
