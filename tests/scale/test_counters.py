"""Figures that stop counting, and the one that is kept."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from host_stub.domain.charging import Period
from host_stub.persistence import Account
from host_stub.persistence.listings import up_to
from host_stub.services.reading import forecasts, work_queue
from tests.support.charging_world import ChargingWorld


@pytest.fixture
def many_are_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with more services than are looked at while a page is made."""
    monkeypatch.setattr(work_queue, "DECIDED_NOW", 0)


def will_stop(world: ChargingWorld) -> list[int]:
    with world.store.read(world.scope) as session:
        return list(session.scalars(select(Account.id).where(work_queue.will_stop(session))))


def test_who_will_stop_is_kept_by_the_worker_where_many_are_due(world: ChargingWorld, many_are_due: None) -> None:
    world.credit("10.00")
    world.running(Period.DAY, "10.00")
    world.clock.advance(hours=1)

    assert will_stop(world) == []
    assert forecasts.keep(world.store) == 1
    assert will_stop(world) == [world.account_id]
    assert forecasts.keep(world.store) == 0

    world.credit("1000.00")
    assert forecasts.keep(world.store) == 1
    assert will_stop(world) == []


def test_who_will_stop_is_decided_at_once_where_few_are_due(world: ChargingWorld) -> None:
    world.credit("10.00")
    world.running(Period.DAY, "10.00")
    world.clock.advance(hours=1)

    assert will_stop(world) == [world.account_id]


def test_a_count_for_people_says_when_it_stopped() -> None:
    assert [up_to(count, 99) for count in (0, 99, 100)] == ["0", "99", "99+"]
