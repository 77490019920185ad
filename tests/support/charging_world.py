"""The small world with plans, subscriptions and a clock that moves."""

from __future__ import annotations

from datetime import datetime

from billhook import Money
from sqlalchemy import select

from host_stub.adapters.clock import FixedClock
from host_stub.domain.listening import Listening
from host_stub.persistence import (
    Account,
    Charge,
    LogEntry,
    Mail,
    Outbox,
    Period,
    PluginActivation,
    Store,
    Subscription,
)
from host_stub.services.books import corrections
from host_stub.services.charges import charging, holds, plans, subscriptions
from tests.support.world import MANAGER, World, rub

LISTENER = "listener"


class ChargingWorld(World):
    """The world of the money tests, with subscriptions, and a plugin that hears of stops and resumes."""

    def __init__(self, store: Store, clock: FixedClock) -> None:
        super().__init__(store)
        self.clock = clock
        self._tokens = 0
        hooks = ("billhook_subscription_stopped", "billhook_subscription_resumed")
        store.listening = Listening(dict.fromkeys(hooks, (LISTENER,)))
        with store.write() as session:
            session.add(
                PluginActivation(reseller_id=self.reseller_id, plugin=LISTENER, enabled=True, changed_at=store.now())
            )
            session.get_one(Account, self.account_id).email = "finance@romashka.example"

    def a_plan(self, period: Period, price: str) -> int:
        terms = plans.PlanTerms(f"{period} {price}", period, rub(price))
        return plans.create(self.store, self.scope, self.reseller_id, terms, by=MANAGER)

    def pending(self, period: Period, price: str, name: str = "VPS") -> int:
        """Make a pending subscription to a plan of its own."""
        plan_id = self.a_plan(period, price)
        return subscriptions.create(self.store, self.scope, self.account_id, plan_id, name=name, by=MANAGER)

    def running(self, period: Period, price: str, name: str = "VPS") -> int:
        """Make a subscription and let a manager activate it; the balance must cover it."""
        made = self.pending(period, price, name)
        subscriptions.activate(self.store, self.scope, made, by=MANAGER)
        return made

    def credit(self, amount: str) -> None:
        """Move the balance by a correction and settle, as every single movement does."""
        self._tokens += 1
        corrections.correct(
            self.store,
            self.scope,
            self.account_id,
            rub(amount),
            reason="test",
            once_token=f"token-{self._tokens}",
            by=MANAGER,
        )

    def run(self) -> int:
        return charging.run_due(self.store)

    def subscription(self, subscription_id: int) -> Subscription:
        with self.store.read() as session:
            return session.get_one(Subscription, subscription_id)

    def charges(self, subscription_id: int) -> list[Charge]:
        with self.store.read() as session:
            query = select(Charge).where(Charge.subscription_id == subscription_id).order_by(Charge.period_start)
            return list(session.scalars(query))

    def charged_at(self, subscription_id: int) -> list[datetime]:
        return [charge.period_start for charge in self.charges(subscription_id)]

    def on_hold(self) -> bool:
        return self.hold().on_hold

    def hold(self) -> charging.HoldSummary:
        with self.store.read() as session:
            return holds.hold_summary(session, session.get_one(Account, self.account_id))

    def needed(self) -> Money:
        return self.hold().needed

    def mails(self, category: str = "") -> list[Mail]:
        with self.store.read() as session:
            query = select(Mail).order_by(Mail.id)
            return list(session.scalars(query.where(Mail.category == category) if category else query))

    def facts(self, receiver: str) -> list[Outbox]:
        with self.store.read() as session:
            return list(session.scalars(select(Outbox).where(Outbox.receiver == receiver).order_by(Outbox.id)))

    def logged(self, kind: str, object_id: int) -> list[str]:
        with self.store.read() as session:
            query = select(LogEntry.action).where(LogEntry.object_kind == kind, LogEntry.object_id == object_id)
            return list(session.scalars(query.order_by(LogEntry.id)))
