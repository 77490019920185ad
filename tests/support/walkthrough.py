"""Follow a page for authors: write the files it shows, run the commands it shows, compare what they print.

A block of code is one of these, told by the line above it:

* "`path`:" – the file, whole;
* "Add to the end of `path`:" – more of it;
* "In `path`:" and a `diff` – lines to take out and to put in;
* a `console` block – commands after `$ `, each with what it prints; a line `…` stands for any lines, `…` inside one for
  any text.

A page with a block that is none of these can't be followed.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from typing import Final

#: Commands that serve until somebody ends them.
SERVERS: Final = ("billhook simulator", '"$CHECKOUT/dev" plugin')
_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
_ABOVE: Final = re.compile(r"(?:(Add to the end of|In) )?`([^`]+)`:\n\n\Z")
#: A whole panel, or one for each check, takes its time on a busy machine.
_PATIENCE_SECONDS: Final = 600


class CannotFollow(AssertionError):
    """The page asks for something that does not work, or prints otherwise than it says."""


@dataclass(frozen=True, slots=True)
class Write:
    """Make a file."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Append:
    """Add to a file."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Patch:
    """Change lines of a file."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Run:
    """Run a command. expected: what it prints, as the page shows it."""

    command: str
    expected: str


Step = Write | Append | Patch | Run


def steps(page: str) -> Iterator[Step]:
    """Yield what a page tells its reader to do, in order. Raises CannotFollow."""
    for block in _BLOCK.finditer(page):
        language, text = block.groups()
        above = _ABOVE.search(page[: block.start()])
        if language == "console":
            yield from _commands(text)
        elif above is None:
            raise CannotFollow(f"nothing says where this belongs:\n{text}")
        elif language == "diff":
            yield Patch(above.group(2), text)
        else:
            yield (Append if above.group(1) else Write)(above.group(2), text)


def _commands(text: str) -> Iterator[Run]:
    if not text.startswith("$ "):
        raise CannotFollow(f"a console without a command:\n{text}")
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _newline, expected = part.partition("\n")
        yield Run(command, expected)


class Follower:
    """Follows a page as its reader would.

    place: the present folder. home: what `~` stands for. path: where commands are found, first.
    for_servers: added to a command that serves, so that its files stay in a folder of the test.
    """

    def __init__(self, place: Path, home: Path, path: Path, for_servers: str = "") -> None:
        self.place = place
        self._for_servers = for_servers
        self.environment = {**os.environ, "HOME": str(home), "PATH": f"{path}:{os.environ['PATH']}", "COLUMNS": "80"}

    def follow(self, step: Step) -> None:
        """Carry a step out. Raises CannotFollow."""
        match step:
            case Write(path, text):
                (self.place / path).parent.mkdir(parents=True, exist_ok=True)
                (self.place / path).write_text(text, "utf-8")
            case Append(path, text):
                self._append(self.place / path, text)
            case Patch(path, text):
                target = self.place / path
                target.write_text(patched(target.read_text("utf-8"), text), "utf-8")
            case Run(command, expected):
                self._run(command, expected)

    def _append(self, target: Path, text: str) -> None:
        between = "\n\n" if target.suffix == ".py" and not text.startswith(" ") else "\n"
        with target.open("a", encoding="utf-8") as file:
            file.write(between + text)

    def _run(self, command: str, expected: str) -> None:
        if command.startswith(SERVERS):
            self._serve(command, expected)
            return
        with TemporaryDirectory() as left:
            script = f"{command}\nstatus=$?; pwd > {left}/place; env -0 > {left}/variables; exit $status"
            done = self._bash(script)
            self.place = Path((Path(left) / "place").read_text("utf-8").removesuffix("\n"))
            variables = (Path(left) / "variables").read_text("utf-8").split("\0")
        self.environment = dict(each.split("=", 1) for each in variables if each)
        _compare(command, done.stdout, expected)
        if (done.returncode != 0) != _fails(expected):
            raise CannotFollow(f"{command} ended with {done.returncode}:\n{done.stdout}")

    def _bash(self, script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", script],
            cwd=self.place,
            env=self.environment,
            timeout=_PATIENCE_SECONDS,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _serve(self, command: str, expected: str) -> None:
        """Start a server, wait until it printed what the page shows, and end it with Ctrl-C."""
        served = subprocess.Popen(
            ["bash", "-c", f"exec {command} {self._for_servers}"],
            cwd=self.place,
            env=self.environment,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        # Only the server itself is told, as it ends what it has started.
        enough = Timer(_PATIENCE_SECONDS, served.send_signal, (signal.SIGINT,))
        enough.start()
        try:
            _wait_for(served, expected)
        finally:
            enough.cancel()
            served.send_signal(signal.SIGINT)
            served.communicate(timeout=_PATIENCE_SECONDS)


def _wait_for(served: subprocess.Popen[str], expected: str) -> None:
    assert served.stdout is not None
    printed = ""
    for line in served.stdout:
        printed += line
        if re.fullmatch(_pattern(expected), printed):
            return
    raise CannotFollow(f"it printed\n{printed}\nand not\n{expected}")


def patched(text: str, diff: str) -> str:
    """Return a text with a change made. Raises CannotFollow unless the old lines stand there exactly once."""
    lines = [line.removesuffix("\n") for line in diff.splitlines(keepends=True)]
    old = "\n".join(line[1:] for line in lines if not line.startswith("+"))
    new = "\n".join(line[1:] for line in lines if not line.startswith("-"))
    found = len(re.findall(rf"^{re.escape(old)}$", text, flags=re.M))
    if found != 1:
        raise CannotFollow(f"these lines stand in the file {found} times, not once:\n{old}")
    return re.sub(rf"^{re.escape(old)}$", lambda _match: new, text, flags=re.M)


def _fails(expected: str) -> bool:
    return re.search(r"^failed  ", expected, flags=re.M) is not None


def _compare(command: str, printed: str, expected: str) -> None:
    if expected.strip() and not re.fullmatch(_pattern(expected), printed):
        raise CannotFollow(f"{command} printed\n{printed}\nand not\n{expected}")


def _pattern(expected: str) -> str:
    lines = [
        r"(?:.*\n)*?" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + r"[ ]*\n"
        for line in expected.strip("\n").split("\n")
    ]
    return "".join(lines) + r"\n*"
