"""Room on the disks is looked at, and said where people and monitors look."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_stub.adapters.disk import MEGABYTE, Limits, Place, Room, folders, places, worst
from host_stub.config import Config
from host_stub.persistence import migrate
from host_stub.persistence.store import make_engine
from tests.support.web import an_app, store_of

LIMITS = Limits(low=1000, full=100)


@pytest.mark.parametrize(
    ("free", "room"),
    [(1000, Room.OK), (999, Room.LOW), (100, Room.LOW), (99, Room.FULL), (0, Room.FULL), (None, Room.UNKNOWN)],
)
def test_a_place_is_low_and_full_below_its_limits(free: int | None, room: Room) -> None:
    assert LIMITS.room(free) is room


def test_the_folders_of_database_backups_and_temporary_files_are_looked_at(tmp_path: Path) -> None:
    found = folders(f"sqlite:///{tmp_path}/billhook.db", tmp_path / "backup")

    assert found["database"] == tmp_path
    assert found["backups"] == tmp_path / "backup"
    assert set(found) == {"database", "backups", "temporary files"}


def test_of_postgresqls_own_disk_nothing_is_claimed() -> None:
    assert set(folders("postgresql://localhost/x", None)) == {"temporary files"}


def test_a_folder_that_is_not_there_is_told_and_not_taken_for_full(tmp_path: Path) -> None:
    (found,) = places({"backups": tmp_path / "nowhere"}, LIMITS)

    assert (found.free, found.room) == (None, Room.UNKNOWN)


def test_strangers_are_told_the_worst_of_all_places(tmp_path: Path) -> None:
    def place(room: Room) -> Place:
        return Place("x", tmp_path, 1, room)

    assert worst([place(Room.LOW), place(Room.FULL), place(Room.OK)]) is Room.FULL
    assert worst([place(Room.LOW), place(Room.UNKNOWN)]) is Room.LOW
    assert worst([]) is Room.OK


def test_the_doctor_names_the_disk_that_is_full(installation) -> None:
    installation.run("migrate")
    installation.environment["BILLHOOK_DISK_FULL_MB"] = str(10**9)
    installation.environment["BILLHOOK_DISK_LOW_MB"] = str(10**9)

    answer = installation.run("doctor", "--quick")

    assert answer.exit_code == 1
    assert "WRONG  disk of temporary files: full: " in answer.output
    assert ("disk of database" in answer.output) == installation.url.startswith("sqlite")


def test_a_disk_asked_for_in_vain_is_no_traceback(tmp_path: Path) -> None:
    def refuse(_folder: Path) -> int:
        raise OSError("stale handle")

    config = Config(database_url=f"sqlite:///{tmp_path}/x.db", key_file=tmp_path / "keys")

    assert {place.room for place in config.disks(refuse)} == {Room.UNKNOWN}
    assert {place.free for place in config.disks(lambda _folder: 5 * MEGABYTE)} == {5 * MEGABYTE}


def test_health_is_503_on_a_full_disk_and_200_on_a_low_one(sqlite_url: str) -> None:
    full = an_app(sqlite_url, disk_full_mb=10**9).test_client().get("/healthz")
    low = an_app(sqlite_url, disk_low_mb=10**9, disk_full_mb=0).test_client().get("/healthz")
    well = an_app(sqlite_url, disk_low_mb=0, disk_full_mb=0).test_client().get("/healthz")

    assert (full.status_code, full.json["disk"]) == (503, "full")
    assert (low.status_code, low.json["disk"]) == (200, "low")
    assert (well.status_code, well.json["disk"]) == (200, "ok")


def test_health_tells_strangers_no_sizes_and_no_folders(sqlite_url: str) -> None:
    told = an_app(sqlite_url, disk_full_mb=10**9).test_client().get("/healthz")

    assert set(told.json) == {"database", "worker", "worker_age_seconds", "disk", "keys"}
    assert told.json["disk"] == "full"
    assert "/" not in told.text


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("delete from host_alembic_version", "behind"),
        ("update host_alembic_version set version_num = '9999'", "ahead"),
    ],
    ids=["behind", "ahead"],
)
def test_health_is_503_when_database_and_code_are_of_two_versions(database_url: str, change: str, word: str) -> None:
    app = an_app(database_url)
    assert app.test_client().get("/healthz").json["database"] == "up"
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(change)
    engine.dispose()

    answer = app.test_client().get("/healthz")
    store_of(app).close()

    assert (answer.status_code, answer.json["database"]) == (503, word)
    assert migrate.version(database_url) == word


def test_health_says_when_the_next_process_would_not_find_the_keys(sqlite_url: str, tmp_path: Path) -> None:
    from host_stub.adapters.keys import create_key_file, new_keys

    keys = new_keys()
    app = an_app(sqlite_url, keys=keys, key_file=tmp_path / "keys.json")
    create_key_file(tmp_path / "keys.json", keys)
    there = app.test_client().get("/healthz").json["keys"]
    (tmp_path / "keys.json").chmod(0o644)
    open_to_all = app.test_client().get("/healthz").json["keys"]
    (tmp_path / "keys.json").unlink()

    assert (there, open_to_all) == ("ok", "unreadable")
    assert app.test_client().get("/healthz").json["keys"] == "unreadable"
