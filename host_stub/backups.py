"""Backup and restore: database and keys in one file, taken while the panel runs.

The file is a tar, mode 0600: `manifest.json`, `keys.json`, and `database.sqlite` (SQLite's online backup) or
`database.dump` (pg_dump, custom format). It holds the keys: who has it can read every stored secret.

A restore believes nothing: `archives` compares every member with its SHA-256, the database is looked at and its books
are proved, and only then is it put where it belongs.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfile
from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from host_stub import postgresql_tools
from host_stub.adapters.archives import DUMP, KEYS, SQLITE, ArchiveError, Manifest, pack, unpack
from host_stub.adapters.keys import KeyRing, create_key_file, from_json, load_key_file, to_json
from host_stub.config import Config
from host_stub.persistence import migrate, open_store
from host_stub.persistence.migrate import Version
from host_stub.services.books import proof

__all__ = ["BackupError", "Restored", "back_up", "restore"]

_SHOWN: Final = 5


class BackupError(Exception):
    """The backup or restore was not made; nothing was written. The text names the remedy, in one line."""


@dataclass(frozen=True, slots=True)
class Restored:
    """findings: what the proof of the books found, in words. proved: whether one was made."""

    manifest: Manifest
    findings: tuple[str, ...]
    proved: bool


def back_up(config: Config, target: Path, *, now: datetime) -> None:
    """Write database and keys to a new file. Raises BackupError, KeyFileError."""
    if target.exists():
        raise BackupError(f"{target} exists already: choose another name")
    if not target.parent.is_dir():
        raise BackupError(f"the folder {target.parent} does not exist: make it first")
    ring = load_key_file(config.key_file, demo=config.demo)
    url = make_url(config.database_url)
    kind = url.get_backend_name()
    with _in_one_line("the backup"), tempfile.TemporaryDirectory(prefix=".billhook-", dir=target.parent) as folder:
        room = Path(folder)
        database = room / (DUMP if kind == "postgresql" else SQLITE)
        postgresql_tools.dump(url, database) if kind == "postgresql" else _copy_sqlite(_file(url), database)
        (room / KEYS).write_text(to_json(ring))
        draft = room / "backup.tar"
        pack(draft, Manifest(kind, now.isoformat()), (room / KEYS, database))
        _publish(draft, target)


def restore(config: Config, source: Path, *, anyway: bool = False) -> Restored:
    """Bring database and keys back to a place where there are none.

    anyway: although the proof of its books finds something; a damaged file is refused in any case. The key file may
    exist if it holds the same keys. Raises BackupError, KeyFileError; then nothing was written.
    """
    url = make_url(config.database_url)
    with _in_one_line("the restore"), tempfile.TemporaryDirectory(prefix=".billhook-", dir=_beside(url)) as folder:
        manifest = unpack(source, Path(folder))
        if manifest.kind != url.get_backend_name():
            raise BackupError(f"the backup is of {manifest.kind}, the configured database is {url.get_backend_name()}")
        ring = from_json((Path(folder) / KEYS).read_text())
        _check_keys(config, ring)
        with _keys_in_place(config, ring):
            if manifest.kind == "postgresql":
                return _restore_postgresql(config, manifest, Path(folder) / DUMP, anyway=anyway)
            return _restore_sqlite(_file(url), manifest, Path(folder) / SQLITE, anyway=anyway)


@contextmanager
def _in_one_line(what: str) -> Iterator[None]:
    """Say what went wrong outside of the panel in one line: a full disk, a missing folder, a damaged file."""
    try:
        yield
    except (ArchiveError, postgresql_tools.ToolError) as error:
        raise BackupError(str(error)) from error
    except sqlite3.Error as error:
        raise BackupError(f"{what} was not made: {error}") from error
    except SQLAlchemyError as error:
        raise BackupError(f"{what} was not made: {type(error).__name__}, the database does not answer") from error
    except OSError as error:
        raise BackupError(f"{what} was not made: {error.strerror or error} ({error.filename or 'disk'})") from error


def _check_keys(config: Config, ring: KeyRing) -> None:
    if ring.demo and not config.demo:
        raise BackupError("the backup is of a demo: its keys are refused here")
    if config.key_file.exists() and load_key_file(config.key_file, demo=config.demo) != ring:
        raise BackupError(f"{config.key_file} holds other keys: move it away first")
    if not config.key_file.absolute().parent.is_dir():
        raise BackupError(f"the folder {config.key_file.absolute().parent} does not exist: make it first")


@contextmanager
def _keys_in_place(config: Config, ring: KeyRing) -> Iterator[None]:
    """Have the key file there before the database is, and gone again if that does not come."""
    if config.key_file.exists():
        yield
        return
    try:
        create_key_file(config.key_file, ring)
    except OSError:  # half of it may be there
        config.key_file.unlink(missing_ok=True)
        raise
    try:
        yield
    except BaseException:
        config.key_file.unlink(missing_ok=True)
        raise


def _restore_sqlite(target: Path, manifest: Manifest, copy: Path, *, anyway: bool) -> Restored:
    if any(Path(f"{target}{suffix}").exists() for suffix in ("", "-wal", "-shm")):
        raise BackupError(f"{target} exists already: move it away first, with its -wal and -shm files")
    with closing(sqlite3.connect(copy)) as connection:
        _check_sqlite(connection)
    url = f"sqlite:///{copy}"
    findings = _findings(_migrated_copy(copy) if _known_version(url) is Version.BEHIND else url, anyway=anyway)
    copy.chmod(0o600)
    _sync(copy)
    _publish(copy, target)
    return Restored(manifest, findings, proved=True)


def _migrated_copy(copy: Path) -> str:
    """Return a copy that this code can prove: the books are those of an older version. It is thrown away."""
    migrated = copy.with_name("migrated.sqlite")
    copyfile(copy, migrated)
    url = f"sqlite:///{migrated}"
    migrate.upgrade(url)
    return url


def _restore_postgresql(config: Config, manifest: Manifest, dump: Path, *, anyway: bool) -> Restored:
    """Load into the empty database, in one transaction; what is found wrong after that is taken out again."""
    url = make_url(config.database_url)
    postgresql_tools.load(url, dump)
    try:
        proved = _known_version(config.database_url) is Version.CURRENT
        findings = _findings(config.database_url, anyway=anyway) if proved else ()
    except BaseException:
        postgresql_tools.empty(url)
        raise
    return Restored(manifest, findings, proved)


def _known_version(url: str) -> Version:
    version = migrate.version(url)
    if version is Version.AHEAD:
        raise BackupError("the backup was made by a newer version of the panel: install that")
    return version


def _findings(url: str, *, anyway: bool) -> tuple[str, ...]:
    store = open_store(url)
    try:
        found = [f"{each.name}: {finding}" for each in proof.prove(store) for finding in each.shown]
    finally:
        store.close()
    if found and not anyway:
        shown = "; ".join(found[:_SHOWN]) + (f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")
        raise BackupError(f"the books in the backup are not right: {shown}. With --anyway it is restored all the same")
    return tuple(found)


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.exists():
        raise BackupError(f"there is no database at {source}")
    with closing(sqlite3.connect(source, timeout=30)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        _check_sqlite(copy)


def _check_sqlite(connection: sqlite3.Connection) -> None:
    try:
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        (tables,) = connection.execute("select count(*) from sqlite_master where name = 'entry'").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupError(f"the database is damaged: {error}") from None
    if verdict != "ok":
        raise BackupError(f"the database is damaged: {verdict}")
    if not tables:
        raise BackupError("the database has no tables of the panel")


def _beside(url: URL) -> Path | None:
    """Return the folder in which a restored database is drafted, so that it comes into place by its name alone."""
    if url.get_backend_name() != "sqlite":
        return None
    folder = _file(url).absolute().parent
    if not folder.is_dir():
        raise BackupError(f"the folder {folder} does not exist: make it first")
    return folder


def _publish(draft: Path, target: Path) -> None:
    try:
        os.link(draft, target)  # unlike a rename it never replaces a file that came meanwhile
    except FileExistsError:
        raise BackupError(f"{target} exists already: choose another name") from None
    except OSError:  # a file system without hard links
        draft.rename(target)
    _sync(target.absolute().parent)


def _file(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise BackupError("a database in memory cannot be kept")
    return Path(url.database)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
