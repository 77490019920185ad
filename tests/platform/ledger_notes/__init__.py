"""A small plugin with a table of its own, in two versions, and a way to install them for a test.

Version 1 keeps a note of every movement. Version 2 gives notes a text and keeps a total per account.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path

import pytest

NAME = "ledger_notes"
PACKAGE = "billhook_ledger_notes"
HERE = Path(__file__).parent


class Site:
    """A folder of installed packages, as `site-packages` is one."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.syspath_prepend(str(folder))

    def install(self, version: str = "1") -> Path:
        """Install a version over whatever is there, as pip does; return the package's folder."""
        self.uninstall()
        package = self.folder / PACKAGE
        shutil.copytree(HERE / f"v{version}" / PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
        described = self.folder / f"{PACKAGE}-{version}.0.dist-info"
        described.mkdir()
        fields = ("Metadata-Version: 2.1", "Name: billhook-ledger-notes", f"Version: {version}.0", "")
        described.joinpath("METADATA").write_text("\n".join(fields))
        described.joinpath("entry_points.txt").write_text(f"[billhook.plugins]\n{NAME} = {PACKAGE}\n")
        return package

    def uninstall(self) -> None:
        """Take the package away, and with it what this process has imported of it."""
        for path in self.folder.iterdir():
            shutil.rmtree(path)
        self.forget()

    def forget(self) -> None:
        """Forget what this process has imported of it."""
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]
        importlib.invalidate_caches()
