"""The start of the panel with the plugins that are installed, against the start with none: whole processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from host_stub.plugins.discovery import GROUP
from tests.benchmarks.ratios import alternate
from tests.support.starting import environment, started

PAIRS = 12

pytestmark = pytest.mark.bench


def test_a_start_with_three_plugins_costs_at_most_a_fifth_more_than_with_none(tmp_path: Path) -> None:
    installed = sorted(point.name for point in entry_points(group=GROUP))
    assert started(tmp_path).plugins == installed
    assert len(installed) == 3
    assert started(tmp_path, disabled=installed).plugins == []

    def start(disabled: list[str]) -> Callable[[int], Callable[[], object]]:
        command, settings = [sys.executable, "-m", "tests.support.starting"], environment(tmp_path, disabled)
        return lambda _pair: lambda: subprocess.run(command, env=settings, check=True, capture_output=True)

    result = alternate("start: three plugins / none", start([]), start(installed), PAIRS, "whole process")

    assert result.ratio <= 1.2
