"""A backup that is not the one that was written is refused, in one line, and nothing is written."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from host_stub import backups
from host_stub.adapters import archives
from host_stub.adapters.archives import DUMP, KEYS, MANIFEST, SQLITE
from host_stub.config import Config
from host_stub.persistence import open_store
from host_stub.persistence.store import make_engine
from tests.command_line.conftest import Installation
from tests.conftest import DATABASES
from tests.support.world import World

Members = list[tuple[tarfile.TarInfo, bytes]]


class Kept:
    """An installation's backup, and an empty place to restore it to."""

    def __init__(self, installation: Installation, databases) -> None:
        self.installation, self.databases = installation, databases
        assert installation.run("migrate").exit_code == 0
        store = open_store(installation.url)
        World(store).a_payment()
        store.close()
        self.file = installation.folder / "kept.backup"
        assert installation.run("backup", str(self.file)).exit_code == 0
        self.target = installation.elsewhere("new", databases.empty())
        if self.target.url.startswith("sqlite"):  # beside nothing else, so that what is left behind is seen
            self.target.url = f"sqlite:///{self.target.folder}/billhook.db"

    @property
    def config(self) -> Config:
        return Config(database_url=self.target.url, key_file=self.target.key_file)

    def restored(self, file: Path, **more: bool) -> backups.Restored:
        return backups.restore(self.config, file, **more)

    def refused(self, file: Path) -> str:
        """Return why a restore was refused, in one line; nothing may be there afterwards."""
        with pytest.raises(backups.BackupError) as refusal:
            self.restored(file)
        self.untouched()
        assert "\n" not in str(refusal.value)
        return str(refusal.value)

    def untouched(self) -> None:
        assert list(self.target.folder.iterdir()) == []
        if not self.target.url.startswith("sqlite"):
            engine = make_engine(self.target.url)
            with engine.connect() as connection:
                query = "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
                functions = "select count(*) from pg_proc where pronamespace = 'public'::regnamespace"
                left = [connection.execute(text(each)).scalar_one() for each in (query, functions)]
            engine.dispose()
            assert left == [0, 0]

    def copy(self, name: str = "damaged.backup") -> Path:
        return Path(shutil.copy(self.file, self.installation.folder / name))

    def members(self) -> Members:
        with tarfile.open(self.file) as archive:
            return [(each, archive.extractfile(each).read()) for each in archive]  # type: ignore[union-attr]

    def written(self, members: Members) -> Path:
        file = self.installation.folder / "made.backup"
        with tarfile.open(file, "w", format=tarfile.GNU_FORMAT) as archive:
            for header, content in members:
                archive.addfile(header, io.BytesIO(content) if header.isreg() else None)
        return file


@pytest.fixture(params=DATABASES, scope="module")
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    databases = request.getfixturevalue(f"{request.param}_databases")
    folder = tmp_path_factory.mktemp("kept")
    url = databases.empty()
    built = Kept(Installation(folder, url, 1), databases)
    yield built
    for each in {url, built.target.url}:
        databases.discard(each)


@pytest.mark.parametrize("step", [37, pytest.param(1, marks=pytest.mark.long)])
def test_a_backup_cut_at_any_block_is_refused(kept: Kept, step: int) -> None:
    file = kept.copy()

    for block in range(file.stat().st_size // tarfile.BLOCKSIZE - 1, -1, -step):
        os.truncate(file, block * tarfile.BLOCKSIZE)
        kept.refused(file)


@pytest.mark.parametrize("member", range(3), ids=["manifest", "keys", "database"])
@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_a_backup_with_other_bytes_in_a_member_is_refused(kept: Kept, member: int, part: float) -> None:
    file = kept.copy()
    header, _content = kept.members()[member]
    at = header.offset_data + int((header.size - 1) * part)
    with file.open("r+b") as damaged:
        damaged.seek(at)
        before = damaged.read(1)
        damaged.seek(at)
        damaged.write(bytes([before[0] ^ 1]))

    kept.refused(file)


def test_a_backup_whose_name_of_a_member_is_damaged_is_refused(kept: Kept) -> None:
    for header, _content in kept.members():
        file = kept.copy()
        with file.open("r+b") as damaged:
            damaged.seek(header.offset)
            damaged.write(b"x")

        kept.refused(file)


def _link(kind: bytes, name: str, to: str) -> tuple[tarfile.TarInfo, bytes]:
    header = tarfile.TarInfo(name)
    header.type, header.linkname = kind, to
    return header, b""


def _plain(name: str) -> tuple[tarfile.TarInfo, bytes]:
    header = tarfile.TarInfo(name)
    header.size = 1
    return header, b"x"


SHAPES: dict[str, Callable[[Members], Members]] = {
    "without a manifest": lambda members: members[1:],
    "without keys": lambda members: [members[0], members[2]],
    "without a database": lambda members: members[:2],
    "nothing at all": lambda _members: [],
    "a member twice": lambda members: [*members, members[1]],
    "the other kind of database": lambda members: [
        *members[:2],
        _plain(DUMP if members[2][0].name == SQLITE else SQLITE),
    ],
    "a foreign name": lambda members: [*members, _plain("notes.txt")],
    "a path out of the folder": lambda members: [*members, _plain("../stolen")],
    "an absolute path": lambda members: [*members, _plain("/tmp/stolen")],
    "a folder": lambda members: [*members, _link(tarfile.DIRTYPE, "folder", "")],
    "a symbolic link": lambda members: [*members[:1], _link(tarfile.SYMTYPE, KEYS, "/etc/passwd"), members[2]],
    "a hard link": lambda members: [*members[:1], _link(tarfile.LNKTYPE, KEYS, MANIFEST), members[2]],
    "a device": lambda members: [*members[:2], _link(tarfile.CHRTYPE, SQLITE, "")],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_backup_of_another_shape_is_refused(kept: Kept, shape: str) -> None:
    assert "damaged" in kept.refused(kept.written(SHAPES[shape](kept.members())))


def test_a_manifest_of_a_later_version_is_named(kept: Kept) -> None:
    (header, content), *others = kept.members()
    told = json.dumps({**json.loads(content), "version": 3}).encode()
    header.size = len(told)

    assert "another version" in kept.refused(kept.written([(header, told), *others]))


def test_keys_that_are_no_keys_are_refused(kept: Kept) -> None:
    file = _packed_anew(kept, lambda room: (room / KEYS).write_text("{}"))

    with pytest.raises(Exception, match="key file is damaged"):
        kept.restored(file)
    kept.untouched()


def _packed_anew(kept: Kept, change: Callable[[Path], object]) -> Path:
    """Return a backup with right hashes round something that was changed before it was packed."""
    room = kept.installation.folder / "room"
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir()
    manifest = archives.unpack(kept.file, room)
    change(room)
    archives.pack(room / "made.tar", manifest, [room / name for name in sorted(manifest.sha256)])
    return room / "made.tar"


@pytest.fixture
def wrong(kept: Kept) -> Iterator[Path]:
    """A whole backup of books that are wrong: a balance without an entry."""
    engine = make_engine(kept.installation.url)
    with engine.begin() as connection:
        connection.execute(text("update account set balance_minor = balance_minor + 100"))
    file = kept.installation.folder / "wrong.backup"
    file.unlink(missing_ok=True)
    assert kept.installation.run("backup", str(file)).exit_code == 0
    yield file
    with engine.begin() as connection:
        connection.execute(text("update account set balance_minor = balance_minor - 100"))
    engine.dispose()


def test_a_backup_of_wrong_books_is_refused_with_the_rows_and_restored_only_when_told(kept: Kept, wrong: Path) -> None:
    why = kept.refused(wrong)

    assert "balances: account 1: balance 100, entries 0" in why
    assert kept.target.run("restore", str(wrong)).exit_code == 1

    told = kept.target.run("restore", "--anyway", str(wrong))

    assert told.exit_code == 0
    assert "WRONG  balances: account 1" in told.output
    _take_out(kept)


def _take_out(kept: Kept) -> None:
    """Make the place empty again for the tests after this one."""
    for each in kept.target.folder.iterdir():
        each.unlink()
    if not kept.target.url.startswith("sqlite"):
        kept.databases.discard(kept.target.url)
        kept.target.url = kept.databases.empty()
        kept.target.environment["BILLHOOK_DATABASE_URL"] = kept.target.url


def test_a_whole_backup_is_restored_and_its_books_are_proved(kept: Kept) -> None:
    done = kept.restored(kept.file)

    assert (done.findings, done.proved) == ((), True)
    store = open_store(kept.target.url)
    with store.read() as session:
        assert session.execute(text("select count(*) from payment")).scalar_one() == 1
    store.close()
    _take_out(kept)


def test_a_backup_of_a_newer_version_is_refused(kept: Kept) -> None:
    engine = make_engine(kept.installation.url)
    with engine.begin() as connection:
        known = connection.execute(text("select version_num from host_alembic_version")).scalar_one()
        connection.execute(text("update host_alembic_version set version_num = '9999'"))
    file = kept.installation.folder / "newer.backup"
    assert kept.installation.run("backup", str(file)).exit_code == 0

    try:
        assert "newer version of the panel" in kept.refused(file)
        for command in ("migrate", "serve", "worker", "prove"):
            answer = kept.installation.run(command)
            assert answer.exit_code == 1
            assert "newer version of the panel" in answer.output + str(answer.exception)
        assert "newer version of the panel" in kept.installation.run("doctor", "--quick").output
    finally:
        with engine.begin() as connection:
            connection.execute(text("update host_alembic_version set version_num = :known"), {"known": known})
        engine.dispose()


def test_a_backup_into_a_folder_that_is_not_there_is_refused_in_one_line(kept: Kept) -> None:
    answer = kept.installation.run("backup", str(kept.installation.folder / "nowhere" / "b.backup"))

    assert isinstance(answer.exception, backups.BackupError)
    assert "does not exist: make it first" in str(answer.exception)


@pytest.mark.long
def test_a_backup_onto_a_full_disk_is_refused_in_one_line_and_leaves_nothing(kept: Kept, tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small disk can be mounted by root only")
    try:
        answer = kept.installation.run("backup", str(folder / "b.backup"))
        left = list(folder.iterdir())
        kept.installation.environment["BILLHOOK_BACKUP_FOLDER"] = str(folder)
        health = kept.installation.run("doctor", "--quick")
    finally:
        kept.installation.environment.pop("BILLHOOK_BACKUP_FOLDER", None)
        subprocess.run(["umount", str(folder)], check=True)

    assert isinstance(answer.exception, backups.BackupError)
    assert "\n" not in str(answer.exception)
    assert left == []
    assert f"disk of backups: full: 0 MB free at {folder}" in health.output
