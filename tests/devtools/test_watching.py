"""Changed files are noticed once, when the editor is through."""

from __future__ import annotations

import importlib.util
import os
import threading
import time
from pathlib import Path

import pytest

from devtools.watching import Watch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text("A = 1")
    (tmp_path / "b.html").write_text("b")
    return tmp_path


def names(found: list[Path]) -> list[str]:
    return [path.name for path in found]


def test_nothing_changed(folder: Path) -> None:
    watch = Watch(lambda: folder.glob("*.*"))

    assert watch.changes() == []


def test_a_change_is_told_once(folder: Path) -> None:
    watch = Watch(lambda: folder.glob("*.*"))
    (folder / "a.py").write_text("A = 22")
    (folder / "c.py").write_text("new")
    (folder / "b.html").unlink()

    assert names(watch.changes()) == ["a.py", "b.html", "c.py"]
    assert watch.changes() == []


def test_a_change_of_the_same_size_is_seen(folder: Path) -> None:
    watch = Watch(lambda: folder.glob("*.*"))
    (folder / "a.py").write_text("A = 2")

    assert names(watch.changes()) == ["a.py"]


def test_several_files_saved_together_are_one_change(folder: Path) -> None:
    watch = Watch(lambda: folder.glob("*.*"))
    (folder / "a.py").write_text("A = 22")

    def save_more() -> None:
        time.sleep(0.1)
        (folder / "b.html").write_text("bb")

    saving = threading.Thread(target=save_more)
    saving.start()
    found = watch.changes()
    saving.join()

    assert names(found) == ["a.py", "b.html"]


def test_bytecode_that_would_hide_a_change_is_deleted(folder: Path) -> None:
    """Python compares whole seconds and sizes: a quick save of the same size would go unseen."""
    source = folder / "a.py"
    watch = Watch(lambda: folder.glob("*.*"))
    stale = Path(importlib.util.cache_from_source(str(source)))
    stale.parent.mkdir()
    stale.write_bytes(b"stale")
    os.utime(source, ns=(1, source.stat().st_mtime_ns + 1000))

    watch.changes()

    assert not stale.exists()
