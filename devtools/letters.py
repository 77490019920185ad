"""The messages that the mail sink has received."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path
from typing import Any

SENDER_HEADER = "X-Envelope-From"
RECIPIENT_HEADER = "X-Envelope-To"


@dataclass(frozen=True)
class Attachment:
    """A file that came with a message."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """One message, read.

    number: 1 for the first received. sender, recipients: of the envelope, not of the headers.
    text, html: the bodies, empty when there is none.
    """

    number: int
    sender: str
    recipients: tuple[str, ...]
    headers: dict[str, str]
    text: str
    html: str
    attachments: tuple[Attachment, ...]
    source: bytes

    @property
    def subject(self) -> str:
        return self.headers.get("Subject", "")

    @property
    def date(self) -> str:
        return self.headers.get("Date", "")

    def as_json(self) -> dict[str, Any]:
        """Return what `/api/messages` tells."""
        return {
            "id": self.number,
            "from": self.sender,
            "to": list(self.recipients),
            "subject": self.subject,
            "date": self.date,
            "headers": self.headers,
            "text": self.text,
            "html": self.html,
            "attachments": [
                {"name": file.name, "type": file.media_type, "size": len(file.content)} for file in self.attachments
            ],
        }


def read_letter(number: int, sender: str, recipients: list[str], source: bytes) -> Letter:
    """Read a message as received (RFC 5322 with CRLF or LF)."""
    message = message_from_bytes(source, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return Letter(
        number=number,
        sender=sender,
        recipients=tuple(recipients),
        headers={name: str(value) for name, value in message.items()},
        text=_body(message, "plain"),
        html=_body(message, "html"),
        attachments=tuple(_attachment(part) for part in message.iter_attachments()),
        source=source,
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _attachment(part: Any) -> Attachment:
    return Attachment(part.get_filename() or "", part.get_content_type(), part.get_payload(decode=True) or b"")


class Letters:
    """Every message since the start, or since the folder was made; safe between threads.

    folder: where messages are kept as .eml files, so that they outlive a restart; None keeps them in memory only.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._folder = folder
        self._letters: list[Letter] = []
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._letters.extend(map(_load, sorted(folder.glob("*.eml"))))

    def add(self, sender: str, recipients: list[str], source: bytes) -> Letter:
        """Keep one message."""
        with self._lock:
            number = self._letters[-1].number + 1 if self._letters else 1
            letter = read_letter(number, sender, recipients, source)
            self._letters.append(letter)
            if self._folder is not None:
                (self._folder / f"{number:06}.eml").write_bytes(_envelope(letter) + source)
        return letter

    def all(self, recipient: str = "") -> list[Letter]:
        """Return the messages to `recipient` (any, when empty), oldest first."""
        with self._lock:
            return [letter for letter in self._letters if _concerns(letter, recipient)]

    def find(self, number: int) -> Letter | None:
        """Return one message."""
        return next((letter for letter in self.all() if letter.number == number), None)

    def clear(self) -> None:
        """Forget all messages and delete their files."""
        with self._lock:
            self._letters.clear()
            for path in self._folder.glob("*.eml") if self._folder else ():
                path.unlink()


def _concerns(letter: Letter, recipient: str) -> bool:
    return not recipient or recipient.lower() in (known.lower() for known in letter.recipients)


def _envelope(letter: Letter) -> bytes:
    return f"{SENDER_HEADER}: {letter.sender}\r\n{RECIPIENT_HEADER}: {', '.join(letter.recipients)}\r\n".encode()


def _load(path: Path) -> Letter:
    kept = path.read_bytes()
    envelope, _, rest = kept.partition(b"\r\n")
    recipients, _, source = rest.partition(b"\r\n")
    sender = envelope.decode().partition(": ")[2]
    addresses = [address for _, address in getaddresses([recipients.decode().partition(": ")[2]])]
    return read_letter(int(path.stem), sender, addresses, source)
