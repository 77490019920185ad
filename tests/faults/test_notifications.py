"""A gateway that says the same thing many times at once, and a panel that is killed while it listens."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from host_stub.persistence import (
    Account,
    Arrival,
    ArrivalMessage,
    Entry,
    LedgerTransaction,
    Mail,
    Payment,
    Plan,
    Subscription,
)
from host_stub.plugins.containment import THREADS, WAITING
from host_stub.services.books import ledger
from tests.support.demo import eventually
from tests.support.proving import doubts
from tests.support.stack import Payer, Stack, running_stack

PRICE_MINOR = 100_00


@dataclass(frozen=True)
class Storm:
    """How much comes at once: `copies` identical notifications for each of `payments` payments, `abreast` at a time."""

    payments: int
    copies: int
    abreast: int

    @property
    def all_at_once(self) -> int:
        return self.copies * self.abreast


STORMS = [
    pytest.param(Storm(3, 8, 1), id="8 for each of 3"),
    pytest.param(Storm(20, 64, 4), id="64 for each of 20", marks=pytest.mark.long),
]


@pytest.fixture
def stack(tmp_path: Path, database_url: str) -> Iterator[Stack]:
    with running_stack(tmp_path / "stack", database_url) as running:
        yield running


@pytest.mark.parametrize("storm", STORMS)
def test_identical_notifications_at_once_credit_each_payment_once(stack: Stack, storm: Storm) -> None:
    orders = orders_for(stack, storm)

    told = let_it_storm(stack, orders, storm)

    heard = Counter(answer["status"] for payment in told for answer in payment["answers"])
    if storm.all_at_once <= THREADS + WAITING:
        assert heard == {200: storm.payments * storm.copies}
        assert deliveries(stack) == storm.payments * storm.copies
    # Of more at once some are turned away, and the gateway repeats these.
    assert set(heard) <= {200, 503}
    assert heard[200] >= storm.payments * storm.copies / 2  # how many, a busy machine says
    wait_until_everything_is_delivered(stack, storm)
    prove_every_payment_is_credited_once(stack, storm)
    assert deliveries(stack) >= storm.payments * storm.copies


@pytest.mark.parametrize("storm", STORMS)
def test_a_panel_killed_amid_the_notifications_has_credited_each_payment_once_in_the_end(
    stack: Stack, storm: Storm
) -> None:
    orders = orders_for(stack, storm)
    storming = threading.Thread(target=let_it_storm, args=(stack, orders, storm))

    storming.start()
    eventually(lambda: credited(stack) >= 1, "nothing was credited", pause=0.005)
    stack.kill()
    credited_before = credited(stack)
    stack.start()
    storming.join()
    wait_until_everything_is_delivered(stack, storm)

    assert 1 <= credited_before < storm.payments, "the panel was not killed amid the storm"
    prove_every_payment_is_credited_once(stack, storm)
    assert deliveries(stack) >= storm.payments * storm.copies


def orders_for(stack: Stack, storm: Storm) -> list[list[tuple[str, str]]]:
    """Let the payer start the payments; return what his browser would post to the gateway for each."""
    payer = Payer(stack)
    return [payer.start_payment("100") for _ in range(storm.payments)]


def let_it_storm(stack: Stack, orders: list[list[tuple[str, str]]], storm: Storm) -> list[dict[str, Any]]:
    """Pay the orders, some at the same time, each told with all its copies at once; return what the gateway saw."""

    def pay(fields: list[tuple[str, str]]) -> dict[str, Any]:
        wish = {"fields": fields, "count": storm.copies, "concurrency": storm.copies, "confirm": False}
        seen: dict[str, Any] = requests.post(f"{stack.emulator}/api/pay", json=wish, timeout=300).json()
        return seen

    with ThreadPoolExecutor(storm.abreast) as pool:
        return list(pool.map(pay, orders))


def wait_until_everything_is_delivered(stack: Stack, storm: Storm) -> None:
    """Wait until the gateway has got its 200 for every copy."""

    def delivered() -> bool:
        payments = requests.get(f"{stack.emulator}/api/payments", timeout=60).json()
        sent = [message["delivered"] for payment in payments for message in payment["notifications"]]
        return len(sent) == storm.payments * storm.copies and all(sent)

    eventually(delivered, "some notifications were given up", 120)


def credited(stack: Stack) -> int:
    with stack.store.read() as session:
        query = select(func.count()).where(LedgerTransaction.kind == ledger.Kind.CREDIT)
        return int(session.execute(query).scalar_one())


def deliveries(stack: Stack) -> int:
    with stack.store.read() as session:
        return int(session.execute(select(func.sum(ArrivalMessage.deliveries))).scalar_one())


def prove_every_payment_is_credited_once(stack: Stack, storm: Storm) -> None:
    """Count what the storm left, and see that nothing else moved."""
    with stack.store.read() as session:
        balances = {account.id: account.balance_minor for account in session.scalars(select(Account))}
        statuses = Counter(session.scalars(select(Payment.status)))
        kinds = Counter(session.scalars(select(LedgerTransaction.kind)))
        per_payment = Counter(session.scalars(select(LedgerTransaction.payment_id)))
        states = Counter(session.scalars(select(Arrival.state)))
        legs = Counter(session.scalars(select(Entry.amount_minor)))
        mails = session.execute(select(func.count(Mail.id))).scalar_one()
        strays = [session.execute(select(func.count(kind.id))).scalar_one() for kind in (Plan, Subscription)]
        found_doubts = doubts(session)
    assert balances == {stack.account_id: storm.payments * PRICE_MINOR, stack.bystander_id: 0}
    assert statuses == {"completed": storm.payments}
    assert kinds == {"credit": storm.payments}
    assert set(per_payment.values()) == {1}
    assert states == {"credited": storm.payments}
    assert legs == {PRICE_MINOR: storm.payments, -PRICE_MINOR: storm.payments}
    assert mails == storm.payments
    assert strays == [0, 0]
    assert found_doubts == []
    examined = stack.doctor()
    assert examined.returncode == 0, examined.stdout + examined.stderr
