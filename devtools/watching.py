"""Notice changed files by looking again: no dependency, and it works on every file system."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

#: An editor that saves several files is through when nothing changed for so long.
QUIET_SECONDS = 0.2

Stamp = tuple[int, int]


class Watch:
    """Remembers how files looked. files: names them anew at each look, since they come and go."""

    def __init__(self, files: Callable[[], Iterable[Path]]) -> None:
        self._files = files
        self._seen = self._look()

    def changes(self) -> list[Path]:
        """Return what was changed, made or deleted since the last call that returned something.

        Waits for a short quiet. The bytecode of changed files is deleted: Python compares whole seconds and sizes only.
        """
        before, now = self._seen, self._look()
        if now == before:
            return []
        while True:
            time.sleep(QUIET_SECONDS)
            latest = self._look()
            if latest == now:
                break
            now = latest
        self._seen = now
        changed = sorted(path for path in {*before, *now} if before.get(path) != now.get(path))
        for path in changed:
            _forget_bytecode(path)
        return changed

    def _look(self) -> Mapping[Path, Stamp]:
        seen = {}
        for path in self._files():
            try:
                status = path.stat()
            except OSError:
                continue
            seen[path] = status.st_mtime_ns, status.st_size
        return seen


def _forget_bytecode(path: Path) -> None:
    if path.suffix == ".py":
        Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
