"""Backup and restore: database and keys in one file, taken while the panel runs.

The file is a tar, mode 0600: `manifest.json`, `keys.json`, and `database.sqlite` (SQLite's online backup) or
`database.dump` (pg_dump, custom format). It holds the keys: who has it can read every stored secret.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL, make_url

from host_stub.adapters.keys import create_key_file, from_json, load_key_file, to_json
from host_stub.config import Config

_VERSION: Final = 1
_SQLITE, _DUMP = "database.sqlite", "database.dump"


class BackupError(Exception):
    """The backup or restore was not made; nothing was overwritten. The text names the remedy."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. kind: sqlite or postgresql."""

    kind: str
    made_at: str
    version: int = _VERSION


def back_up(config: Config, target: Path, *, now: datetime) -> None:
    """Write database and keys to a new file. Raises BackupError, KeyFileError."""
    if target.exists():
        raise BackupError(f"{target} exists already: choose another name")
    ring = load_key_file(config.key_file, demo=config.demo)
    url = make_url(config.database_url)
    kind = url.get_backend_name()
    with tempfile.TemporaryDirectory(prefix="billhook-backup-", dir=target.parent) as folder:
        room = Path(folder)
        database = room / (_DUMP if kind == "postgresql" else _SQLITE)
        _dump_postgresql(url, database) if kind == "postgresql" else _copy_sqlite(_file(url), database)
        manifest = {"version": _VERSION, "kind": kind, "made_at": now.isoformat()}
        (room / "manifest.json").write_text(json.dumps(manifest))
        (room / "keys.json").write_text(to_json(ring))
        draft = room / "backup.tar"
        with tarfile.open(draft, "w") as archive:
            for name in ("manifest.json", "keys.json", database.name):
                archive.add(room / name, name, filter=_anonymous)
        draft.chmod(0o600)
        _sync(draft)
        _publish(draft, target)


def _publish(draft: Path, target: Path) -> None:
    try:
        os.link(draft, target)  # unlike a rename it never replaces a file that came meanwhile
    except FileExistsError:
        raise BackupError(f"{target} exists already: choose another name") from None
    except OSError:  # a file system without hard links
        draft.rename(target)


def restore(config: Config, source: Path) -> Manifest:
    """Bring database and keys back to a place where there are none.

    The key file may exist if it holds the same keys. Raises BackupError, KeyFileError.
    """
    url = make_url(config.database_url)
    with tempfile.TemporaryDirectory(prefix="billhook-restore-") as folder:
        room = Path(folder)
        manifest = _unpack(source, room)
        if manifest.kind != url.get_backend_name():
            raise BackupError(f"the backup is of {manifest.kind}, the configured database is {url.get_backend_name()}")
        ring = from_json((room / "keys.json").read_text())
        if ring.demo and not config.demo:
            raise BackupError("the backup is of a demo: its keys are refused here")
        if config.key_file.exists() and load_key_file(config.key_file, demo=config.demo) != ring:
            raise BackupError(f"{config.key_file} holds other keys: move it away first")
        if manifest.kind == "postgresql":
            _load_postgresql(url, room / _DUMP)
        else:
            _place_sqlite(room / _SQLITE, _file(url))
        if not config.key_file.exists():
            create_key_file(config.key_file, ring)
    return manifest


def _unpack(source: Path, room: Path) -> Manifest:
    try:
        with tarfile.open(source, "r:") as archive:
            for member in archive:
                _take(archive, member, room)
        found = json.loads((room / "manifest.json").read_text())
        manifest = Manifest(found["kind"], found["made_at"], found["version"])
    except FileNotFoundError:
        raise BackupError(f"{source} does not exist or is no backup") from None
    except (tarfile.TarError, ValueError, KeyError, OSError) as error:
        raise BackupError(f"{source} is no backup, or damaged") from error
    if manifest.version != _VERSION:
        raise BackupError(f"{source} was made by another version ({manifest.version})")
    return manifest


def _take(archive: tarfile.TarFile, member: tarfile.TarInfo, room: Path) -> None:
    """Write one file of a backup into the room, and nothing else anywhere: plain files under plain names.

    `extractall(filter="data")` would say the same, but Python 3.11 has it from 3.11.4 on only.
    """
    content = archive.extractfile(member) if member.isfile() else None
    if content is None or Path(member.name).name != member.name or member.name in ("", ".", ".."):
        raise tarfile.TarError(f"{member.name!r} is no part of a backup")
    with (room / member.name).open("wb") as target:
        shutil.copyfileobj(content, target)


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.exists():
        raise BackupError(f"there is no database at {source}")
    with closing(sqlite3.connect(source, timeout=30)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        _check_sqlite(copy)


def _place_sqlite(copy: Path, target: Path) -> None:
    if any(Path(f"{target}{suffix}").exists() for suffix in ("", "-wal", "-shm")):
        raise BackupError(f"{target} exists already: move it away first, with its -wal and -shm files")
    with closing(sqlite3.connect(copy)) as connection:
        _check_sqlite(connection)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file, copy.open("rb") as source:
        while piece := source.read(1 << 20):
            file.write(piece)
        file.flush()
        os.fsync(handle)


def _check_sqlite(connection: sqlite3.Connection) -> None:
    try:
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupError(f"the database is damaged: {error}") from None
    if verdict != "ok":
        raise BackupError(f"the database is damaged: {verdict}")


def _dump_postgresql(url: URL, target: Path) -> None:
    _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"], url)


def _load_postgresql(url: URL, dump: Path) -> None:
    from sqlalchemy import text

    from host_stub.persistence.store import make_engine

    engine = make_engine(url.render_as_string(hide_password=False))
    with engine.connect() as connection:
        taken = connection.execute(
            text("select count(*) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')")
        ).scalar_one()
    engine.dispose()
    if taken:
        raise BackupError("the database is not empty: create a new one and configure that")
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run(["pg_restore", *options, f"--dbname={url.database}", str(dump)], url)


def _run(command: list[str], url: URL) -> None:
    """Run a program of PostgreSQL. The connection goes by the environment: other users see arguments."""
    connection = {
        "PGHOST": url.host,
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        **{f"PG{name.upper()}": value for name, value in url.query.items() if isinstance(value, str)},
    }
    environment = {**os.environ, **{name: value for name, value in connection.items() if value}}
    try:
        subprocess.run(command, env=environment, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except FileNotFoundError:
        raise BackupError(f"{command[0]} is missing: apt-get install postgresql-client") from None
    except subprocess.CalledProcessError as error:
        raise BackupError(f"{command[0]} failed: {error.stderr.strip()}") from None


def _file(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise BackupError("a database in memory cannot be kept")
    return Path(url.database)


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o600
    return entry


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
