"""Find the plugin that is to be checked: by entry point, by import name, or by its folder."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Final

from billhook.errors import BillhookError

from billhook_kit import patience

GROUP: Final = "billhook.plugins"


class PluginNotFound(BillhookError):
    """Nothing of that name is installed, importable or a folder. The text says what was tried."""


@dataclass(frozen=True, slots=True)
class PluginSource:
    """A plugin before anything of it is believed.

    module: what its entry point names, None if it could not be imported; `error` then says why.
    import_name: empty for an object that was written in a test.
    """

    name: str
    module: object | None
    import_name: str = ""
    error: str = ""

    @property
    def folder(self) -> Path | None:
        """The folder of the package; None for a single module or an object."""
        paths = list(getattr(self.module, "__path__", ()))
        return Path(paths[0]) if paths else None

    @property
    def project(self) -> Path | None:
        """The project's folder (the nearest one above with a pyproject.toml); None for an installed wheel."""
        place = self.folder or self._file
        if place is None or "site-packages" in place.parts:
            return None
        return next((above for above in place.parents if (above / "pyproject.toml").is_file()), None)

    @property
    def _file(self) -> Path | None:
        path = getattr(self.module, "__file__", None)
        return Path(path) if path else None

    def python_files(self) -> list[Path]:
        """Return the plugin's own Python files."""
        if self.folder is not None:
            return sorted(self.folder.rglob("*.py"))
        return [self._file] if self._file is not None else []

    def shown(self, path: Path) -> str:
        """Return a path as the author knows it: from the package's parent folder on."""
        base = self.folder or self._file
        return str(path.relative_to(base.parent)) if base is not None else str(path)

    def modules(self) -> Iterator[ModuleType]:
        """Yield the plugin's imported modules."""
        for name, module in list(sys.modules.items()):
            if name == self.import_name or name.startswith(f"{self.import_name}."):
                yield module


def of_object(name: str, module: object) -> PluginSource:
    """Return the source of a plugin that the caller holds already."""
    return PluginSource(name, module, getattr(module, "__name__", ""))


def find_plugin(wanted: str) -> PluginSource:
    """Return the plugin with that entry point name, import name, folder (a project or package) or file.

    An import that fails is kept in the source, since a check reports it. Raises PluginNotFound.
    """
    path = Path(wanted)
    if path.exists() and ("/" in wanted or path.suffix or not wanted.isidentifier()):
        return _from_path(path.resolve())
    for point in entry_points(group=GROUP):
        if wanted in (point.name, point.module):
            return _imported(point.name, point.module)
    if importlib.util.find_spec(wanted.partition(".")[0]) is not None:
        return _imported(wanted.rpartition(".")[2].removeprefix("billhook_"), wanted)
    if path.exists():
        return _from_path(path.resolve())
    known = ", ".join(sorted(point.name for point in entry_points(group=GROUP))) or "none"
    raise PluginNotFound(f"no plugin {wanted!r}: not an entry point (installed: {known}), not importable, no folder")


def _from_path(path: Path) -> PluginSource:
    if (path / "pyproject.toml").is_file():
        return _from_project(path)
    _importable_from(path.parent)
    return _imported(path.stem.removeprefix("billhook_"), path.stem)


def _from_project(folder: Path) -> PluginSource:
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8")).get("project", {})
    points = project.get("entry-points", {}).get(GROUP, {})
    if len(points) != 1:
        raise PluginNotFound(f"{folder / 'pyproject.toml'} declares {len(points)} entry points in {GROUP}, not one")
    ((name, module),) = points.items()
    _importable_from(folder / "src" if (folder / "src").is_dir() else folder)
    return _imported(name, module)


def _importable_from(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _imported(name: str, module: str) -> PluginSource:
    try:
        with patience.within(patience.IMPORT):
            found = importlib.import_module(module)
    except Exception as error:  # noqa: BLE001  what a plugin does at import is not the kit's fault
        return PluginSource(name, None, module, f"import failed: {patience.told(error)}")
    return PluginSource(name, found, module)
