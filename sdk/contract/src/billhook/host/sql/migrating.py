"""Run a plugin's migrations: up to its newest, or down to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from billhook.errors import MigrationFailed
from billhook.host.history import Migration, Standing, standing
from billhook.host.sql.shapes import faults, reflect
from billhook.host.sql.untouched import Touched, watched
from billhook.host.tables import prefix, version_table

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

_BLOCK: Final = "Leave the block out: whatever is in it runs in the one transaction as well."


def current_revision(connection: sa.Connection, plugin: str) -> str | None:
    """Return where the plugin's tables are; None before the first migration."""
    name = version_table(plugin)
    if not sa.inspect(connection).has_table(name):
        return None
    revision: str | None = connection.scalar(sa.select(sa.column("version_num")).select_from(sa.table(name)))
    return revision


def own_names(connection: sa.Connection, plugin: str) -> list[str]:
    """Return the tables in the database that begin with the plugin's prefix, without the version table."""
    names = sa.inspect(connection).get_table_names()
    return sorted(name for name in names if name.startswith(prefix(plugin)) and name != version_table(plugin))


def upgrade(connection: sa.Connection, plugin: str, migrations: Sequence[Migration]) -> None:
    """Run what the database lacks, in the caller's transaction, and check what came of it. Raises MigrationFailed."""
    _refuse_ahead(connection, plugin, migrations)
    _run(connection, plugin, migrations, down=False)
    for table in reflect(connection, own_names(connection, plugin)).values():
        for why, remedy in faults(plugin, table, connection.dialect.name):
            raise MigrationFailed(plugin, f"after its migrations {why}.", remedy)


def downgrade(connection: sa.Connection, plugin: str, migrations: Sequence[Migration]) -> None:
    """Take every migration back, in the caller's transaction; leaves no table, not even that of the version.

    Raises MigrationFailed.
    """
    _refuse_ahead(connection, plugin, migrations)
    _run(connection, plugin, migrations, down=True)
    if left := own_names(connection, plugin):
        raise MigrationFailed(plugin, f"its downgrade leaves {left[0]}.", "Drop in downgrade what upgrade created.")
    drop(connection, [version_table(plugin)])


def drop(connection: sa.Connection, names: Sequence[str]) -> None:
    """Drop tables that exist, whatever refers to what among them."""
    cascade = " cascade" if connection.dialect.name == "postgresql" else ""
    for name in names:
        connection.exec_driver_sql(f'drop table if exists "{name}"{cascade}')


def _refuse_ahead(connection: sa.Connection, plugin: str, migrations: Sequence[Migration]) -> None:
    current = current_revision(connection, plugin)
    if standing(migrations, current) is Standing.AHEAD:
        raise MigrationFailed(
            plugin,
            f"its tables are at revision {current}, which the installed version does not know.",
            "Install the newer version again, or restore a backup from before it.",
        )


def _run(connection: sa.Connection, plugin: str, migrations: Sequence[Migration], *, down: bool) -> None:
    if not migrations:
        return
    at: list[Path] = []
    try:
        with watched(connection, plugin):
            _steps(connection, plugin, migrations[0].file.parent, at, down=down)
    except Touched as error:
        raise MigrationFailed(plugin, f"{_named(at)}: {error}.", error.remedy) from error
    except KeyboardInterrupt:  # somebody ends the command
        raise
    except BaseException as error:
        raise MigrationFailed(
            plugin,
            f"{_named(at)} failed: {type(error).__name__}: {_first_line(error)}",
            "Mend it, or install a version of the plugin that does; nothing of it was kept.",
        ) from error


def _first_line(error: BaseException) -> str:
    try:
        return next(iter(str(error).splitlines()), "")
    except Exception:  # noqa: BLE001  it is the migration's code, too
        return "(its text cannot be read)"


def _named(at: Sequence[Path]) -> str:
    return f"migrations/{at[-1].name}" if at else "migrations"


def _steps(connection: sa.Connection, plugin: str, folder: Path, at: list[Path], *, down: bool) -> None:
    """Run the steps; `at` ends with the file of the step that is under way."""
    from alembic.operations import Operations  # slow to import, and only migrations need it
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(folder, version_locations=[folder])

    def plan(current: Any, _context: object) -> Iterator[Any]:
        for step in _planned(script, current, down=down):
            at.append(Path(step.revision.path))
            yield step

    options = {"version_table": version_table(plugin), "fn": plan}
    context = MigrationContext.configure(connection, opts=options)
    context.autocommit_block = _no_autocommit  # type: ignore[method-assign]
    with Operations.context(context):
        context.run_migrations()


def _no_autocommit() -> Any:
    # Alembic's own refusal in a transaction that it did not begin is a bare assertion.
    raise Touched("it opens an autocommit_block, which ends the transaction", _BLOCK)


def _planned(script: ScriptDirectory, current: Any, *, down: bool) -> Any:
    if down:
        return script._downgrade_revs("base", current) if current else ()
    return script._upgrade_revs("head", current)
