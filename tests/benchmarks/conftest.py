"""Prints the table of ratios at the end of `./dev bench`."""

from __future__ import annotations

import pytest

from tests.benchmarks.ratios import HEADING, TABLE


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TABLE:
        terminalreporter.section("benchmarks: ratios to a bare baseline")
        terminalreporter.write_line(HEADING)
        for row in TABLE:
            terminalreporter.write_line(str(row))
