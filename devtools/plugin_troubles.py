"""What went wrong in a plugin while the panel ran: read from the panel's logs, a line for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

#: What the panel's text log says before the traceback of an exception in a plugin, and of a call that failed.
_RAISED: Final = re.compile(r"plugin failed\s.*\bplace=(\S+)")
_FAILED: Final = re.compile(r"(start|status query) failed\s+(.*\berror=.*)")
_FRAME: Final = re.compile(r'  File "(.+)", line (\d+), in ')
_ERROR: Final = re.compile(r"[A-Za-z_][\w.]*(:|$)")
_BEGINNING: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]")
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")


class Troubles:
    """Follows log files from where they end now.

    folder: of the plugin's project; what is raised is placed at its innermost line there.
    """

    def __init__(self, logs: Sequence[Path], folder: Path) -> None:
        self._read = {log: log.stat().st_size if log.is_file() else 0 for log in logs}
        self._folder = folder.resolve()

    def news(self) -> list[str]:
        """Return what was logged since the last question: `place: file:line: error`."""
        return [line for log in self._read for line in told(self._fresh(log), self._folder)]

    def _fresh(self, log: Path) -> list[str]:
        if not log.is_file():
            return []
        with log.open("rb") as file:
            file.seek(self._read[log])
            whole = file.read()
        # A line that is still being written is read the next time.
        whole = whole[: whole.rfind(b"\n") + 1]
        self._read[log] += len(whole)
        return whole.decode("utf-8", "replace").splitlines()


def told(lines: Sequence[str], folder: Path) -> Iterator[str]:
    """Yield a line for each trouble among log lines."""
    plain = [_COLOURS.sub("", line) for line in lines]
    for number, line in enumerate(plain):
        failed, raised = _FAILED.search(line), _RAISED.search(line)
        if failed:
            yield f"{failed.group(1)} failed: {failed.group(2)}"
        elif raised:
            yield f"{raised.group(1)}: {_innermost(plain[number + 1 :], folder)}"


def _innermost(lines: Sequence[str], folder: Path) -> str:
    """Return `file:line: error` of the traceback that begins there."""
    place, error = "", "it raised"
    for line in lines:
        frame = _FRAME.match(line)
        if frame and Path(frame.group(1)).resolve().is_relative_to(folder):
            place = f"{Path(frame.group(1)).resolve().relative_to(folder)}:{frame.group(2)}: "
        elif _BEGINNING.match(line):
            break
        elif not line.startswith((" ", "Traceback")) and _ERROR.match(line):
            error = line
    return place + error
