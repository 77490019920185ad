"""The demo's state folder: everything that `./dev run` keeps."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CALLER_VARIABLE = "BILLHOOK_CALLED_FROM"
DEFAULT = "state"
MARKER = ".billhook-state"


class StateError(Exception):
    """The folder cannot be used; the text says why."""


def chosen_folder(path: str) -> Path:
    """Return the folder that was named, seen from where `./dev` was called; `state` in the project by default."""
    if path == DEFAULT:
        return Path.cwd() / DEFAULT
    return from_caller(path)


def from_caller(path: str) -> Path:
    """Return a path as it is seen from where `./dev` was called."""
    return (Path(os.environ.get(CALLER_VARIABLE, ".")) / path).resolve()


@dataclass(frozen=True)
class Secrets:
    """What the demo's parts sign with; `secrets.json` in the state folder, which the demo data is made from too.

    merchant: the site's id at the payment gateway. merchant_secret: signs its notifications.
    service_secret: signs the provisioning webhook.
    """

    merchant: str
    merchant_secret: str
    service_secret: str


class StateFolder:
    """Paths and small files of one demo. The folder is made when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database_url = f"sqlite:///{path / 'billhook.db'}"
        self.key_file = path / "keys.json"
        self.secrets_file = path / "secrets.json"
        self.services = path / "services.json"
        self.gateway_journal = path / "gateway.json"
        self.mail = path / "mail"
        self.logs = path / "logs"
        self.announcement = path / "demo.json"

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Hold the folder for one demo. Raises StateError if another demo runs on it, or if it is something else."""
        if self.path.exists() and any(self.path.iterdir()) and not (self.path / MARKER).exists():
            raise StateError(f"{self.path} holds something else: name an empty folder or a new one.")
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / MARKER).open("a") as marker:
            try:
                fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StateError(f"A demo is running on {self.path} already.") from None
            self.announcement.unlink(missing_ok=True)
            try:
                yield
            finally:
                self.announcement.unlink(missing_ok=True)

    def secrets(self) -> Secrets:
        """Return what the demo's parts sign with, made at the first call."""
        if not self.secrets_file.exists():
            made = Secrets(str(uuid.uuid4()), secrets.token_hex(32), secrets.token_hex(32))
            handle = os.open(self.secrets_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                json.dump(asdict(made), file, indent=2)
        return Secrets(**json.loads(self.secrets_file.read_text()))

    def announce(self, facts: dict[str, Any]) -> None:
        """Write demo.json in one step, so that a reader never sees half of it."""
        draft = self.announcement.with_suffix(".partial")
        draft.write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", "utf-8")
        draft.replace(self.announcement)

    def delete(self) -> None:
        """Delete the folder. Raises StateError if it is not a demo's, or if a demo runs on it."""
        if not (self.path / MARKER).is_file():
            raise StateError(f"{self.path} is not a demo's state folder: nothing was deleted.")
        with self.opened():
            shutil.rmtree(self.path)
