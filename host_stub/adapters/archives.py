"""The file of a backup: a tar of a few plain members, each with its SHA-256 in the manifest, whole or refused."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path
from shutil import copyfileobj
from typing import Any, Final

MANIFEST: Final = "manifest.json"
KEYS: Final = "keys.json"
SQLITE, DUMP = "database.sqlite", "database.dump"

#: Backups of version 1 have no hashes: of those only the shape can be checked.
_VERSION: Final = 2
_KNOWN: Final = frozenset({MANIFEST, KEYS, SQLITE, DUMP})


class ArchiveError(Exception):
    """The file is no backup, or not the one that was written."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. kind: sqlite or postgresql. sha256: of each other member, in hex."""

    kind: str
    made_at: str
    version: int = _VERSION
    sha256: Mapping[str, str] = field(default_factory=dict)

    @property
    def members(self) -> frozenset[str]:
        """The members that a backup of this kind has, no more and no less."""
        return frozenset({MANIFEST, KEYS, DUMP if self.kind == "postgresql" else SQLITE})


def pack(target: Path, manifest: Manifest, members: Sequence[Path]) -> None:
    """Write a new file of mode 0600 with the members under their names, synchronised to the disk. Raises OSError."""
    told: dict[str, Any] = {
        "version": _VERSION,
        "kind": manifest.kind,
        "made_at": manifest.made_at,
        "sha256": {each.name: _hash(each) for each in members},
    }
    first = target.with_name(MANIFEST)
    first.write_text(json.dumps({**told, "self": _hash_of(told)}))
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as archive:
        for each in (first, *members):
            archive.add(each, each.name, filter=_anonymous)
    target.chmod(0o600)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def unpack(source: Path, room: Path) -> Manifest:
    """Write the members into the room, and return the manifest that they agree with. Raises ArchiveError."""
    if not source.exists():
        raise ArchiveError(f"{source} does not exist")
    try:
        with tarfile.open(source, "r:") as archive:
            found = [_take(archive, member, room) for member in archive]
            end = archive.offset
        _check_end(source, end)
        manifest = _read(json.loads((room / MANIFEST).read_text()))
    except (tarfile.TarError, ValueError, KeyError, TypeError, OSError, EOFError) as error:
        raise ArchiveError(f"{source} is no backup, or damaged") from error
    if len(found) != len(set(found)) or set(found) != manifest.members:
        raise ArchiveError(f"{source} is damaged: it has {', '.join(found)}")
    for name, wanted in manifest.sha256.items():
        if _hash(room / name) != wanted:
            raise ArchiveError(f"{source} is damaged: {name} is not what was written")
    return manifest


def _take(archive: tarfile.TarFile, member: tarfile.TarInfo, room: Path) -> str:
    """Write one member into the room, and nothing else anywhere: a plain file under a name that a backup has."""
    content = archive.extractfile(member) if member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) else None
    if content is None or member.name not in _KNOWN:
        raise tarfile.TarError(f"{member.name!r} is no part of a backup")
    with (room / member.name).open("wb") as target:
        copyfileobj(content, target)
    return member.name


def _check_end(source: Path, end: int) -> None:
    """A file that was cut between two members looks like a shorter one; its end is missing. Raises TarError."""
    size = source.stat().st_size
    with source.open("rb") as file:
        file.seek(end)
        rest = file.read()
    if size % tarfile.RECORDSIZE or len(rest) < 2 * tarfile.BLOCKSIZE or rest.strip(b"\0"):
        raise tarfile.TarError("the end is missing")


def _read(found: Any) -> Manifest:
    """Read the manifest's JSON. Raises ValueError, KeyError, TypeError; ArchiveError for another version."""
    if found["version"] not in (1, _VERSION):
        raise ArchiveError(f"the backup was made by another version of the panel ({found['version']})")
    manifest = Manifest(found["kind"], found["made_at"], found["version"], found.get("sha256", {}))
    if manifest.kind not in ("sqlite", "postgresql"):
        raise ValueError("no kind of database")
    if manifest.version == 1:
        return manifest
    if found.pop("self") != _hash_of(found) or set(manifest.sha256) != manifest.members - {MANIFEST}:
        raise ValueError("the manifest is not what was written")
    return manifest


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _hash_of(told: Mapping[str, Any]) -> str:
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o600
    return entry
