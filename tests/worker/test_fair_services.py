"""Two addresses that hang among ten resellers: everybody else's services are switched as if they did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType

import pytest

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.keys import new_keys
from host_stub.adapters.provisioning import NoAnswer, Order
from host_stub.persistence import Plan, Store, Subscription, open_store
from host_stub.services.queues import deliveries, outbox
from host_stub.services.queues.claims import Turns
from host_stub.services.queues.provisioning import ProvisioningReceiver
from tests.support.charging_world import ChargingWorld
from tests.support.world import a_reseller, an_account

RESELLERS = 10
SERVICES = 4
HANG_SECONDS = 20.0


@pytest.fixture
def store(sqlite_url: str, clock: FixedClock) -> Iterator[Store]:
    """On SQLite alone: claims are proved on both databases beside the other proofs of lanes."""
    opened = open_store(sqlite_url, clock, base_url="https://panel.example")
    yield opened
    opened.close()


class Endpoints:
    """Ten addresses, of which some hang. steps: how many calls and hangs there were before each order was followed."""

    def __init__(self, clock: FixedClock, hanging: Collection[str]) -> None:
        self._clock = clock
        self.hanging = set(hanging)
        self.calls: Counter[str] = Counter()
        self.followed: Counter[str] = Counter()
        self.orders: Counter[int] = Counter()

    def apply(self, url: str, _secret: str, order: Order) -> None:
        self.calls[url] += 1
        if url in self.hanging:
            self._clock.advance(seconds=HANG_SECONDS)
            raise NoAnswer("no answer in time")
        self._clock.advance(seconds=0.1)
        self.followed[url] += 1
        self.orders[order.subscription] += 1


def url_of(number: int) -> str:
    return f"https://r{number}.example/hook"


class Town:
    """Ten resellers with four services each, all of which have to be switched; the first resellers' came first.

    urls: addresses of resellers, by number, that are not their own host's.
    """

    def __init__(
        self, world: ChargingWorld, hanging: Collection[str], urls: Mapping[int, str] = MappingProxyType({})
    ) -> None:
        self.urls = [urls.get(number, url_of(number)) for number in range(RESELLERS)]
        self.world = world
        self.endpoints = Endpoints(world.clock, hanging)
        self.keys = new_keys()
        self.receiver = ProvisioningReceiver(world.store, self.endpoints, self.keys)
        self.turns = Turns(world.clock)
        for number in range(RESELLERS):
            self._settle(number)
            world.clock.advance(seconds=1)

    def _settle(self, number: int) -> None:
        with self.world.store.write() as session:
            reseller = a_reseller(session, f"Реселлер {number}")
            reseller.provisioning_url = self.urls[number]
            reseller.provisioning_secret = self.keys.encrypt("secret")
            account = an_account(session, reseller)
            plan = Plan(
                reseller_id=reseller.id, name="VPS", period="day", price_minor=1000, created_at=self.world.store.now()
            )
            session.add(plan)
            session.flush()
            for _service in range(SERVICES):
                row = Subscription(
                    reseller_id=reseller.id,
                    account_id=account.id,
                    plan_id=plan.id,
                    name="VPS",
                    status="active",
                    desired_version=1,
                    created_at=self.world.store.now(),
                )
                session.add(row)
                session.flush()
                outbox.enqueue(
                    session,
                    outbox.PROVISIONING,
                    f"subscription:{row.id}",
                    "switch",
                    {"subscription_id": row.id},
                    reseller_id=reseller.id,
                )

    def step(self) -> int:
        """Do what one thread does once."""
        return deliveries.work(
            self.world.store, "worker", outbox.PROVISIONING, self.receiver, limit=1, turns=self.turns
        )

    def steps_until_all_but(self, hanging: Collection[str], most: int) -> int:
        well = set(self.urls) - set(hanging)
        for step in range(1, most):
            if not self.step():
                self.world.clock.advance(seconds=1)
            if all(self.endpoints.followed[url] == SERVICES for url in well):
                return step
        raise AssertionError(f"not done after {most} steps: {self.endpoints.followed}")


def test_two_addresses_that_hang_among_ten_delay_nobody_else_by_more_than_twice_the_usual(world: ChargingWorld) -> None:
    hanging = [url_of(0), url_of(1)]
    town = Town(world, hanging)
    began = world.store.now()
    usual = RESELLERS * SERVICES

    steps = town.steps_until_all_but(hanging, most=usual * 2)
    took = world.store.now() - began

    assert steps <= usual
    # Each hanging address is tried a few times, further apart each time; its other orders cost no call.
    assert all(town.endpoints.calls[url] <= 4 for url in hanging)
    assert took < timedelta(minutes=2)
    assert set(town.endpoints.orders.values()) == {1}


def test_what_waited_for_a_silent_address_is_switched_when_it_answers_and_each_once(world: ChargingWorld) -> None:
    town = Town(world, [url_of(0)])
    town.steps_until_all_but([url_of(0)], most=400)
    for _hour in range(3):
        world.clock.advance(hours=1)
        town.step()
    town.endpoints.hanging.clear()

    for _try in range(30):
        if not town.step():
            world.clock.advance(minutes=5)

    assert town.endpoints.followed[url_of(0)] == SERVICES
    assert set(town.endpoints.orders.values()) == {1}
    assert world.facts(outbox.PROVISIONING) == []


def test_one_resellers_path_that_hangs_keeps_no_other_reseller_of_the_same_host(world: ChargingWorld) -> None:
    hanging, well = "https://shared.example/r0", "https://shared.example/r1"
    town = Town(world, [hanging], {0: hanging, 1: well})
    began = world.store.now()

    town.steps_until_all_but([hanging], most=RESELLERS * SERVICES * 2)

    assert town.endpoints.followed[well] == SERVICES
    assert world.store.now() - began < timedelta(minutes=1)
    assert town.receiver.silent == ["https://shared.example"]


def test_an_address_that_is_not_called_any_more_is_not_said_to_be_silent_for_ever(world: ChargingWorld) -> None:
    town = Town(world, [url_of(0)])
    town.steps_until_all_but([url_of(0)], most=RESELLERS * SERVICES * 2)
    before = town.receiver.silent
    world.clock.advance(hours=2)

    assert (before, town.receiver.silent) == ([url_of(0).removesuffix("/hook")], [])
