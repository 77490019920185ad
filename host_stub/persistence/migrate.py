"""Migrations: bring a database up to date, and say whether models and migrations agree.

Alembic gets its connection from the store's engine, so a failed migration leaves nothing behind on either database.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from host_stub.persistence import selectivity
from host_stub.persistence.base import Base
from host_stub.persistence.store import make_engine

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent / "migrations"
_OPTIONS = {"version_table": "host_alembic_version"}


def _config(connection: Connection) -> Config:
    from alembic.config import Config  # slow to import, and only migrations need it

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest revision, in one transaction."""
    from alembic import command

    engine = make_engine(url)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "head")
        selectivity.tell(connection)
    engine.dispose()


def pending(url: str) -> bool:
    """Return whether the database lacks a migration that this code needs."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    engine = make_engine(url)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection, opts=_OPTIONS).get_current_revision()
        newest = ScriptDirectory.from_config(_config(connection)).get_current_head()
    engine.dispose()
    return current != newest


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
