"""Migrations: bring a database up to date, and say whether models and migrations agree.

Alembic gets its connection from the store's engine, so a failed migration leaves nothing behind on either database.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from host_stub.persistence import selectivity
from host_stub.persistence.base import Base
from host_stub.persistence.store import make_engine

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent / "migrations"
_OPTIONS = {"version_table": "host_alembic_version"}


class NewerDatabase(Exception):
    """The database has a migration that this code does not know."""


def _config(connection: Connection) -> Config:
    from alembic.config import Config  # slow to import, and only migrations need it

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest revision, in one transaction; make an SQLite file that is not there.

    Raises NewerDatabase.
    """
    from alembic import command

    engine = make_engine(url, create=True)
    engine.connect().close()
    if version(url) is Version.AHEAD:
        raise NewerDatabase(
            "the database was migrated by a newer version of the panel: install that, or restore a backup"
        )
    with engine.begin() as connection:
        command.upgrade(_config(connection), "head")
        selectivity.tell(connection)
    engine.dispose()


class Version(StrEnum):
    """How a database stands to this code."""

    CURRENT = "current"
    BEHIND = "behind"  # it lacks a migration
    AHEAD = "ahead"  # it had one that this code does not know: the code is older


def pending(url: str) -> bool:
    """Return whether the database lacks a migration that this code needs, or has one that it does not know."""
    return version(url) is not Version.CURRENT


def version(url: str) -> Version:
    """Return how the database at `url` stands to this code."""
    engine = make_engine(url)
    try:
        with engine.execution_options(read_unit=True).connect() as connection:
            return version_on(connection)
    finally:
        engine.dispose()


def version_on(connection: Connection) -> Version:
    """Return how a database stands to this code; one statement, once the code's own revisions were read."""
    known = _revisions()
    try:
        with connection.begin_nested():
            found = connection.execute(text("select version_num from host_alembic_version")).scalar_one_or_none()
    except DBAPIError:
        if inspect(connection).has_table("host_alembic_version"):
            raise
        return Version.BEHIND
    if found == known[0]:
        return Version.CURRENT
    return Version.BEHIND if found is None or found in known else Version.AHEAD


@cache
def _revisions() -> tuple[str, ...]:
    """Return the revisions of this code, the newest first."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return tuple(each.revision for each in ScriptDirectory.from_config(config).walk_revisions())


def differences(url: str) -> list[Any]:
    """Return what autogenerate would still change in a migrated database; empty if models and migrations agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    import host_stub.persistence  # noqa: F401  registers every table

    engine = make_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={**_OPTIONS, "compare_type": True, "include_name": _ours})
        found = compare_metadata(context, Base.metadata)
    engine.dispose()
    return list(found)


def _ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave plugin tables and other people's alone: the host's history speaks of the host's tables."""
    return kind != "table" or name in Base.metadata.tables
