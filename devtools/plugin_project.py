"""A plugin's project folder, read without installing it, and what makes it look installed to the panel."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

GROUP = "billhook.plugins"
GATEWAY_FILE = "tests/billhook_gateway.py"
_VALUE = re.compile(r"(?P<module>[A-Za-z_][\w.]*)(?::[\w.]+)?\Z")
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class ProjectError(Exception):
    """The folder holds no plugin that could be loaded; one line with the remedy."""


@dataclass(frozen=True)
class PluginProject:
    """A plugin in its folder.

    name: of the entry point. value: what it names. source: the folder that Python imports from.
    package: the folder or file of the top-level package. lacking: required distributions that are not installed.
    installed: it is installed from this very folder, so nothing needs to be pretended.
    """

    folder: Path
    name: str
    value: str
    distribution: str
    version: str
    source: Path
    package: Path
    lacking: tuple[str, ...] = ()
    installed: bool = False

    def files(self) -> Iterator[Path]:
        """Yield every file whose change the panel should see."""
        yield self.folder / "pyproject.toml"
        yield self.folder / GATEWAY_FILE
        if self.package.is_file():
            yield self.package
        elif self.package.is_dir():
            yield from _visible(self.package)

    def pretend_installed(self, place: Path) -> str:
        """Write the metadata of an installed distribution below `place`; returns the PYTHONPATH that shows it."""
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        if self.installed:
            return str(place)
        info = place / f"{re.sub(r'[-_.]+', '_', self.distribution)}-{self.version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {self.distribution}\nVersion: {self.version}\n")
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{self.name} = {self.value}\n")
        return f"{place}:{self.source}"


def read_project(folder: Path) -> PluginProject:
    """Read a plugin's project. Raises ProjectError."""
    found = _toml(folder)
    name, value = _entry_point(folder, found)
    match = _VALUE.match(value)
    if match is None:
        raise ProjectError(f'{folder}: the entry point names {value!r}: name a module, such as "billhook_{name}".')
    source, package = _package(folder, match["module"].partition(".")[0])
    project = found.get("project", {})
    distribution_name = str(project.get("name", f"billhook-{name}"))
    return PluginProject(
        folder=folder,
        name=name,
        value=value,
        distribution=distribution_name,
        version=str(project.get("version", "0")),
        source=source,
        package=package,
        lacking=_lacking(project),
        installed=_is_installed(name, package, folder),
    )


def _toml(folder: Path) -> dict[str, Any]:
    path = folder / "pyproject.toml"
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        what = "has no pyproject.toml" if folder.is_dir() else "does not exist"
        raise ProjectError(f"{folder} {what}: name the folder of a plugin's project.") from None
    except NotADirectoryError:
        raise ProjectError(f"{folder} is a file: name the folder of a plugin's project.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path}: {error}: mend it.") from None


def _entry_point(folder: Path, found: dict[str, Any]) -> tuple[str, str]:
    points = found.get("project", {}).get("entry-points", {}).get(GROUP, {})
    remedy = f'[project.entry-points."{GROUP}"]'
    if not isinstance(points, dict) or not points:
        raise ProjectError(f'{folder / "pyproject.toml"} names no plugin: add {remedy} with a line name = "module".')
    if len(points) > 1:
        raise ProjectError(f"{folder / 'pyproject.toml'} names {len(points)} plugins: keep one line under {remedy}.")
    ((name, value),) = points.items()
    return name, str(value)


def _package(folder: Path, top: str) -> tuple[Path, Path]:
    for source in (folder / "src", folder):
        for package in (source / top, source / f"{top}.py"):
            if package.is_file() or (package / "__init__.py").is_file():
                return source, package
    raise ProjectError(f"{folder}: there is no module {top}: put it to src/{top}/__init__.py.")


def _is_installed(name: str, package: Path, folder: Path) -> bool:
    """Say whether the plugin is installed from this folder. Raises ProjectError for another one of the same name."""
    for point in entry_points(group=GROUP, name=name):
        spec = find_spec(point.module.partition(".")[0])
        origin = Path(spec.origin).resolve() if spec is not None and spec.origin else None
        if origin is not None and origin.is_relative_to(package.resolve()):
            return True
        owner = point.dist.name if point.dist is not None else "another distribution"
        raise ProjectError(
            f"{folder}: {name} is the name of an installed plugin ({owner}): choose another entry point name."
        )
    return False


def _lacking(project: dict[str, Any]) -> tuple[str, ...]:
    """Return required distributions that are not installed here; environment markers are not read."""
    wanted = [str(each) for each in project.get("dependencies", []) if ";" not in str(each)]
    names = [match[0] for each in wanted if (match := _REQUIREMENT.match(each))]
    return tuple(name for name in names if not _is_there(name))


def _is_there(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _visible(folder: Path) -> Iterator[Path]:
    """Yield files, without what editors and Python keep for themselves."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name == "__pycache__" or entry.name.endswith(("~", ".pyc", ".swp")):
            continue
        if entry.is_dir():
            yield from _visible(entry)
        else:
            yield entry
