"""The scene of the authorization matrix."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from host_stub.adapters.clock import FixedClock
from tests.security.scene import Scene
from tests.support.web import store_of


@pytest.fixture
def scene(sqlite_url: str, clock: FixedClock) -> Iterator[Scene]:
    scene = Scene(sqlite_url, clock)
    yield scene
    scene.app.extensions["billhook"].store.close()


class Copies:
    """Fresh copies of the scene's database: what one request changes, the next does not see."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self._scene, self._folder, self._number = scene, folder, 0
        store = store_of(scene.app)
        with store.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        store.close()
        self._original = folder / "original.db"
        shutil.copyfile(scene.file, self._original)

    def fresh(self) -> None:
        self._number += 1
        path = self._folder / f"{self._number}.db"
        shutil.copyfile(self._original, path)
        self._scene.on(f"sqlite:///{path}")


@pytest.fixture
def copies(scene: Scene, tmp_path: Path) -> Copies:
    for role in scene.people:
        scene.visitor(role)
    return Copies(scene, tmp_path)
