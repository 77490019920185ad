"""What a production environment is made of: locked, known by hashes, and listed for a scanner."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LOCK = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
OURS = sorted((ROOT / "pyproject.toml", *ROOT.glob("sdk/*/pyproject.toml"), *ROOT.glob("plugins/*/pyproject.toml")))


def locked() -> dict[str, str]:
    return {package["name"]: package["version"] for package in LOCK}


def test_every_locked_package_is_known_by_its_hash() -> None:
    from_elsewhere = [package for package in LOCK if "editable" not in package["source"]]
    files = [
        (package["name"], file.get("hash", ""))
        for package in from_elsewhere
        for file in (*package.get("wheels", ()), *filter(None, [package.get("sdist")]))
    ]

    assert {name for name, _hash in files} == {package["name"] for package in from_elsewhere}
    assert [name for name, sum_ in files if not sum_.startswith("sha256:")] == []


@pytest.mark.parametrize("project", OURS, ids=lambda path: path.parent.name)
def test_whatever_a_package_of_ours_needs_is_locked(project: Path) -> None:
    about = tomllib.loads(project.read_text("utf-8"))["project"]
    (entry,) = [package for package in LOCK if package["name"] == about["name"]]
    needed = [each for each in entry["metadata"]["requires-dist"] if "extra ==" not in each.get("marker", "")]

    assert sorted(map(written, needed)) == sorted(text.replace(" ", "") for text in about["dependencies"])
    assert {each["name"] for each in needed} <= set(locked())


def written(need: dict[str, Any]) -> str:
    """Return what the lock says of a dependency as a project writes it."""
    extras = f"[{','.join(need['extras'])}]" if "extras" in need else ""
    return f"{need['name']}{extras}{need.get('specifier', '')}"


def test_an_installation_takes_what_is_locked() -> None:
    page = (ROOT / "docs/install.md").read_text("utf-8")
    commands = re.findall(r"fetch_uv\.py\)\" sync (?:.*\\\n)?.*", page)

    assert len(commands) >= 2
    assert [command for command in commands if not {"--locked", "--no-dev"} <= set(command.split())] == []


def test_the_bill_of_materials_lists_what_a_production_environment_is_made_of() -> None:
    printed = subprocess.run([ROOT / "dev", "sbom"], capture_output=True, text=True, check=True).stdout
    bill: dict[str, Any] = json.loads(printed)
    listed = {component["name"]: component["version"] for component in bill["components"]}

    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert {"flask", "sqlalchemy", "weasyprint", "cryptography", "billhook", "billhook-paymaster"} <= set(listed)
    assert {"pytest", "playwright", "ruff", "billhook-kit"} & set(listed) == set()
    assert {name for name, version in listed.items() if locked().get(name) != version} == set()
