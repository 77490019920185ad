"""What a start does not pay for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.starting import ROOT, started

#: Of use to a child, a command, a scrape or a developer, and to nobody at the start of the panel.
HEAVY = {
    "weasyprint": "draws documents, in a child",
    "liquid": "fills templates, in that child",
    "fontTools": "for that child",
    "alembic": "migrates, on command",
    "prometheus_client": "writes figures, at the first scrape",
    "granian": "the server, which is there before the panel",
    "psycopg": "for an installation on PostgreSQL",
    "requests": "for a plugin's first question to its gateway",
    "billhook_kit": "for authors",
    "host_stub.demo": "for developers",
    "host_stub.conformance": "for authors",
    "pytest": "for developers",
}


def test_a_started_panel_with_all_plugins_has_imported_nothing_heavy(tmp_path: Path) -> None:
    panel = started(tmp_path)

    assert panel.plugins == ["check_cash", "low_balance_notify", "paymaster"]
    assert "flask" in panel.modules
    assert [name for name in HEAVY if name in panel.modules] == []


@pytest.mark.parametrize(
    "code",
    [
        "import host_stub.worker, host_stub.plugins.reporting",
        "import billhook, billhook.host.sql, billhook.host.loading",
    ],
)
def test_only_a_scrape_imports_the_library_that_writes_figures(code: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print('prometheus_client' in sys.modules)"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )

    assert answer.stdout.strip() == "False"
