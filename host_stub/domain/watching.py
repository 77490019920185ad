"""When a watched balance is worth another warning. Sums in minor units, instants aware UTC."""

from __future__ import annotations

from datetime import datetime

from billhook.events import BalanceWatch, ChargeWatch

from host_stub.domain.instants import is_over


def has_risen(balance_minor: int, level_minor: int, told_at: datetime | None, at: datetime) -> bool:
    """Say whether falling below the level would be news again, with the balance at this sum.

    told_at: the latest warning. Until the pause after it is over, reaching the level is not enough: the balance has to
    be clearly above it.
    """
    if balance_minor < level_minor:
        return False
    if told_at is None or is_over(told_at, BalanceWatch.PAUSE, at):
        return True
    return level_minor != 0 and balance_minor >= BalanceWatch.clear_minor(level_minor)


def may_tell_charge(told_at: datetime | None, at: datetime) -> bool:
    """Say whether a charge that is not covered may be told: not soon after the latest such warning."""
    return told_at is None or is_over(told_at, ChargeWatch.PAUSE, at)
