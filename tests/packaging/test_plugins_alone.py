"""Each plugin's wheel beside the wheel of the contract, and no panel anywhere: its own tests pass."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from billhook_kit.scaffold import Kind, Project, write

from tests.packaging.environments import ROOT, Venv, Workshop, run


@pytest.fixture(scope="module")
def contract_alone(workshop: Workshop, wheels: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Venv:
    """An environment with the wheel of the contract, and what its extra for tests brings."""
    return workshop.environment(
        tmp_path_factory.mktemp("contract") / "venv", wheels["billhook"], wheels["billhook_kit"]
    )


@pytest.mark.parametrize("name", ["check_cash", "low_balance_notify", "paymaster"])
def test_a_plugins_tests_and_the_kit_pass_where_no_host_is_installed(
    name: str, workshop: Workshop, wheels: Mapping[str, Path], tmp_path: Path
) -> None:
    venv = workshop.environment(
        tmp_path / "venv", wheels["billhook"], wheels["billhook_kit"], f"{wheels[f'billhook_{name}']}[testing]"
    )
    tests = shutil.copytree(ROOT / "plugins" / name / "tests", tmp_path / "work/tests")

    options = ("--import-mode=importlib", "-W", "error", "-p", "no:cacheprovider", f"--billhook={name}")
    said = run([venv.program("python"), "-m", "pytest", "-q", *options, tests], cwd=tmp_path / "work")

    assert not venv.can_import("host_stub", tmp_path)
    assert " passed" in said
    assert "replay" in run([venv.program("billhook"), "check", name], cwd=tmp_path / "work")


@pytest.mark.parametrize("kind", list(Kind))
def test_a_new_plugin_passes_as_generated_where_only_the_contract_is_installed(
    kind: Kind, contract_alone: Venv, tmp_path: Path
) -> None:
    run([contract_alone.program("billhook"), "new", "city_pay", "--kind", kind.value], cwd=tmp_path)
    project = tmp_path / "billhook-city-pay"

    tests = run([contract_alone.program("python"), "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=project)
    report = run([contract_alone.program("billhook"), "check", "."], cwd=project)

    assert not contract_alone.can_import("host_stub", tmp_path)
    assert " passed" in tests
    assert " 0 failed" in report


@pytest.mark.parametrize("kind", list(Kind))
def test_the_wheel_of_a_new_plugin_holds_what_was_generated(kind: Kind, workshop: Workshop, tmp_path: Path) -> None:
    project = write(Project("city_pay", kind), tmp_path)
    generated = {
        path.relative_to(project / "src").as_posix() for path in (project / "src").rglob("*") if path.is_file()
    }

    (wheel,) = workshop.build(project, tmp_path / "wheels").values()

    with zipfile.ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if ".dist-info/" not in name} == generated
