"""What travels between the renderer and its child: a length, a JSON head, then blobs.

The head holds plain values only; a Decimal or date is tagged. Nothing that could run code is ever decoded.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Final

_LENGTHS: Final = struct.Struct("!II")
_LARGEST: Final = 64 * 1024 * 1024


class Closed(EOFError):
    """The other side is gone."""


class NotPlain(TypeError):
    """A context holds a value that must not reach a template."""


def send(stream: IO[bytes], head: Mapping[str, object], blobs: Sequence[bytes] = ()) -> None:
    """Write one message. Raises NotPlain, OSError."""
    try:
        text = json.dumps({"head": pack(head), "blobs": [len(blob) for blob in blobs]}, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise NotPlain("a text holds half of a character") from error
    stream.write(_LENGTHS.pack(len(text), sum(map(len, blobs))))
    stream.write(text)
    for blob in blobs:
        stream.write(blob)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Read one message. Raises Closed; ValueError for one that is too large."""
    text_length, blobs_length = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    if text_length + blobs_length > _LARGEST:
        raise ValueError("message too large")
    message = json.loads(_exactly(stream, text_length))
    return unpack(message["head"]), [_exactly(stream, length) for length in message["blobs"]]


def pack(value: object) -> object:
    """Return the JSON form of a plain value. Raises NotPlain."""
    match value:
        case None | bool() | str() | int():
            # A subclass (LazyText-like, IntEnum) is sent as what it stands for.
            return value if type(value) in (bool, str, int, type(None)) else _base(value)
        case Decimal():
            return {"\0d": str(value)}
        case date() if not isinstance(value, datetime):
            return {"\0t": value.isoformat()}
        case Mapping():
            return {_key(key): pack(inner) for key, inner in value.items()}
        case list() | tuple():
            return [pack(inner) for inner in value]
        case _:
            raise NotPlain(f"{type(value).__name__} is no plain value")


def unpack(value: Any) -> Any:
    """Return the plain value of its JSON form."""
    if isinstance(value, list):
        return [unpack(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"\0d"}:
        return Decimal(value["\0d"])
    if set(value) == {"\0t"}:
        return date.fromisoformat(value["\0t"])
    return {key: unpack(inner) for key, inner in value.items()}


def _base(value: object) -> object:
    return str.__str__(value) if isinstance(value, str) else int(value)  # type: ignore[call-overload]


def _key(key: object) -> str:
    if type(key) is not str or key.startswith("\0"):
        raise NotPlain("a context's keys are texts")
    return key


def _exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise Closed
    return data
