"""Plugins and their tests know no host: they are loaded with it absent. That the tests pass, too, is a long proof."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WITHOUT_HOST = ROOT / "sdk/tests/without_host.py"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, WITHOUT_HOST, "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=300)


def test_every_plugin_and_its_tests_can_be_imported_with_the_host_absent() -> None:
    folders = sorted((ROOT / "plugins").glob("*/tests"))

    done = run("--collect-only", *folders)

    assert done.returncode == 0, done.stdout + done.stderr
    for folder in folders:
        assert f"{folder.relative_to(ROOT)}/" in done.stdout


def test_one_that_reaches_for_the_host_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "test_reach.py").write_text("import host_stub\n")

    assert "No module named 'host_stub'" in run("--collect-only", tmp_path).stdout
