"""Nothing but the wheels of host and contract: the panel runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.packaging.environments import Venv, Workshop
from tests.packaging.panel import Panel

BUNDLED = ("check_cash", "low_balance_notify", "paymaster")


@pytest.fixture(scope="session")
def bare(workshop: Workshop, wheels: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Venv:
    """An environment with the wheels of host and contract."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    return workshop.environment(folder, wheels["billhook"], wheels["billhook_host"])


def test_the_panel_runs_with_the_wheels_of_host_and_contract_alone(bare: Venv, tmp_path: Path) -> None:
    panel = Panel(bare, tmp_path / "panel")
    panel.set_up()
    listed = panel.command("plugin", "list")

    with panel.served() as browser:
        status, text = browser.get("/healthz")
        browser.sign_in()
        home = browser.get("/admin/")
        methods = browser.get("/reseller/methods/new")

    assert (status, json.loads(text)["database"]) == (200, "up")
    assert (home[0], methods[0]) == (200, 200)
    assert not [name for name in BUNDLED if name in listed]
    assert "/reseller/methods/new/" not in methods[1]
