"""One scrape of the real server sees two web processes and a worker."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.command_line.conftest import Installation
from tests.command_line.test_serve import START_SECONDS, STOP_SECONDS
from tests.support.ports import kept_port

TOKEN = "a-token-that-nobody-guesses"


@contextmanager
def running(installation: Installation, *command: str) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "host_stub.cli", *command],
        env={**os.environ, **installation.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def scraped(port: int) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read().decode()


def until(port: int, *lines: str) -> str:
    """Scrape until all these lines are there, and return the last answer."""
    deadline, shown = time.monotonic() + START_SECONDS, ""
    while time.monotonic() < deadline:
        try:
            shown = scraped(port)
        except OSError:
            shown = ""
        if all(line in shown for line in lines):
            return shown
        time.sleep(0.2)
    raise AssertionError(f"{lines} did not appear in:\n{shown}")


def test_one_scrape_sees_all_processes_and_what_ended_goes(tmp_path: Path, sqlite_url: str) -> None:
    installation, port = Installation(tmp_path, sqlite_url, 25), kept_port()
    installation.environment["BILLHOOK_METRICS_TOKEN"] = TOKEN
    installation.run("migrate")

    with running(installation, "serve", "--port", str(port), "--workers", "2"):
        with running(installation, "worker"):
            shown = until(port, 'billhook_processes{process="web"} 2.0', 'billhook_processes{process="worker"} 1.0')
            assert 'billhook_plugin_loaded{plugin="paymaster",process="worker"} 1.0' in shown
            assert "billhook_worker_heartbeat_seconds" in shown
        alone = until(port, 'billhook_processes{process="web"} 2.0', 'billhook_processes{process="worker"} 0.0')

    # Each process has asked the collectors once; the worker's share stays.
    counted = 'billhook_plugin_calls_total{place="billhook_payment_providers",plugin="paymaster",process="%s"} %s'
    assert counted % ("web", "2.0") in alone
    assert counted % ("worker", "1.0") in alone
