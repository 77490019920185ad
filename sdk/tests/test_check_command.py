"""`billhook check` and `pytest --billhook`: what an author sees."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from billhook_kit.cli import main
from billhook_kit.kit import all_checks

MUTANTS = Path(__file__).parent / "mutants"
HONEST = ["--gateway", str(MUTANTS / "honest_gateway.py")]


def test_a_plugin_without_fault_is_reported_with_exit_code_0(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check", str(MUTANTS / "mutant_parallel_database.py"), *HONEST])

    report = capsys.readouterr().out
    assert code == 0
    assert "ok      replay            A repeated notification credits once" in report
    assert "FakeHost has no database: run it with --host" in report
    assert f"{len(all_checks())} checks:" in report
    assert "0 failed" in report


def test_a_fault_is_reported_with_what_was_found_and_what_to_change(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check", str(MUTANTS / "mutant_replay.py"), *HONEST])

    report = capsys.readouterr().out
    assert code == 1
    assert "failed  replay" in report
    assert "found:   the second answer differs" in report
    assert "to mend: Take external_id and signed_digest from signed fields only" in report


def test_some_checks_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check", str(MUTANTS / "mutant_replay.py"), "--only", "load,tamper", *HONEST])

    assert code == 0
    assert "2 checks: 2 ok" in capsys.readouterr().out


@pytest.mark.parametrize("given", [["no-such-plugin"], [str(MUTANTS / "mutant_replay.py"), "--only", "no-such-check"]])
def test_what_cannot_be_found_is_said_with_exit_code_2(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *given]) == 2
    assert "no-such" in capsys.readouterr().err


def test_a_project_is_found_by_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text('[project.entry-points."billhook.plugins"]\nfolder_shop = "its_module"\n')
    (tmp_path / "src").mkdir()
    (tmp_path / "src/its_module.py").write_text((MUTANTS / "mutant_load.py").read_text().replace("ballance", "balance"))

    code = main(["check", str(tmp_path), "--only", "load"])

    report = capsys.readouterr().out
    assert report.startswith("folder_shop on FakeHost")
    assert "1 check: 1 ok" in report
    assert code == 0


def test_pytest_collects_one_test_per_check(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    plugin = str(MUTANTS / "mutant_replay.py")

    done = subprocess.run(
        [*command, "--billhook", plugin, "--billhook-gateway", HONEST[1]],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert "::billhook[mutant_replay]::replay" in done.stdout
    assert "To mend it: Take external_id" in done.stdout
    passed = len(all_checks()) - 1 - 11
    assert f"1 failed, {passed} passed, 11 skipped" in done.stdout


def test_the_contract_is_imported_without_what_only_tests_need() -> None:
    unwanted = "{'billhook.host', 'jinja2', 'pytest', 'requests'}"
    script = f"import sys, billhook; print([m for m in sys.modules if m in {unwanted}])"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_folder_without_a_project_is_no_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["check", "."]) == 2
    assert f"no pyproject.toml in {tmp_path}; go to the plugin's folder" in capsys.readouterr().err


def test_who_stops_reading_the_report_sees_no_traceback() -> None:
    command = (
        f"{sys.executable} -m billhook_kit.cli check {MUTANTS / 'mutant_replay.py'} {' '.join(HONEST)} --verbose | true"
    )

    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=120)

    assert done.stderr == ""
