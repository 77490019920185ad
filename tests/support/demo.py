"""The whole demo in processes of its own: panel, worker, payment gateway, mailbox, hosting service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests

from devtools.run import is_free

PROJECT = Path(__file__).parents[2]
START_SECONDS = 120
STOP_SECONDS = 30
POLL_SECONDS = 0.1

Found = TypeVar("Found")


@dataclass(frozen=True)
class Demo:
    """Addresses of a running demo, without a slash at the end.

    logins: e-mail and password by role. service: the hosting company's page.
    """

    state: Path
    panel: str
    emulator: str
    mail: str
    service: str
    logins: dict[str, dict[str, str]]

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.state / 'billhook.db'}"

    def mails(self, recipient: str) -> list[dict[str, Any]]:
        """Return what arrived for an address, oldest first."""
        answer = requests.get(f"{self.mail}/api/messages", params={"to": recipient}, timeout=10)
        found: list[dict[str, Any]] = answer.json()
        return found

    def mail_about(self, recipient: str, words: str) -> dict[str, Any]:
        """Wait for a mail whose subject holds `words`, and return it."""
        return eventually(
            lambda: next((mail for mail in self.mails(recipient) if words in mail["subject"]), None),
            lambda: f"no {words!r} among {[mail['subject'] for mail in self.mails(recipient)]}",
        )

    def service_status(self, subscription: int) -> int:
        """Return the status with which the service's own page answers: 200 on, 503 off, 404 never ordered."""
        return requests.get(f"{self.service}/service/{subscription}", timeout=10).status_code


def eventually(
    look: Callable[[], Found | None],
    complaint: str | Callable[[], str],
    seconds: float = 20,
    pause: float = POLL_SECONDS,
) -> Found:
    """Look again and again until something is found; fails the test with `complaint` when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, complaint() if callable(complaint) else complaint
        time.sleep(pause)


@contextmanager
def running_demo(state: Path, *arguments: str) -> Iterator[Demo]:
    """Run the demo on a folder until it has announced itself; ends it, and whatever is left of it, afterwards."""
    log = state.with_suffix(".out")
    port = () if "--port" in arguments else ("--port", str(_own_port()))
    command = [sys.executable, "-m", "devtools.run", "--state", str(state), *port, *arguments]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=PROJECT, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True
        )
    try:
        eventually(
            lambda: process.poll() is not None or (state / "demo.json").exists(),
            "the demo does not start",
            START_SECONDS,
        )
        assert process.poll() is None, log.read_text("utf-8")
        yield _announced(state)
        assert process.poll() is None, log.read_text("utf-8")
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _own_port() -> int:
    """Return a free port that no other worker tries, of this run or one beside it: servers share ports, so two would
    both get it."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 10_000 + os.getppid() % 100 * 200 + worker % 2 * 100
    return next(port for port in range(first, first + 100) if is_free(port))


def _announced(state: Path) -> Demo:
    facts = json.loads((state / "demo.json").read_text("utf-8"))
    service = next(
        line.split()[-1] for line in state.with_suffix(".out").read_text("utf-8").splitlines() if "Services" in line
    )
    return Demo(state, facts["panel"], facts["emulator"], facts["mail"], service, facts["logins"])
