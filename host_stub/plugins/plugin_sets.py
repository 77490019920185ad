"""Which plugins each process runs with, compared with what is installed: who has to be restarted, and why."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from host_stub.plugins import discovery

#: What is installed is looked up at most so often.
SECONDS: Final = 60.0
WEB: Final = "web"


class Change(StrEnum):
    """What happened to a plugin since a process started."""

    INSTALLED = "installed"
    CHANGED = "changed"  # another version
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Difference:
    """A plugin that a process has otherwise than it is installed; versions, empty for «not there»."""

    plugin: str
    change: Change
    running: str
    installed: str

    def __str__(self) -> str:
        match self.change:
            case Change.INSTALLED:
                return f"{self.plugin} {self.installed} was installed"
            case Change.REMOVED:
                return f"{self.plugin} {self.running} was removed"
            case Change.CHANGED:
                return f"{self.plugin} {self.running} runs, {self.installed} is installed"


@dataclass(frozen=True, slots=True)
class Outdated:
    """A process that must be restarted. process: `web`, or a worker's name."""

    process: str
    differences: tuple[Difference, ...]


def differences(running: Mapping[str, str], installed: Mapping[str, str]) -> Iterator[Difference]:
    """Yield what a process has otherwise than it is installed."""
    for name in sorted({*running, *installed}):
        if name not in running:
            yield Difference(name, Change.INSTALLED, "", installed[name])
        elif name not in installed:
            yield Difference(name, Change.REMOVED, running[name], "")
        elif running[name] != installed[name]:
            yield Difference(name, Change.CHANGED, running[name], installed[name])


def outdated(running: Mapping[str, Mapping[str, str] | None], installed: Mapping[str, str]) -> list[Outdated]:
    """Return the processes that run with other plugins than are installed. A process without a set tells nothing."""
    found = ((process, tuple(differences(its, installed))) for process, its in running.items() if its is not None)
    return [Outdated(process, changes) for process, changes in found if changes]


class InstalledPlugins:
    """What is installed, remembered for a while. disabled: what no process loads. For many threads."""

    def __init__(
        self,
        disabled: Collection[str] = (),
        look: Callable[[Collection[str]], dict[str, str]] = discovery.versions,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._disabled, self._look, self._clock = disabled, look, clock
        self._lock = threading.Lock()
        self._known: tuple[float, dict[str, str]] | None = None

    def versions(self) -> Mapping[str, str]:
        """Return name → version, at most a minute old."""
        with self._lock:
            at = self._clock()
            if self._known is None or at - self._known[0] > SECONDS:
                self._known = (at, self._look(self._disabled))
            return self._known[1]
