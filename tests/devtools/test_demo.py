"""`./dev run` as a newcomer gives it: everything answers, is announced, and ends together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from devtools.run import LOGINS
from tests.support.ports import kept_port

PROJECT = Path(__file__).parents[2]
START_SECONDS = 300
STOP_SECONDS = 30

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for leftovers where Linux lists processes"),
]


@contextmanager
def demo(state: Path, port: int, *verb: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """Run the demo on a folder until it has announced itself; kills its process group at the end.

    verb: of `./dev` with its own arguments; `run` if left out.
    """
    log = state.with_suffix(".out")
    command = [str(PROJECT / "dev"), *(verb or ("run",)), "--state", str(state), "--port", str(port)]
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not (state / "demo.json").exists():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield process, json.loads((state / "demo.json").read_text())
    finally:
        if group(process):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def group(process: subprocess.Popen[bytes]) -> list[str]:
    """Return the command lines of the living members of the demo's process group."""
    return [command for group_id, command in map(read_process, Path("/proc").glob("[0-9]*")) if group_id == process.pid]


def read_process(folder: Path) -> tuple[int, str]:
    """Return process group and command line; group 0 for one that has ended."""
    try:
        # Source: proc(5). The name, in parentheses, may hold anything; state, parent and group follow it.
        state, _parent, group_id = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
        command = (folder / "cmdline").read_text().replace("\0", " ")
    except OSError:
        return 0, ""
    return (0, "") if state == "Z" else (int(group_id), command)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_answers_as_announced_and_leaves_nothing_running(tmp_path: Path, stop: signal.Signals) -> None:
    port = kept_port()
    with demo(tmp_path / "state", port) as (process, told):
        pages = [requests.get(told[part], timeout=10).status_code for part in ("panel", "emulator", "mail")]
        process.send_signal(stop)
        status = process.wait(STOP_SECONDS)
        left = group(process)

    assert told["panel"] == f"http://127.0.0.1:{port}"
    assert pages == [200, 200, 200]
    assert set(told) == {"panel", "emulator", "mail", "logins"}
    assert {name: set(login) for name, login in told["logins"].items()} == {
        name: {"email", "password"} for name in LOGINS
    }
    assert (status, left) == (0, [])


def test_a_killed_demo_starts_again_with_the_same_data(tmp_path: Path) -> None:
    with demo(tmp_path / "state", kept_port()) as (process, first):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    with demo(tmp_path / "state", kept_port()) as (_, second):
        assert second["logins"] == first["logins"]
