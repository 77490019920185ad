"""Whatever is done to the books behind the panel's back is found, by name and with its rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import open_store
from host_stub.services.books import proof
from tests.conftest import DATABASES, LETTER_DAY
from tests.proof.books import Books, falsifying, finders, guards_back
from tests.proof.corruptions import CORRUPTIONS, Corruption


@pytest.fixture(params=DATABASES, scope="module")
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    """Falsifications are rolled back, so that one set of books serves them all."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    url, clock = databases.migrated(), FixedClock(LETTER_DAY)
    store = open_store(url, clock)
    yield Books(store, clock)
    store.close()
    databases.discard(url)


def test_books_that_only_the_panel_wrote_are_proved(books: Books) -> None:
    results = list(proof.prove(books.store))

    assert {result.name: result.shown for result in results if result.found} == {}
    # A check that looked at nothing proves nothing.
    assert [result.name for result in results if not result.rows] == []


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda each: each.what)
def test_each_corruption_is_found_by_the_checks_that_the_table_names(books: Books, corruption: Corruption) -> None:
    dialect = books.store.engine.dialect.name
    if corruption.only and corruption.only != dialect:
        pytest.skip(f"possible on {corruption.only} only")

    with falsifying(books.store) as connection:
        if not corruption.without_guards:
            guards_back(connection)
        changed = [_run(connection, each, books) for each in corruption.statements if _for(each, dialect)]
        guards_back(connection)
        found = finders(books.store, connection)

    assert 0 not in changed, "a statement changed nothing"
    assert frozenset(found) == corruption.found_by, found
    assert not found or corruption.says in "\n".join("\n".join(shown) for shown in found.values())


def test_every_check_has_a_corruption_that_it_finds() -> None:
    named = frozenset().union(*(each.found_by for each in CORRUPTIONS))

    assert named == {check.name for check in proof.CHECKS}


def _for(statement: str, dialect: str) -> bool:
    return statement.partition(": ")[0] not in set(DATABASES) - {dialect}


def _run(connection: Connection, statement: str, books: Books) -> int:
    for dialect in DATABASES:
        statement = statement.removeprefix(f"{dialect}: ")
    written = statement.format(**books.names())
    # psycopg reads a percent sign as a parameter.
    if connection.dialect.name == "postgresql":
        written = written.replace("%", "%%")
    return connection.exec_driver_sql(written).rowcount
