"""What `billhook new` makes passes the kit on the panel, too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from billhook_kit.scaffold import Kind, Project, write


@pytest.mark.long
@pytest.mark.parametrize("kind", list(Kind))
def test_a_new_plugin_passes_on_the_panel_as_generated(kind: Kind, tmp_path: Path) -> None:
    folder = write(Project("city_pay", kind), tmp_path)

    done = subprocess.run(
        [Path(sys.executable).with_name("billhook"), "check", ".", "--host"],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        timeout=600,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("city_pay on the installed host")
    assert " 0 failed" in done.stdout
