"""Everything at once: customers, managers, the gateway and several workers on the same few rows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from billhook import PaymentPaid
from billhook.host.places import EVENTS
from sqlalchemy.orm import Session

from host_stub.domain.errors import RefusedError
from host_stub.domain.listening import Listening, WatchSpec
from host_stub.persistence import Mail, Period, PluginSetting, Reseller, Subscription
from host_stub.persistence.store import fetch
from host_stub.services.books import corrections
from host_stub.services.charges import charge_watches, charging, plans, subscriptions, watch_levels
from host_stub.services.money_in import approvals, gateway, payments
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.reversals import Undo
from host_stub.services.queues import deliveries
from host_stub.services.queues.deliveries import Delivered, Policy, Task
from host_stub.services.tenants import closing
from tests.adversarial.invariants import broken_promises
from tests.support.charging_world import ChargingWorld
from tests.support.world import CUSTOMER, MANAGER, MERCHANT, an_account, rub

THREADS = 8
PATIENCE = Policy(attempts=50, first_wait=timedelta(), longest_wait=timedelta())


class Outside:
    """A receiver that does with a row what the real ones do: locks it, and writes that it was told."""

    policy = PATIENCE

    def deliver(self, task: Task) -> Delivered:
        return Delivered(lambda session: self._confirm(session, task))

    def _confirm(self, session: Session, task: Task) -> None:
        if task.receiver == "provisioning":
            row = fetch(session, Subscription, task.payload["subscription_id"], lock=True)
            row.confirmed_version = row.desired_version
        if task.receiver == "mail":
            fetch(session, Mail, task.payload["mail_id"], lock=True).status = "sent"


class Storm:
    """Three accounts with payments and subscriptions, and everything that can happen to them."""

    def __init__(self, world: ChargingWorld) -> None:
        self.world, self.store = world, world.store
        specs = (
            WatchSpec("listener", "low", "balance", "threshold", None),
            WatchSpec("listener", "ahead", "charge", "days", 3),
        )
        self.store.listening = Listening(dict.fromkeys(EVENTS, ("listener",)), specs)
        with self.store.write() as session:
            reseller = session.get_one(Reseller, world.reseller_id)
            self.accounts = [an_account(session, reseller).id for _ in range(3)]
            # Written beside the service, so that taking the level over is one more deed of the storm.
            level = {"plugin": "listener", "key": "threshold", "value": 50_00}
            session.add(PluginSetting(reseller_id=reseller.id, **level))
        self.payments: list[int] = []
        self.subscriptions: list[int] = []
        self.plans = [world.a_plan(Period.HOUR, "720.00"), world.a_plan(Period.DAY, "15.00")]
        for account_id in self.accounts:
            self.payments += [self._a_payment(account_id) for _ in range(2)]
            self.subscriptions += [
                subscriptions.create(self.store, world.scope, account_id, plan_id, by=MANAGER)
                for plan_id in self.plans * 2
            ]
        self.outside = Outside()

    def _a_payment(self, account_id: int) -> int:
        made = payments.start_top_up(
            self.store, self.world.scope, payments.TopUp(account_id, rub("50.00")), by=CUSTOMER
        )
        self.world.started(made)
        return made

    def deeds(self, dice: random.Random) -> dict[str, Callable[[], object]]:
        store, scope = self.store, self.world.scope
        payment_id, account_id = dice.choice(self.payments), dice.choice(self.accounts)
        subscription_id, number = dice.choice(self.subscriptions), dice.randrange(1_000_000)
        amount, price = rub(str(dice.randrange(-60, 60) or 1)), rub(str(dice.randrange(1, 40)))
        order = BankOrder(rub(f"{dice.randrange(1, 90)}.50"), str(number), self.world.clock.now().date())
        return {
            "approve": lambda: approvals.approve_payment(store, scope, payment_id, order, by=MANAGER, anyway=True),
            "reverse": lambda: approvals.reverse_approval(store, scope, payment_id, Undo("slip"), by=MANAGER),
            "cancel": lambda: payments.cancel(store, scope, payment_id, by=CUSTOMER),
            "new payment": lambda: self.payments.append(self._a_payment(account_id)),
            "start": lambda: self.world.started(payment_id),
            "notify": lambda: self.notify(payment_id, str(number % 3)),
            "expire": lambda: payments.expire_due(store),
            "correct": lambda: corrections.correct(
                store, scope, account_id, amount, reason="r", once_token=str(number), by=MANAGER
            ),
            "threshold": lambda: subscriptions.change_threshold(
                store, scope, account_id, rub(str(dice.randrange(-40, 20))), by=MANAGER
            ),
            "activate": lambda: subscriptions.activate(store, scope, subscription_id, by=MANAGER),
            "price": lambda: plans.change(
                store, scope, self.plans[1], plans.PlanTerms("x", Period.DAY, price), by=MANAGER
            ),
            "charge": lambda: charging.run_due(store),
            "reconsider": lambda: charging.reconsider_holds(store),
            "look ahead": lambda: charge_watches.look_ahead(store),
            "levels": lambda: watch_levels.take_over(store),
            "time": lambda: self.world.clock.advance(minutes=dice.randrange(1, 90)),
            "mail": lambda: deliveries.work(store, "w", "mail", self.outside),
            "plugins": lambda: deliveries.work(store, "w", "plugin:listener", self.outside),
            "provisioning": lambda: deliveries.work(store, "w", "provisioning", self.outside),
            "sweep": lambda: deliveries.sweep(store),
        }  # fmt: skip

    def notify(self, payment_id: int, external: str) -> None:
        key = f"{payment_id}-{external}"
        paid = PaymentPaid(self.world.reference(payment_id), MERCHANT, rub("50.00"), False, key, key, {})
        gateway.apply_event(self.store, gateway.VerifiedEvent(self.world.method_id, "paymaster", paid, b""))

    def rage(self, seed: int, deeds: int) -> Counter[str]:
        dice, seen = random.Random(seed), Counter[str]()
        for _ in range(deeds):
            name, deed = dice.choice(sorted(self.deeds(dice).items()))
            try:
                deed()
                seen[name] += 1
            except RefusedError as error:
                seen[f"{name}: {type(error).__name__}"] += 1
        return seen

    def close_and_open(self, times: int) -> Counter[str]:
        """Close the reseller and open him again, over and over, and leave him open."""
        words, who = {"reason": "storm", "by": MANAGER}, self.world.reseller_id
        for _ in range(times):
            closing.close(self.store, who, at_once=1, **words)
            closing.follow(self.store, limit=1)
            closing.reopen(self.store, who, at_once=1, **words)
        return Counter({"close": times})


def storm(world: ChargingWorld, deeds: int, seed: int = 0, closings: int = 0) -> Counter[str]:
    """closings: how often one of the threads closes the reseller instead of joining in."""
    raging = Storm(world)
    start = Barrier(THREADS)

    def run(number: int) -> Counter[str]:
        start.wait()
        if number == 0 and closings:
            return raging.close_and_open(closings)
        return raging.rage(seed * 1000 + number, deeds)

    with ThreadPoolExecutor(THREADS) as pool:
        seen = sum(pool.map(run, range(THREADS)), Counter[str]())
    closing.follow(world.store)
    charging.run_due(world.store)
    charging.reconsider_holds(world.store)
    while any(
        deliveries.work(world.store, "w", name, raging.outside) for name in ("mail", "plugin:listener", "provisioning")
    ):
        pass
    return seen


def test_a_storm_breaks_no_promise_and_no_lock(world: ChargingWorld) -> None:
    seen = storm(world, 12)

    assert sum(seen.values()) == THREADS * 12
    assert broken_promises(world.store) == []


def test_a_reseller_that_is_closed_and_opened_amid_the_storm_breaks_no_promise_and_no_lock(
    world: ChargingWorld,
) -> None:
    seen = storm(world, 12, seed=50, closings=4)

    assert seen["close"] == 4
    assert broken_promises(world.store) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_a_long_storm_breaks_no_promise_and_no_lock(world: ChargingWorld, seed: int) -> None:
    storm(world, 150, seed + 1)

    assert broken_promises(world.store) == []
