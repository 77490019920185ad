"""A store whose units are steps of one transaction, and a clock that moves through the past while periods are charged.

Demo data come into being whole or not at all: a start that was cut off leaves an empty database behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final
from zoneinfo import ZoneInfo

from billhook import PaymentStatus
from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Payment, Scope, Store, Subscription, SubscriptionStatus
from host_stub.persistence.store import EVERYTHING
from host_stub.services.charges import charging
from host_stub.services.money_in import payments

ZONE: Final = ZoneInfo("Europe/Moscow")
LEFT_TO_THE_WORKER: Final = timedelta(hours=24)


class Stage(Store):
    """A store on one connection, whose transaction somebody else commits."""

    def __init__(self, connection: Connection, clock: FixedClock, base_url: str) -> None:
        super().__init__(connection.engine, clock, base_url=base_url)
        self._connection = connection

    @contextmanager
    def write(self, scope: Scope = EVERYTHING) -> Iterator[Session]:
        """Open a step. An exception dooms the whole transaction."""
        with (
            Session(
                self._connection,
                expire_on_commit=False,
                info=self._info(scope),
                join_transaction_mode="rollback_only",
            ) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def read(self, scope: Scope = EVERYTHING) -> Iterator[Session]:
        """Read what the steps so far have written."""
        with self.write(scope) as session:
            yield session


#: What somebody does, parted by the instants at which they go on.
Story = Iterator[datetime]


class TimeMachine:
    """Moves the clock on, and stops wherever a period has to be charged or a payment expires.

    deliver: what the worker would do about facts and mails; not called for the last day, which is left to the real one.
    """

    def __init__(self, stage: Stage, clock: FixedClock, end: datetime, deliver: Callable[[], None]) -> None:
        self._stage = stage
        self._clock = clock
        self._deliver = deliver
        self.end = end

    def day(self, days_ago: int, hour: int = 12, minute: int = 0) -> datetime:
        """Return a time of day by Moscow's clock, before the end."""
        day = self.end.astimezone(ZONE) - timedelta(days=days_ago)
        return day.replace(hour=hour, minute=minute, second=0, microsecond=0)

    def ago(self, **step: int) -> datetime:
        """Return an instant before the end, given as timedelta's keywords (`hours=7`)."""
        return self.end - timedelta(**step)

    def later(self, **step: int) -> datetime:
        """Return an instant after the present one, given as timedelta's keywords (`minutes=7`)."""
        return self._clock.now() + timedelta(**step)

    def play(self, *stories: Story) -> None:
        """Tell several stories at once, each event at its time, and let time pass up to the end."""
        waiting: list[tuple[datetime, int, Story]] = []
        for place, story in enumerate(stories):
            heappush(waiting, (self._clock.now(), place, story))
        while waiting:
            at, place, story = heappop(waiting)
            self.go_to(at)
            then = next(story, None)
            if then is not None:
                heappush(waiting, (then, place, story))
        self.go_to(self.end)

    def go_to(self, at: datetime) -> None:
        """Let time pass."""
        assert self._clock.now() <= at <= self.end, f"{at} does not lie between the last event and the end"
        while (due := self._next_due()) is not None and due <= at:
            self._clock.set(max(due, self._clock.now()))
            done = charging.run_due(self._stage) + payments.expire_due(self._stage)
            assert done, f"what is due at {due} cannot be done"
            self.deliver()
        self._clock.set(at)
        self.deliver()

    def deliver(self) -> None:
        """Deliver what was told so far, unless it is so late that the demo's real worker does it."""
        if self.end - self._clock.now() > LEFT_TO_THE_WORKER:
            self._deliver()

    def _next_due(self) -> datetime | None:
        charge = select(func.min(Subscription.next_charge_at)).where(Subscription.status == SubscriptionStatus.ACTIVE)
        expiry = select(func.min(Payment.expires_at)).where(Payment.status == PaymentStatus.WAITING_FOR_PAYMENT)
        with self._stage.read() as session:
            instants = [session.scalars(query).one_or_none() for query in (charge, expiry)]
        return min((instant for instant in instants if instant is not None), default=None)
