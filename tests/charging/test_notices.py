"""A notice that asks for money goes when it has come, and when the hold asks louder."""

from __future__ import annotations

from datetime import date

import pytest

from host_stub.persistence import Notice, Period
from host_stub.services.money_in import approvals
from host_stub.services.money_in.approvals import BankOrder
from tests.support.charging_world import ChargingWorld
from tests.support.world import MANAGER, rub


@pytest.fixture
def notice(world: ChargingWorld) -> int:
    with world.store.write() as session:
        row = Notice(
            reseller_id=world.reseller_id,
            account_id=world.account_id,
            category="plugin:listener",
            title="Top up",
            text="",
            once_key="1",
            created_at=world.store.now(),
        )
        session.add(row)
        session.flush()
        return row.id


def is_up(world: ChargingWorld, notice_id: int) -> bool:
    with world.store.read() as session:
        return session.get_one(Notice, notice_id).dismissed_at is None


def test_a_credited_payment_takes_the_notice_down(world: ChargingWorld, notice: int) -> None:
    payment = world.a_payment("100.00")

    approvals.approve_payment(
        world.store, world.scope, payment, BankOrder(rub("100.00"), "1", date(2020, 11, 13)), by=MANAGER
    )

    assert not is_up(world, notice)


@pytest.fixture
def daily(world: ChargingWorld) -> None:
    world.credit("10.00")
    world.running(Period.DAY, "10.00")


@pytest.mark.usefixtures("daily")
def test_a_credit_hold_takes_the_notice_down(world: ChargingWorld, notice: int) -> None:
    assert is_up(world, notice)

    world.clock.advance(days=1)
    world.run()

    assert world.on_hold()
    assert not is_up(world, notice)
