"""Child processes that live and die together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 15
POLL_SECONDS = 0.1
TAIL_LINES = 30
# Source: prctl(2).
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


class ProcessFailed(Exception):
    """A process ended that should not have; the text holds the end of what it said."""


@dataclass
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Family:
    """Processes with one log file each, in this process's own group, so that one signal reaches all.

    If we are killed, the kernel tells the children to stop (Linux).
    """

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        self._logs = logs
        self._environment = dict(environment)
        self._children: list[_Child] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: Sequence[str], **environment: str) -> None:
        """Start a process that is meant to stay, with variables of its own."""
        self._children.append(self._spawn(name, command, environment))

    def run(self, name: str, command: Sequence[str]) -> str:
        """Run a process to its end; returns its standard output. Raises ProcessFailed when it fails."""
        child = self._spawn(name, command, {}, keep_output=True)
        self._children.append(child)
        output, _ = child.process.communicate()
        self._children.remove(child)
        if child.process.returncode:
            raise ProcessFailed(_obituary(child))
        return output.decode("utf-8", "replace")

    def check(self) -> None:
        """Raise ProcessFailed if one that is meant to stay has ended."""
        for child in self._children:
            if child.process.poll() is not None:
                raise ProcessFailed(_obituary(child))

    @property
    def pids(self) -> set[int]:
        return {child.process.pid for child in self._children}

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End all: ask, wait up to `seconds`, then kill what is left."""
        for child in self._children:
            with contextlib.suppress(ProcessLookupError):
                child.process.terminate()
        deadline = time.monotonic() + seconds
        for child in self._children:
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        self._children.clear()

    def _spawn(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], *, keep_output: bool = False
    ) -> _Child:
        log = self._logs / f"{name}.log"
        with log.open("ab") as sink:
            process = subprocess.Popen(
                command,
                env={**self._environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if keep_output else sink,
                stderr=sink,
                preexec_fn=_die_with_parent,
            )
        return _Child(name, process, log)


def _obituary(child: _Child) -> str:
    lines = child.log.read_text("utf-8", "replace").splitlines()[-TAIL_LINES:]
    ending = f"{child.name} ended with status {child.process.returncode}; the end of {child.log}:"
    return "\n".join([ending, *(f"  {line}" for line in lines)])


def _die_with_parent() -> None:
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends (Linux), so that none gets lost."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def kill_children(spared: Collection[int] = ()) -> None:
    """Kill every child of this process but the spared ones, and what is left to it then, until there is none."""
    while orphans := [child for child in _children_of(os.getpid()) if child not in spared]:
        for orphan in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan, 0)


def _children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
