"""What the wheels hold: everything that runs, nothing that only tests or builds."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.packaging.environments import ROOT

#: Distribution → the folder that holds its packages.
SOURCES = {
    "billhook_host": ROOT,
    "billhook": ROOT / "sdk/contract/src",
    "billhook_kit": ROOT / "sdk/kit/src",
    "billhook_check_cash": ROOT / "plugins/check_cash/src",
    "billhook_low_balance_notify": ROOT / "plugins/low_balance_notify/src",
    "billhook_paymaster": ROOT / "plugins/paymaster/src",
}
PACKAGES = {**{name: name for name in SOURCES}, "billhook_host": "host_stub"}


@pytest.mark.parametrize("distribution", SOURCES)
def test_a_wheel_holds_its_package_as_git_knows_it_and_nothing_else(
    distribution: str, wheels: Mapping[str, Path]
) -> None:
    source, package = SOURCES[distribution], PACKAGES[distribution]
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", package], cwd=source, capture_output=True, text=True, check=True
    )
    known = set(filter(None, listed.stdout.split("\0")))

    held = {name for name in names_in(wheels[distribution]) if ".dist-info/" not in name}

    assert held == known
    assert f"{package}/py.typed" in held


@pytest.mark.parametrize("distribution", SOURCES)
def test_a_wheel_brings_license_and_readme(distribution: str, wheels: Mapping[str, Path]) -> None:
    names = names_in(wheels[distribution])
    metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))

    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]
    assert "Private :: Do Not Upload" in text_in(wheels[distribution], metadata)
    assert "\n# " in text_in(wheels[distribution], metadata)


def test_every_distribution_is_under_the_same_license() -> None:
    texts = {
        (folder / "LICENSE").read_text()
        for folder in (ROOT, *(each.parent for each in ROOT.glob("*/*/pyproject.toml")))
    }

    assert len(texts) == 1


def names_in(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def text_in(wheel: Path, name: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(name).decode()
