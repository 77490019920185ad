"""The database itself guards the ledger: asked in plain SQL, as somebody would who goes round the panel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import open_store, triggers
from host_stub.persistence.store import make_engine
from tests.conftest import DATABASES, LETTER_DAY
from tests.proof.books import Books

_LEG = (
    "insert into entry (id, reseller_id, transaction_id, leg, amount_minor, currency, at) "
    "select 900000 + {number}, {reseller}, {transaction}, 'revenue', {amount}, '{currency}', max(at) from entry"
)
_HEADER = (
    "insert into ledger_transaction (id, reseller_id, source, source_id, kind, reason, details, actor, at) "
    "select 900000, {reseller}, 'x', 'x', 'correction', '', '{{}}', 'system::x', max(at) from entry"
)


@pytest.fixture(params=DATABASES, scope="module")
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    """What is tried here is refused, or taken back: one set of books serves all."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    url, clock = databases.migrated(), FixedClock(LETTER_DAY)
    store = open_store(url, clock)
    yield Books(store, clock)
    store.close()
    databases.discard(url)


def leg(books: Books, number: int, amount: int, *, transaction: object = 900_000, currency: str = "RUB") -> str:
    return _LEG.format(
        number=number, reseller=books.reseller_id, transaction=transaction, amount=amount, currency=currency
    )


def header(books: Books) -> str:
    return _HEADER.format(reseller=books.reseller_id)


def commit(engine: Engine, *statements: str) -> None:
    """Do it all in one transaction, as whoever has the database's password can."""
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize("sums", [(5, -4), (-5, 4), (1, 1), (-1, -1), (3, -2, -2)])
def test_legs_that_do_not_sum_to_zero_are_refused_whatever_is_too_much(books: Books, sums: tuple[int, ...]) -> None:
    legs = [leg(books, number, amount) for number, amount in enumerate(sums)]

    with pytest.raises(DatabaseError, match="unbalanced"):
        commit(books.store.engine, *legs, header(books))


def test_legs_that_sum_to_zero_only_over_two_currencies_are_refused(books: Books) -> None:
    with pytest.raises(DatabaseError, match="unbalanced"):
        commit(books.store.engine, leg(books, 1, 5), leg(books, 2, -5, currency="USD"), header(books))


def test_legs_that_balance_are_taken(books: Books) -> None:
    with books.store.engine.connect() as connection, connection.begin() as unit:
        for statement in (leg(books, 1, 5), leg(books, 2, -5), header(books)):
            assert connection.exec_driver_sql(statement).rowcount == 1
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("set constraints all immediate")
        unit.rollback()


def test_a_transaction_without_legs_is_refused(books: Books) -> None:
    with pytest.raises(DatabaseError, match="at least two legs"):
        commit(books.store.engine, header(books))


def test_legs_without_a_transaction_are_refused(books: Books) -> None:
    with pytest.raises(DatabaseError, match=r"(?i)foreign key"):
        commit(books.store.engine, leg(books, 1, 5), leg(books, 2, -5))


@pytest.mark.parametrize("amounts", [(5, -5), (5,), (-5,)])
def test_a_closed_transaction_takes_no_further_legs(books: Books, amounts: tuple[int, ...]) -> None:
    closed = books.names()["reversal"]
    legs = [leg(books, number, amount, transaction=closed) for number, amount in enumerate(amounts)]

    with pytest.raises(DatabaseError, match="the transaction is closed"):
        commit(books.store.engine, *legs)


def test_a_leg_behind_its_header_in_the_same_transaction_is_refused(books: Books) -> None:
    with pytest.raises(DatabaseError, match="the transaction is closed"):
        commit(
            books.store.engine, leg(books, 1, 5), leg(books, 2, -5), header(books), leg(books, 3, 1), leg(books, 4, -1)
        )


@pytest.mark.parametrize("table", triggers.APPEND_ONLY)
@pytest.mark.parametrize("verb", ["update", "delete", "replace", "truncate"])
def test_no_row_of_an_append_only_table_is_changed_deleted_or_replaced(books: Books, table: str, verb: str) -> None:
    sqlite = books.store.engine.dialect.name == "sqlite"
    if verb in ("replace", "truncate") and sqlite != (verb == "replace"):
        pytest.skip(f"{books.store.engine.dialect.name} has no {verb}")
    statement = {
        "update": f"update {table} set reseller_id = reseller_id",
        "delete": f"delete from {table}",
        "replace": f"insert or replace into {table} select * from {table}",
        "truncate": f"truncate {table} cascade",
    }[verb]

    # A closed transaction refuses its legs before they are replaced.
    with pytest.raises(DatabaseError, match=r"append-only|the transaction is closed"):
        commit(books.store.engine, statement)


@pytest.mark.parametrize("column", ["content", "sha256", "frozen", "issued_at"])
def test_an_issued_document_is_not_changed(books: Books, column: str) -> None:
    with pytest.raises(DatabaseError, match="an issued document is frozen"):
        commit(books.store.engine, f"update document set {column} = {column}")


def test_what_a_migrated_database_guards_is_what_the_code_says(database_url: str) -> None:
    engine = make_engine(database_url)
    with engine.connect() as connection:
        found = triggers.faults(connection)
    engine.dispose()

    assert found == []
