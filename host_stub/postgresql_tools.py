"""PostgreSQL's own programs, and what is needed round them: a database dumped, loaded, and emptied again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from host_stub.persistence.store import make_engine

_OURS = "n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'"
_TABLES = (
    "select quote_ident(n.nspname) || '.' || quote_ident(c.relname) from pg_class c "
    f"join pg_namespace n on n.oid = c.relnamespace where c.relkind = '{{kind}}' and {_OURS} order by 1"
)
_FUNCTIONS = (
    "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace "
    f"where p.proname like 'billhook\\_%' and {_OURS} order by 1"
)


class ToolError(Exception):
    """A program failed or is missing; the text is one line."""


def dump(url: URL, target: Path) -> None:
    """Write the database at one instant, in the custom format. Raises ToolError."""
    _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"], url)


def load(url: URL, source: Path) -> None:
    """Load a dump into an empty database, all of it or nothing. Raises ToolError."""
    with _connected(url) as connection:
        if connection.execute(text(_TABLES.format(kind="r"))).first() is not None:
            raise ToolError("the database is not empty: create a new one and configure that")
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run(["pg_restore", *options, f"--dbname={url.database}", str(source)], url)


def empty(url: URL) -> None:
    """Take out again what `load` brought into an empty database."""
    with _connected(url) as connection:
        for kind, what in (("r", "table"), ("S", "sequence")):
            for name in connection.execute(text(_TABLES.format(kind=kind))).scalars().all():
                connection.exec_driver_sql(f"drop {what} if exists {name} cascade")
        for name in connection.execute(text(_FUNCTIONS)).scalars().all():
            connection.exec_driver_sql(f"drop function if exists {name} cascade")


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    engine = make_engine(url.render_as_string(hide_password=False))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _run(command: list[str], url: URL) -> None:
    """Run a program of PostgreSQL. The connection goes by the environment: other users see arguments."""
    connection = {
        "PGHOST": url.host,
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        **{f"PG{name.upper()}": value for name, value in url.query.items() if isinstance(value, str)},
    }
    environment = {**os.environ, **{name: value for name, value in connection.items() if value}}
    try:
        subprocess.run(command, env=environment, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except FileNotFoundError:
        raise ToolError(f"{command[0]} is missing: apt-get install postgresql-client") from None
    except subprocess.CalledProcessError as error:
        raise ToolError(f"{command[0]} failed: {' '.join(error.stderr.split())}") from None
