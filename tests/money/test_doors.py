"""One payment's money through every door, in every order and at once: credited once, or a person was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import combinations, permutations
from threading import Barrier

import pytest
from billhook import Verdict
from sqlalchemy import select

from host_stub.domain.errors import AlreadySettled, PaymentClosed
from host_stub.persistence import Account, Arrival, ArrivalDecision
from host_stub.services.books.proof import arrivals as arrivals_proved
from host_stub.services.books.proof import ledger as ledger_proved
from host_stub.services.books.proof import money_in as money_proved
from host_stub.services.money_in import approvals, decisions, gateway
from host_stub.services.money_in.approvals import BankOrder
from host_stub.services.money_in.decisions import Handled, Part
from host_stub.services.money_in.doubts import Answered, Doubtful, Why
from host_stub.services.money_in.reversals import Undo
from host_stub.services.reading import arrivals
from tests.money.test_gateway_events import paid
from tests.support.proving import doubts
from tests.support.world import MANAGER, World, rub

SUM = "5000.00"
ORDER = BankOrder(rub(SUM), "147", date(2020, 11, 13), "7707083893", "ООО «Ромашка»")
PROVED = (*arrivals_proved.CHECKS, *ledger_proved.CHECKS, *money_proved.CHECKS)


class Doors:
    """A payment that was started with the gateway, another one of the same customer, and money parked for the first."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.payment_id, self.other_id = world.a_payment(), world.a_payment()
        world.started(self.payment_id)
        self.asked: list[str] = []
        # Whoever told of it named a merchant that nobody knows; a manager knows better.
        assert self._hear("parked", merchant="elsewhere") is Verdict.PARKED
        with world.store.read() as session:
            self.parked_id = session.scalars(
                select(Arrival.id).where(Arrival.payment_id == self.payment_id, Arrival.waits != "")
            ).one()

    @property
    def deeds(self) -> Mapping[str, Callable[[Answered], object]]:
        return {
            "gateway": lambda _anyway: self._hear("fits"),
            "order": lambda anyway: self._approve(self.payment_id, anyway),
            "parked": self._match,
            "elsewhere": lambda anyway: self._approve(self.other_id, anyway),
            "reversal": lambda _anyway: self._reverse(),
        }

    def do(self, name: str, anyway: Answered = ()) -> None:
        """Let a person press; whoever is asked says yes only to what the gateway may do later."""
        try:
            self.deeds[name](anyway)
        except Doubtful as doubtful:
            self.asked.append(name)
            later = [doubt.token for doubt in doubtful.doubts if doubt.why is Why.MAY_BE_PAID]
            if len(later) == len(doubtful.doubts):
                self.do(name, later)
        except (PaymentClosed, AlreadySettled):
            pass

    def _hear(self, external_id: str, **more: object) -> Verdict:
        said = paid(self.world, self.payment_id, f"{external_id}-{self.payment_id}", **more)
        event = gateway.VerifiedEvent(self.world.method_id, "paymaster", said, b"body")
        return gateway.apply_event(self.world.store, event).verdict

    def _approve(self, payment_id: int, anyway: Answered) -> None:
        approvals.approve_payment(self.world.store, self.world.scope, payment_id, ORDER, by=MANAGER, anyway=anyway)

    def _match(self, anyway: Answered) -> None:
        part, handled = Part(rub(SUM), payment_id=self.payment_id), Handled(self.parked_id, 1, "его")
        decisions.credit_parts(self.world.store, self.world.scope, handled, [part], by=MANAGER, anyway=anyway)

    def _reverse(self) -> None:
        approvals.reverse_approval(self.world.store, self.world.scope, self.payment_id, Undo("ошибка"), by=MANAGER)

    # -- what must be true after any of that

    def must_hold(self) -> None:
        with self.world.store.read(self.world.scope) as session:
            came = session.scalars(select(Arrival)).all()
            assert [each.id for each in came if each.credited_minor > each.amount_minor] == []
            standing = sum(each.credited_minor for each in came)
            assert session.get_one(Account, self.world.account_id).balance_minor == standing
            made = session.scalars(select(ArrivalDecision)).all()
            credited = self._credits(made)
            doubtful = [each.id for each in came if each.waits == "paid_twice"]
            assert len(credited) - 1 <= len(doubtful), "money stood already, and nobody was asked"
            self._page_tells_all(made, arrivals.of_payment(session, self.payment_id))

    def must_be_proved(self) -> None:
        with self.world.store.read() as session:
            assert doubts(session, PROVED) == []

    @staticmethod
    def _credits(made: Sequence[ArrivalDecision]) -> list[int]:
        """Return the arrivals of which a credit stands."""
        standing: dict[int, int] = {}
        for each in made:
            standing[each.arrival_id] = standing.get(each.arrival_id, 0) + each.amount_minor
        return [arrival_id for arrival_id, amount in standing.items() if amount]

    def _page_tells_all(self, made: Sequence[ArrivalDecision], told: Sequence[arrivals.History]) -> None:
        about = {each.arrival_id for each in made if each.payment_id == self.payment_id} | {self.parked_id}
        assert {(h.arrival.id, d.n) for h in told for d in h.decisions} >= {
            (each.arrival_id, each.n) for each in made if each.arrival_id in about
        }


DEEDS = ("gateway", "order", "parked", "elsewhere", "reversal")
ORDERS = tuple(permutations(DEEDS))


def test_in_every_order_money_is_credited_once_or_somebody_is_asked(world: World) -> None:
    for order in ORDERS[::11]:
        _walk(World(world.store), order)


@pytest.mark.long
def test_in_each_of_all_orders_money_is_credited_once_or_somebody_is_asked(world: World) -> None:
    for order in ORDERS:
        _walk(World(world.store), order)


def _walk(world: World, order: tuple[str, ...]) -> None:
    doors = Doors(world)
    for name in order:
        doors.do(name)
        doors.must_hold()
    doors.must_be_proved()


@pytest.mark.parametrize("pair", [*combinations(DEEDS, 2), *((name, name) for name in DEEDS)], ids="-".join)
def test_of_any_two_at_once_money_is_credited_once_or_somebody_is_asked(world: World, pair: tuple[str, str]) -> None:
    for before in ((), ("order",)):
        doors = Doors(World(world.store))
        for name in before:
            doors.do(name)
        barrier = Barrier(2)

        def press(name: str, doors: Doors = doors, barrier: Barrier = barrier) -> None:
            barrier.wait()
            doors.do(name)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(press, pair))

        doors.must_hold()
        doors.must_be_proved()
