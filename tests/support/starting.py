"""The panel built in a process of its own, as a server builds it, which tells what it has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Started:
    """plugins: that are loaded. modules: all that the process has imported."""

    plugins: list[str]
    modules: list[str]


def environment(folder: Path, disabled: Sequence[str] = ()) -> dict[str, str]:
    """Return the settings of an installation in a folder; its database is not asked by a start."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("BILLHOOK_", "PYTEST_"))}
    return {
        **inherited,
        "PYTHONPATH": str(ROOT),
        "BILLHOOK_DATABASE_URL": f"sqlite:///{folder}/billhook.db",
        "BILLHOOK_KEY_FILE": str(folder / "keys.json"),
        "BILLHOOK_DISABLED_PLUGINS": ",".join(disabled),
    }


def started(folder: Path, disabled: Sequence[str] = ()) -> Started:
    """Start the panel and return what it has; makes its keys if there are none."""
    from host_stub.adapters.keys import create_key_file

    settings = environment(folder, disabled)
    if not Path(settings["BILLHOOK_KEY_FILE"]).exists():
        create_key_file(Path(settings["BILLHOOK_KEY_FILE"]))
    answer = subprocess.run(
        [sys.executable, "-m", "tests.support.starting"], env=settings, check=True, capture_output=True, text=True
    )
    return Started(**json.loads(answer.stdout))


def main() -> None:
    from host_stub.wsgi import app

    plugins = sorted(app.extensions["billhook"].registry.plugins)
    print(json.dumps({"plugins": plugins, "modules": sorted(sys.modules)}))


if __name__ == "__main__":
    main()
