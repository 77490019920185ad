"""The databases that other tests stand on."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import inspect

from host_stub.persistence.store import make_engine
from tests.support import databases as support
from tests.support.databases import Databases, NoPostgresql, PostgresqlServer, postgresql_server
from tests.support.machine import lacking


def tables(url: str) -> list[str]:
    engine = make_engine(url)
    names = inspect(engine).get_table_names()
    engine.dispose()
    return names


def test_every_test_gets_migrated_tables(database_url: str) -> None:
    assert "payment" in tables(database_url)


def test_an_empty_database_has_no_tables(databases: Databases) -> None:
    url = databases.empty()
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).touch()  # only `migrate` makes the file

    found = tables(url)
    databases.discard(url)

    assert found == []


def test_two_databases_share_nothing(databases: Databases) -> None:
    one, other = databases.migrated(), databases.migrated()
    engine = make_engine(one)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE only_here (id INTEGER)")
    engine.dispose()

    found = ["only_here" in tables(one), "only_here" in tables(other)]
    databases.discard(one)
    databases.discard(other)

    assert found == [True, False]


def test_a_named_server_is_used_and_left_clean(
    postgresql_databases: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql_databases.empty()
    monkeypatch.setenv(support.SERVER_VARIABLE, url)

    with postgresql_server() as server:
        made = server.migrated()
        names = tables(made)
        server.discard(made)
    with psycopg.connect(url) as connection:
        left = connection.execute(
            "SELECT datname FROM pg_database WHERE datname = %s", [made.rpartition("/")[2]]
        ).fetchall()
    postgresql_databases.discard(url)

    assert "payment" in names
    assert left == []


def test_without_a_server_one_is_started_from_the_installed_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(support.SERVER_VARIABLE, raising=False)
    monkeypatch.setattr(support, "_local_user", lambda: None)

    try:
        with postgresql_server() as server:
            found = tables(server.empty())
            folder = Path(server.setting("data_directory"))
    except NoPostgresql as missing:
        lacking(str(missing))

    assert found == []
    assert not folder.exists()


def test_without_postgresql_a_test_is_skipped_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "")

    with pytest.raises(pytest.skip.Exception, match="no PostgreSQL"):
        lacking("no PostgreSQL")


def test_without_postgresql_ci_fails_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "CI", "true")

    with pytest.raises(pytest.fail.Exception, match="no PostgreSQL"):
        lacking("no PostgreSQL")


def test_a_connection_that_outlives_its_pool_is_closed_with_its_database(
    postgresql_databases: PostgresqlServer,
) -> None:
    url = postgresql_databases.migrated()
    engine = make_engine(url)
    connection = engine.connect()
    left = connection.connection.dbapi_connection
    engine.dispose()
    connection.close()
    postgresql_databases.discard(url)
    assert left is not None
    assert not left.closed

    postgresql_databases.discard(postgresql_databases.migrated())

    assert left.closed
