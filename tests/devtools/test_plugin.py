"""`./dev plugin` as an author gives it: the plugin works, its changes show, its faults are told, all ends together."""

from __future__ import annotations

import html
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.devtools.test_demo import PROJECT, STOP_SECONDS, demo, group
from tests.support.demo import eventually
from tests.support.ports import kept_port

PLUGIN = PROJECT / "tests/platform/redirect_plugin"
RELOAD_SECONDS = 300
_HIDDEN = r'<input[^>]* name="(csrf_token|once\w*)"[^>]* value="([^"]*)"'

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for leftovers where Linux lists processes")


class Author:
    """Somebody who changes his plugin and looks at the running panel."""

    def __init__(self, folder: Path, state: Path) -> None:
        self.package = folder / "src/billhook_sim_pay"
        self._state = state

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self._state / "demo.json").read_text("utf-8"))
        return found

    @property
    def console(self) -> str:
        return self._state.with_suffix(".out").read_text("utf-8")

    def save(self, name: str, old: str, new: str) -> None:
        """Change a file and wait until the panel was started again."""
        starts = self.told["plugin"]["starts"]
        text = (self.package / name).read_text("utf-8")
        assert old in text
        (self.package / name).write_text(text.replace(old, new), "utf-8")
        eventually(lambda: self.told["plugin"]["starts"] > starts, lambda: self.console, RELOAD_SECONDS)

    def visit(self, role: str) -> Visit:
        return Visit(self.told["panel"], self.told["logins"][role])


class Visit:
    """A person's browser."""

    def __init__(self, panel: str, login: dict[str, str]) -> None:
        self._panel = panel
        self._browser = requests.Session()
        self._browser.trust_env = False
        self.post("/sign-in", "/sign-in", **login)

    def get(self, path: str) -> requests.Response:
        return self._browser.get(self._panel + path, timeout=60)

    def post(self, page: str, target: str, **fields: str) -> requests.Response:
        hidden = {name: html.unescape(value) for name, value in re.findall(_HIDDEN, self.get(page).text)}
        answer = self._browser.post(self._panel + target, data={**hidden, **fields}, timeout=60, allow_redirects=False)
        assert answer.status_code == 303, answer.text
        return answer

    def pays(self, amount: str) -> None:
        """Top up through the plugin's method and the simulator, and wait until it shows as paid."""
        home = self.get("/").url.removeprefix(self._panel).rpartition("/")[0]
        page = self.post(f"{home}/top-up", f"{home}/top-up", amount=amount).headers["Location"]
        methods = re.findall(r'name="method_id" value="(\d+)"', self.get(page).text)
        there = self.post(page, f"{page}/pay", method_id=methods[-1]).headers["Location"]
        back = requests.post(there, data={"do": "pay"}, timeout=60, allow_redirects=False).headers["Location"]
        assert self._browser.get(back, timeout=60).status_code == 200
        eventually(lambda: 'data-state="completed"' in self.get(page).text, "the payment is not shown as paid")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the plugin, far from the project."""
    place = tmp_path / "elsewhere"
    shutil.copytree(PLUGIN, place, ignore=shutil.ignore_patterns("__pycache__"))
    return place


@pytest.fixture
def author(folder: Path, tmp_path: Path) -> Iterator[Author]:
    with demo(tmp_path / "state", kept_port(), "plugin", str(folder)) as (process, _told):
        working = Author(folder, tmp_path / "state")
        yield working
        process.send_signal(signal.SIGINT)
        status, left = process.wait(STOP_SECONDS), group(process)
    assert (status, left) == (0, []), working.console
    assert working.console.endswith("Stopped.\n")


@linux
@pytest.mark.long
def test_an_author_pays_changes_breaks_and_mends_his_plugin(author: Author) -> None:
    assert author.told["plugin"]["method"] == "Имитатор шлюза"
    assert author.told["simulator"]["url"] in author.console
    assert author.told["simulator"]["secret"] in author.console
    person = author.visit("person")
    person.pays("321,50")

    author.save("locale/ru/sim_pay.po", "Имитатор шлюза", "Другой шлюз")
    assert "Другой шлюз" in author.visit("reseller").get("/reseller/methods").text

    author.save("wire.py", "def sign(", "def sign(:")
    assert "src/billhook_sim_pay/wire.py:28: SyntaxError: invalid syntax" in author.console
    banner = author.visit("operator").get("/admin/plugins").text
    assert "sim_pay" in banner
    assert "SyntaxError" in banner

    author.save("wire.py", "def sign(:", "def sign(")
    assert author.told["plugin"]["fault"] == ""
    person.pays("20")


@pytest.mark.parametrize("path", ["absent", "."])
def test_a_folder_without_a_plugin_is_refused_in_one_line(tmp_path: Path, path: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "devtools.plugin", str(tmp_path / path), "--state", str(tmp_path / "state")],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"[^\n]*: name the folder of a plugin's project\.\n", done.stderr)
    assert not (tmp_path / "state").exists()
