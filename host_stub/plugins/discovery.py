"""Find the installed plugins: entry points of the group `billhook.plugins`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from host_stub.plugins.masking import text_of

GROUP: Final = "billhook.plugins"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An installed plugin before anything of it was believed. module: None if it could not be imported."""

    name: str
    module: object | None
    error: str = ""
    version: str = ""


def installed(disabled: Collection[str] = (), before: Callable[[str], None] = lambda _name: None) -> list[Candidate]:
    """Import every installed plugin but the disabled ones, in the order of their names.

    before: is told each name before its import. A failing import is reported, not raised.
    """
    found = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        if point.name not in disabled:
            before(point.name)
            found.append(_import(point))
    return found


def versions(disabled: Collection[str] = ()) -> dict[str, str]:
    """Return what is installed just now but the disabled ones, name → version, without importing any of it."""
    found: dict[str, str] = {}
    for point in entry_points(group=GROUP):
        if point.name not in disabled:
            others = found.get(point.name)
            found[point.name] = f"{others}, {_version(point)}" if others is not None else _version(point)
    return dict(sorted(found.items()))


def _version(point: EntryPoint) -> str:
    return point.dist.version if point.dist is not None else ""


def _import(point: EntryPoint) -> Candidate:
    version = _version(point)
    try:
        return Candidate(point.name, point.load(), version=version)
    except KeyboardInterrupt:  # somebody ends the start
        raise
    except BaseException as error:  # noqa: BLE001  whatever a plugin does at import must not stop the host
        return Candidate(point.name, None, f"import failed: {type(error).__name__}: {text_of(error)}", version)
