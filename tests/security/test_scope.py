"""Rows of another reseller: no unit of work reads or writes them, and no row points at them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import ForeignKeyConstraint, delete, func, select, update

from host_stub.persistence import Account, Base, Notice, Scope, Store
from host_stub.persistence.base import OfReseller
from tests.security.scene import Scene
from tests.support.web import store_of
from tests.support.world import World


def kinds() -> list[type[OfReseller]]:
    return [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, OfReseller)]


def test_a_unit_reads_no_row_of_another_reseller_of_any_kind(scene: Scene) -> None:
    store, seen = store_of(scene.app), set()
    for side, other in ((scene.a, scene.c), (scene.c, scene.a)):
        own, foreign = side.ids["reseller_id"], other.ids["reseller_id"]
        with store.read(Scope.reseller(own)) as session:
            for kind in kinds():
                assert set(session.scalars(select(kind.reseller_id))) <= {own}, kind
                assert session.scalars(select(kind).where(kind.reseller_id == foreign)).all() == [], kind
                seen |= {kind} if session.scalar(select(func.count()).select_from(kind)) else set()

    assert len(seen) >= 12  # the scene has rows of these kinds, so there was something to miss


def test_a_unit_changes_and_deletes_no_row_of_another_reseller(store: Store) -> None:
    one, other = World(store), World(store)
    with store.write() as session:
        session.add_all(a_notice(world, store) for world in (one, other))

    with store.write(one.scope) as session:
        session.execute(update(Account).values(name="changed"))
        session.execute(delete(Notice))

    with store.read() as session:
        names = {row.id: row.name for row in session.scalars(select(Account))}
        left = session.scalars(select(Notice.reseller_id)).all()
    assert (names[one.account_id], names[other.account_id]) == ("changed", "ООО «Ромашка»")
    assert left == [other.reseller_id]


def a_notice(world: World, store: Store) -> Notice:
    whose = {"reseller_id": world.reseller_id, "account_id": world.account_id}
    return Notice(
        **whose, category="test", once_key=f"k-{world.account_id}", created_at=store.now(), title="A", text="B"
    )


def test_a_row_of_another_reseller_is_written_by_no_unit(store: Store) -> None:
    one, other = World(store), World(store)

    with pytest.raises(AssertionError, match="in the unit of"), store.write(one.scope) as session:
        session.add(a_notice(other, store))


def keys_between_rows_of_resellers() -> Iterator[ForeignKeyConstraint]:
    of_resellers = {kind.__table__ for kind in kinds()}  # type: ignore[attr-defined]
    for table in of_resellers:
        for key in table.foreign_key_constraints:
            if key.referred_table in of_resellers:
                yield key


def test_no_key_from_a_reseller_s_row_can_point_at_another_s() -> None:
    keys = list(keys_between_rows_of_resellers())

    assert len(keys) >= 15
    for key in keys:
        pairs = {(element.parent.name, element.column.name) for element in key.elements}
        assert ("reseller_id", "reseller_id") in pairs, f"{key.table}: {key.column_keys}"
