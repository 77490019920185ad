"""The command line on a folder of its own: settings by environment, as in use."""

from __future__ import annotations

import socketserver
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from host_stub import cli
from tests.platform.ledger_notes import Site


class Installation:
    """Runs commands of one installation."""

    def __init__(self, folder: Path, url: str, smtp_port: int) -> None:
        self.folder, self.url = folder, url
        self.key_file = folder / "keys.json"
        self.environment = {
            "BILLHOOK_DATABASE_URL": url,
            "BILLHOOK_KEY_FILE": str(self.key_file),
            "BILLHOOK_BASE_URL": "https://panel.example",
            "BILLHOOK_SMTP_PORT": str(smtp_port),
        }

    def run(self, *arguments: str, **more: object) -> Result:
        return CliRunner().invoke(cli.cli, arguments, env=self.environment, **more)

    def elsewhere(self, name: str, url: str) -> Installation:
        folder = self.folder / name
        folder.mkdir()
        return Installation(folder, url, int(self.environment["BILLHOOK_SMTP_PORT"]))


class Greeting(socketserver.StreamRequestHandler):
    """As much of a mail server as the doctor asks for."""

    def handle(self) -> None:
        self.wfile.write(b"220 mail.example\r\n")
        while line := self.rfile.readline():
            self.wfile.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 mail.example\r\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An empty folder of packages on the path; what was installed there is gone afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    built = Site(folder, monkeypatch)
    yield built
    built.uninstall()


@pytest.fixture
def smtp_port():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Greeting) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def installation(tmp_path: Path, databases, smtp_port: int):
    url = databases.empty()
    yield Installation(tmp_path, url, smtp_port)
    databases.discard(url)
