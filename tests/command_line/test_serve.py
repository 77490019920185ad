"""The real server in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import HTTPError

import pytest

from host_stub.persistence import migrate, open_store
from tests.command_line.conftest import Installation
from tests.support.ports import kept_port
from tests.support.world import a_method, a_reseller

START_SECONDS = 60
STOP_SECONDS = 20


def answer(url: str) -> dict[str, object]:
    with urllib.request.urlopen(url, timeout=5) as response:
        return json.load(response)


@contextmanager
def serving(
    installation: Installation, *options: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start the server in one process. Yields it, and its address, as soon as it answers."""
    port, log = kept_port(), installation.folder / "serve.log"
    command = [sys.executable, "-m", "host_stub.cli", "serve", "--port", str(port), "--workers", "1", *options]
    # Not a pipe: nobody would read it, and a server that cannot write its log stands still.
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, **installation.environment, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            try:
                answer(f"http://127.0.0.1:{port}/healthz")
                break
            except OSError:
                time.sleep(0.1)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def test_the_panel_serves_and_ends_on_sigterm(tmp_path: Path, sqlite_url: str):
    installation = Installation(tmp_path, sqlite_url, 25)
    installation.run("migrate")
    assert not migrate.pending(sqlite_url)

    with serving(installation, BILLHOOK_DISK_LOW_MB="0", BILLHOOK_DISK_FULL_MB="0") as (process, address):
        found = answer(f"{address}/healthz")
        process.send_signal(signal.SIGTERM)
        code = process.wait(STOP_SECONDS)

    besides = {"disk": "ok", "keys": "ok"}
    assert found == {"database": "up", "worker": "missing", "worker_age_seconds": None, **besides}
    assert code == 0


SLUGGISH = """
import time
from billhook import Answer, BadSignature, HearsNotifications, PaymentProvider, Redirect, hookimpl

class Sluggish(PaymentProvider, HearsNotifications):
    name = title = "sluggish"
    starts = (Redirect,)
    notifications = ("notify",)

    def start(self, request):
        return Redirect("https://gateway.example/")

    def verify(self, request, method):
        time.sleep(1.7)
        raise BadSignature("never")

    def parse(self, request, method):
        return []

    def acknowledge(self, judged):
        return Answer()

@hookimpl
def billhook_payment_providers():
    return [Sluggish]
"""


@pytest.mark.long
def test_strangers_who_keep_a_slow_plugin_busy_do_not_slow_the_other_requests(tmp_path: Path, sqlite_url: str):
    info = tmp_path / "site/billhook_sluggish-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: billhook-sluggish\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("[billhook.plugins]\nsluggish = billhook_sluggish\n", "utf-8")
    (tmp_path / "site/billhook_sluggish.py").write_text(SLUGGISH, "utf-8")
    installation = Installation(tmp_path, sqlite_url, 25)
    installation.run("migrate")
    with closing(open_store(sqlite_url)) as store, store.write() as session:
        method_id = a_method(session, a_reseller(session), "sluggish").id
    heard: Counter[int] = Counter()
    enough = threading.Event()

    def press(address: str) -> None:
        while not enough.is_set():
            heard[status(f"{address}/plugin/sluggish/method/{method_id}/notify")] += 1

    with serving(installation, PYTHONPATH=str(tmp_path / "site")) as (_process, address):
        strangers = [threading.Thread(target=press, args=(address,)) for _ in range(30)]
        for stranger in strangers:
            stranger.start()
        time.sleep(2)
        took = []
        for _ in range(20):
            began = time.monotonic()
            answer(f"{address}/healthz")
            took.append(time.monotonic() - began)
        enough.set()
        for stranger in strangers:
            stranger.join()

    assert {403, 503} == set(heard)
    assert statistics.median(took) < 0.5, took


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, b"a=1"), timeout=30) as response:
            return response.status
    except HTTPError as error:
        return error.code
