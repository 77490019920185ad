"""The migrations of a plugin, read without running them: Alembic revisions in `migrations/*.py`, one after the other.

Reading costs no import of Alembic, so a start can tell whether a database is behind.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from billhook.errors import PluginError

_NAMES: Final = ("revision", "down_revision", "depends_on")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step. revision: as the version table has it. after: the revision before it, None for the first."""

    revision: str
    after: str | None
    file: Path


class Standing(StrEnum):
    """Where a database is, seen from a plugin's code."""

    CURRENT = "up to date"
    PENDING = "pending"  # the code has migrations that the database lacks
    AHEAD = "ahead"  # the database is at a revision that the code does not know: the plugin was downgraded


def standing(migrations: Iterable[Migration], current: str | None) -> Standing:
    """Say where a database is whose version table holds `current` (None: nothing, or no such table)."""
    known = [migration.revision for migration in migrations]
    if current is not None and current not in known:
        return Standing.AHEAD
    return Standing.CURRENT if current == (known[-1] if known else None) else Standing.PENDING


def read_history(plugin: str, folder: Path) -> tuple[Migration, ...]:
    """Return the migrations of a plugin, oldest first. Raises PluginError for what is no single line of them."""
    found = [_read(plugin, file) for file in sorted(folder.glob("*.py")) if file.name != "__init__.py"]
    successors: dict[str | None, Migration] = {}
    for migration in found:
        other = successors.setdefault(migration.after, migration)
        if other is not migration:
            raise _fault(
                plugin,
                f"{other.file.name} and {migration.file.name} both follow {migration.after!r}",
                "Set down_revision of one of them to the revision of the other.",
            )
    line: list[Migration] = []
    while (following := successors.pop(line[-1].revision if line else None, None)) is not None:
        line.append(following)
    if successors:
        (lost, *_more) = successors.values()
        raise _fault(
            plugin,
            f"{lost.file.name} follows {lost.after!r}, which no file is",
            "Set its down_revision to one that is.",
        )
    return tuple(line)


def _read(plugin: str, file: Path) -> Migration:
    try:
        values = _assigned(ast.parse(file.read_text("utf-8")))
    except (SyntaxError, ValueError) as error:
        raise _fault(
            plugin, f"{file.name} cannot be read: {error}", "Mend it, or move it out of migrations/."
        ) from error
    revision, after = values.get("revision"), values.get("down_revision")
    if not isinstance(revision, str) or not 1 <= len(revision) <= 32:
        raise _fault(
            plugin,
            f"{file.name} has no revision of 1 to 32 characters",
            'Set revision = "0001", or move the file out of migrations/.',
        )
    if not isinstance(after, str | None) or values.get("depends_on") is not None:
        raise _fault(
            plugin, f"{file.name} follows several revisions", "Set down_revision to one of them and no depends_on."
        )
    return Migration(revision, after, file)


def _assigned(tree: ast.Module) -> Mapping[str, object]:
    values: dict[str, object] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name) and target.id in _NAMES:
                values[target.id] = node.value.value if isinstance(node.value, ast.Constant) else node.value
    return values


def _fault(plugin: str, why: str, remedy: str) -> PluginError:
    return PluginError(plugin, f"migrations/{why}.", remedy)
