"""The real server in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from host_stub.persistence import migrate
from tests.command_line.conftest import Installation

START_SECONDS = 60
STOP_SECONDS = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answer(url: str) -> dict[str, object]:
    with urllib.request.urlopen(url, timeout=5) as response:
        return json.load(response)


def test_the_panel_serves_and_ends_on_sigterm(tmp_path: Path, sqlite_url: str):
    installation, port = Installation(tmp_path, sqlite_url, 25), free_port()
    installation.run("migrate")
    assert not migrate.pending(sqlite_url)
    command = [sys.executable, "-m", "host_stub.cli", "serve", "--port", str(port), "--workers", "1"]
    process = subprocess.Popen(
        command,
        env={**os.environ, **installation.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < deadline
            try:
                found = answer(f"http://127.0.0.1:{port}/healthz")
                break
            except OSError:
                time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        code = process.wait(STOP_SECONDS)
    finally:
        process.kill()
        process.communicate()

    assert found == {"database": "up", "worker": "missing", "worker_age_seconds": None}
    assert code == 0
