"""Find the installed plugins: entry points of the group `billhook.plugins`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Final

GROUP: Final = "billhook.plugins"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An installed plugin before anything of it was believed. module: None if it could not be imported."""

    name: str
    module: object | None
    error: str = ""


def installed() -> list[Candidate]:
    """Import every installed plugin, in the order of their names. A failing import is reported, not raised."""
    return [_import(point) for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)]


def _import(point: EntryPoint) -> Candidate:
    try:
        return Candidate(point.name, point.load())
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a plugin does at import must not stop the host
        return Candidate(point.name, None, f"import failed: {type(error).__name__}: {error}")
