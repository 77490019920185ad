"""How much room is left where the panel writes. A database that is full takes no money, and says so late."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

MEGABYTE: Final = 1024 * 1024

#: Returns the free bytes of the file system that holds a folder. Raises OSError.
Free = Callable[[Path], int]


class Room(StrEnum):
    """full: what is written next may fail."""

    OK = "ok"
    LOW = "low"
    FULL = "full"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Limits:
    """Below how many free bytes a place is low, and full."""

    low: int
    full: int

    def room(self, free: int | None) -> Room:
        """Say what so many free bytes mean; None: they could not be asked for."""
        if free is None:
            return Room.UNKNOWN
        if free < self.full:
            return Room.FULL
        return Room.LOW if free < self.low else Room.OK


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that the panel writes to. free: in bytes, None if it cannot be asked for."""

    name: str
    folder: Path
    free: int | None
    room: Room


def free_bytes(folder: Path) -> int:
    """Return what the panel itself may still write there, without what is kept for root. Raises OSError."""
    return shutil.disk_usage(folder).free


def folders(database_url: str, backup_folder: Path | None) -> Mapping[str, Path]:
    """Return the folders that the panel writes to, by name. Of PostgreSQL's own disk nothing is known here."""
    url = make_url(database_url)
    found = {}
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        found["database"] = Path(url.database).absolute().parent
    if backup_folder is not None:
        found["backups"] = backup_folder.absolute()
    return {**found, "temporary files": Path(tempfile.gettempdir())}


def places(where: Mapping[str, Path], limits: Limits, free: Free = free_bytes) -> list[Place]:
    """Look at each folder; a call costs microseconds."""
    return [_place(name, folder, limits, free) for name, folder in where.items()]


def _place(name: str, folder: Path, limits: Limits, free: Free) -> Place:
    try:
        left: int | None = free(folder)
    except OSError:
        left = None
    return Place(name, folder, left, limits.room(left))


def worst(found: list[Place]) -> Room:
    """Return the worst of all places, for those who may not read which."""
    order = (Room.FULL, Room.LOW, Room.UNKNOWN)
    rooms = {place.room for place in found}
    return next((room for room in order if room in rooms), Room.OK)
