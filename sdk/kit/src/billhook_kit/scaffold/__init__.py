"""The project of a new plugin, made from templates: ordinary files with `@name@` and the like in path and text.

`common` goes into every project, `payments` into those that take payments, and the folder of a kind into that one.
Every template ends in `.in`, so that no tool takes it for what it is to become. What is made passes the conformance kit
as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from billhook.errors import BillhookError, PluginError
from billhook.host.loading import check_name

_TOKEN: Final = re.compile(r"@([A-Za-z]+)@")
_SUFFIX: Final = ".in"


class Kind(StrEnum):
    """What a new plugin does."""

    REDIRECT = "redirect"
    INSTRUCTIONS = "instructions"
    NOTIFICATION = "notification"


_FOLDERS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.REDIRECT: ("common", "payments", "redirect"),
    Kind.INSTRUCTIONS: ("common", "payments", "instructions"),
    Kind.NOTIFICATION: ("common", "notification"),
}


class FolderExists(BillhookError):
    """The project's folder is there already; nothing was written."""


@dataclass(frozen=True, slots=True)
class Project:
    """A plugin that is to be made. name: its entry point's name. Raises PluginError for one that can't be."""

    name: str
    kind: Kind

    def __post_init__(self) -> None:
        _check(self.name)

    @property
    def distribution(self) -> str:
        """Name of the distribution, and of the project's folder."""
        return f"billhook-{self.name.replace('_', '-')}"

    @property
    def package(self) -> str:
        """Import name."""
        return f"billhook_{self.name}"

    @property
    def title(self) -> str:
        """What people read until the author says it better."""
        return self.name.replace("_", " ").strip().capitalize()

    @property
    def words(self) -> Mapping[str, str]:
        """What stands between two @ in the templates."""
        return {
            "name": self.name,
            "package": self.package,
            "project": self.distribution,
            "title": self.title,
            "Class": "".join(part.capitalize() for part in self.name.split("_")),
        }


def files_of(project: Project) -> Mapping[str, str]:
    """Return the project's files: text by path, relative to its folder, with `/`."""
    root = files("billhook_kit.scaffold")
    found: dict[str, str] = {}
    for folder in _FOLDERS[project.kind]:
        found.update(_read(root / folder))
    return {_filled(path, project): _filled(text, project) for path, text in sorted(found.items())}


def write(project: Project, into: Path) -> Path:
    """Write the project into a new folder below `into` and return that folder. Raises FolderExists, OSError."""
    folder = into / project.distribution
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise FolderExists(f"{folder} is there already, and nothing is overwritten") from None
    for path, text in files_of(project).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8", newline="\n")
    return folder


def _check(name: str) -> None:
    """Apply the rules of loading, and those that only a distribution of one's own meets. Raises PluginError."""
    try:
        check_name(name)
    except PluginError as error:
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_0123456789")
        remedy = f"{error.remedy} {plain} would do." if plain and plain != name else error.remedy
        raise PluginError(name, error.why, remedy) from error
    if name.endswith("_") or "__" in name:
        raise PluginError(name, "it has an underscore at its end or two in a row", "Part words by one underscore.")
    if any(entry_points(group="billhook.plugins", name=name)):
        raise PluginError(name, "a plugin of that name is installed here", "Choose another, or uninstall that one.")


def _read(folder: Traversable, above: str = "") -> Mapping[str, str]:
    found: dict[str, str] = {}
    for entry in folder.iterdir():
        if entry.is_dir():
            found.update(_read(entry, f"{above}{entry.name}/"))
        elif entry.name.endswith(_SUFFIX):
            # A real .gitignore would hide the templates beside it from git and from the wheel.
            path = f"{above}{entry.name.removesuffix(_SUFFIX)}".replace("dot-", ".")
            found[path] = entry.read_text("utf-8")
    return found


def _filled(text: str, project: Project) -> str:
    return _TOKEN.sub(lambda found: project.words[found[1]], text)
