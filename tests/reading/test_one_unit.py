"""A request reads in one unit, until it writes or calls a plugin."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from host_stub.domain.errors import NotFound
from host_stub.persistence import Account, Plan, Reseller, Scope, Store
from host_stub.persistence.store import fetch
from host_stub.plugins.guard import Guard
from host_stub.services.reading import work_queue
from tests.security.conftest import Copies, copies
from tests.security.matrix import FROM_OUTSIDE
from tests.security.scene import Scene
from tests.security.test_matrix import Ask, address, methods, rules, send
from tests.support.statements import Asked
from tests.support.web import store_of
from tests.support.world import a_reseller, an_account

__all__ = ["copies"]


@pytest.fixture
def twins(store: Store) -> list[int]:
    """Two resellers with an account each; return the resellers' ids."""
    with store.write() as session:
        found = [a_reseller(session, name) for name in ("Первый", "Второй")]
        for reseller in found:
            an_account(session, reseller)
        return [reseller.id for reseller in found]


def test_a_request_asks_all_its_questions_in_one_unit(store: Store, twins: list[int]) -> None:
    asked = Asked(store)

    def request() -> None:
        with store.serving():
            for _time in range(3):
                with store.page(Scope.reseller(twins[0])) as session:
                    fetch(session, Reseller, twins[0])

    asked.of(request)

    assert (asked.units, asked.count) == (1, 1)


def test_a_unit_goes_on_in_the_scope_of_who_asks_and_forgets_what_it_knew_of_others(
    store: Store, twins: list[int]
) -> None:
    with store.serving():
        with store.page() as session:
            before = session.scalars(select(Account)).all()
            theirs = next(account.id for account in before if account.reseller_id == twins[1])
        with store.page(Scope.reseller(twins[0])) as session:
            own = session.scalars(select(Account)).all()
            with pytest.raises(NotFound):
                fetch(session, Account, theirs)

    assert [account.reseller_id for account in own] == [twins[0]]
    assert len(before) == 2


def test_a_unit_never_widens(store: Store, twins: list[int]) -> None:
    with (
        store.serving(),
        store.page(Scope.reseller(twins[0])) as own,
        store.page(Scope.reseller(twins[1])) as other,
        store.page(Scope.everything()) as every,
    ):
        seen = [len(session.scalars(select(Account)).all()) for session in (own, other, every)]

    assert own is not other
    assert seen == [1, 1, 2]


def test_a_unit_stays_in_its_scope_while_it_is_asked(store: Store, twins: list[int]) -> None:
    with store.serving(), store.page() as every:
        with store.page(Scope.reseller(twins[0])) as own:
            inner = len(own.scalars(select(Account)).all())
        after = len(every.scalars(select(Account)).all())

    assert (inner, after) == (1, 2)


def test_what_was_counted_of_all_is_counted_anew_in_a_scope(store: Store, twins: list[int]) -> None:
    with store.serving():
        with store.page() as session:
            plugins_of_all = work_queue.for_approval(session, ["check_cash"])
        with store.page(Scope.reseller(twins[0])) as session:
            plugins_of_one = work_queue.for_approval(session, ["check_cash"])

    assert plugins_of_all is not plugins_of_one


def test_what_is_read_after_a_write_is_read_anew(store: Store, twins: list[int]) -> None:
    with store.serving():
        with store.page() as session:
            name = fetch(session, Reseller, twins[0]).name
        with store.write() as session:
            fetch(session, Reseller, twins[0]).name = "Другой"
        with store.page() as session:
            after = fetch(session, Reseller, twins[0]).name

    assert (name, after) == ("Первый", "Другой")


def test_nothing_is_written_while_something_is_read(store: Store) -> None:
    with store.serving(), store.page(), pytest.raises(RuntimeError), store.write():
        pass  # pragma: no cover

    assert not store.has_page


def test_a_question_that_fails_ends_the_unit(store: Store) -> None:
    with store.serving():
        with pytest.raises(NotFound), store.page() as session:
            fetch(session, Plan, 1)

        assert not store.has_page


def test_the_request_s_end_is_the_unit_s(store: Store) -> None:
    with store.serving(), store.page():
        pass

    assert not store.has_page


def test_another_thread_has_units_of_its_own(store: Store) -> None:
    sessions: list[object] = []

    def ask() -> None:
        with store.page() as session:
            sessions.append(session)

    with store.serving(), store.page() as session:
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()

        assert sessions != [session]
        assert store.has_page


def test_no_plugin_is_called_inside_a_unit(scene: Scene, copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, called, where = set(), set(), [""]
    call = Guard.call

    def watched(guard: Guard, place: str, function: Callable[[], Any]) -> Any:
        called.add(place)
        if store_of(scene.app).has_page:
            inside.add((where[0], place))
        return call(guard, place, function)

    monkeypatch.setattr(Guard, "call", watched)
    copies.fresh()
    for role in ("owner", "manager", "operator"):
        for rule, route in rules(scene):
            for method in methods(rule) if rule.endpoint not in FROM_OUTSIDE else ():
                where[0] = f"{role} {method} {rule.endpoint}"
                send(scene, role, Ask(rule.endpoint, method, address(scene, rule, route), role))
                if method != "GET":
                    copies.fresh()

    assert len(called) > 3, called
    assert inside == set()
