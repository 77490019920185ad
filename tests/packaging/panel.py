"""The panel as an installation runs it: commands, a server process, and a person with a browser."""

from __future__ import annotations

import http.client
import re
import sqlite3
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path

from tests.packaging.environments import Venv, clean_environment, run
from tests.support.ports import kept_port

EMAIL, PASSWORD = "operator@panel.example", "корова летит на юг"
_START_SECONDS = 60


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_given: object) -> None:
        return None


class Browser:
    """Somebody who is signed in, or not yet. Redirects are shown, not followed."""

    def __init__(self, base: str) -> None:
        self.base = base
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies, _NoRedirect)

    def get(self, path: str) -> tuple[int, str]:
        """Return status and text of a page."""
        return self._open(urllib.request.Request(self.base + path))

    def post(self, form: str, fields: Mapping[str, str], to: str = "") -> tuple[int, str]:
        """Post what a form of the page `form` would, to that page's address or to another one."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(form)[1])
        assert token is not None, f"{form} has no form"
        data = urllib.parse.urlencode({"csrf_token": unescape(token[1]), **fields}).encode()
        headers = {"Origin": self.base, "Referer": self.base + form}
        return self._open(urllib.request.Request(self.base + (to or form), data, headers))

    def sign_in(self) -> None:
        status, text = self.post("/sign-in", {"email": EMAIL, "password": PASSWORD})
        assert status == 303, text

    def _open(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()


class Panel:
    """An installation in a folder of its own, on SQLite."""

    def __init__(self, venv: Venv, folder: Path) -> None:
        folder.mkdir()
        self.venv, self.folder = venv, folder
        self.port = kept_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **clean_environment(),
            "BILLHOOK_DATABASE_URL": f"sqlite:///{folder / 'billhook.db'}",
            "BILLHOOK_KEY_FILE": str(folder / "keys.json"),
            "BILLHOOK_BASE_URL": self.base,
        }

    def command(self, *arguments: str, **more: object) -> str:
        """Run `host_stub …` and return what it prints."""
        return run([self.venv.program("host_stub"), *arguments], env=self.environment, cwd=self.folder, **more)

    def set_up(self) -> None:
        self.command("migrate")
        self.command("create-operator", EMAIL, "O. Perator", "--password-stdin", input=f"{PASSWORD}\n")

    def tables(self) -> set[str]:
        with closing(sqlite3.connect(self.folder / "billhook.db")) as database:
            return {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    @contextmanager
    def served(self) -> Iterator[Browser]:
        """Serve the panel and yield a browser that has not signed in."""
        command = [self.venv.program("host_stub"), "serve", "--port", str(self.port), "--workers", "1"]
        with (self.folder / "serve.log").open("a") as log:
            process = subprocess.Popen(command, env=self.environment, cwd=self.folder, stdout=log, stderr=log)
        try:
            browser = Browser(self.base)
            self._await(process, browser)
            yield browser
        finally:
            process.terminate()
            process.wait(30)

    def _await(self, process: subprocess.Popen[bytes], browser: Browser) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            log = (self.folder / "serve.log").read_text()
            assert process.poll() is None, log
            assert time.monotonic() < deadline, log
            try:
                browser.get("/healthz")
                return
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
