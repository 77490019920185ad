"""What the machine lacks is installed where that is possible, and said where not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from devtools import system_packages
from devtools.system_packages import Need, main


class Machine:
    """A machine whose packages are a set; installing adds to it."""

    def __init__(self, *, root: bool) -> None:
        self.installed: set[str] = set()
        self.root = root

    def need(self, package: str, *, stops: bool) -> Need:
        return Need((package,), lambda: package in self.installed, f"no {package} no fun", stops)

    def install(self, packages: Sequence[str]) -> bool:
        self.installed.update(packages)
        return True


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    fake = Machine(root=True)
    monkeypatch.setattr(system_packages, "may_install", lambda: fake.root)
    monkeypatch.setattr(system_packages, "install", fake.install)
    needs = {"pango": (fake.need("libpango", stops=True),), "chromium": (fake.need("chromium", stops=False),)}
    monkeypatch.setattr(system_packages, "NEEDS", needs)
    return fake


def test_root_gets_what_is_missing(machine: Machine) -> None:
    machine.installed.add("chromium")

    status = main(["pango", "chromium"])

    assert (status, machine.installed) == (0, {"libpango", "chromium"})


def test_without_pango_nothing_goes_on_and_the_exact_command_is_said(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.root = False

    status = main(["pango", "chromium"])

    assert status == 1
    assert "sudo apt-get install -y --no-install-recommends libpango chromium" in capsys.readouterr().err


def test_without_chromium_the_tests_go_on_and_say_what_is_skipped(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.root = False
    machine.installed.add("libpango")

    status = main(["pango", "chromium"])

    assert status == 0
    assert "no chromium no fun" in capsys.readouterr().err
