"""Uploaded pictures: raster only, told by their own bytes, never by the name or type that the browser sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from host_stub.domain.errors import RefusedError

MAX_BYTES: Final = 200 * 1024
#: On either side. Few bytes can name a picture that takes gigabytes once a browser decodes it.
MAX_PIXELS: Final = 2000


class UnusablePicture(RefusedError):
    """The upload is no picture that we keep. code: empty, too_big, too_many_pixels, not_raster."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Picture:
    content: bytes
    content_type: str


def read_picture(content: bytes) -> Picture:
    """Return an upload as a picture: PNG, JPEG or WebP of at most 200 KB and 2000 pixels a side.

    The sides are read from its head, nothing is decoded. SVG is refused: it can carry scripts. Raises UnusablePicture.
    """
    if not content:
        raise UnusablePicture("empty")
    if len(content) > MAX_BYTES:
        raise UnusablePicture("too_big")
    kind = _content_type(content)
    sides = _SIDES[kind](content) if kind else None
    if kind is None or sides is None or min(sides) < 1:
        raise UnusablePicture("not_raster")
    if max(sides) > MAX_PIXELS:
        raise UnusablePicture("too_many_pixels")
    return Picture(content, kind)


def _content_type(content: bytes) -> str | None:
    # Begin and end are checked: a page with a picture's first bytes in front of it is refused as well.
    if content.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR") and content.endswith(b"IEND\xae\x42\x60\x82"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff") and content.rstrip(b"\x00").endswith(b"\xff\xd9"):
        return "image/jpeg"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP" and _riff_length(content) == len(content):
        return "image/webp"
    return None


def _riff_length(content: bytes) -> int:
    size = int.from_bytes(content[4:8], "little")
    return 8 + size + size % 2


Sides = tuple[int, int]


def _png_sides(content: bytes) -> Sides | None:
    return (_big(content[16:20]), _big(content[20:24])) if len(content) >= 33 else None


def _jpeg_sides(content: bytes) -> Sides | None:
    """Walk the segments up to the frame's head (ITU-T T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _JPEG_FRAMES:
            return _big(content[at + 7 : at + 9]), _big(content[at + 5 : at + 7])
        at += 2 + _big(content[at + 2 : at + 4]) if marker != 0xFF else 1
    return None


def _webp_sides(content: bytes) -> Sides | None:
    """Read the first chunk: RFC 9649, sections 2.5 to 2.7."""
    kind, body = content[12:16], content[20:30]
    if len(body) < 10:
        return None
    if kind == b"VP8X":
        return 1 + _little(body[4:7]), 1 + _little(body[7:10])
    if kind == b"VP8L":
        bits = _little(body[1:5])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return (_little(body[6:8]) & 0x3FFF, _little(body[8:10]) & 0x3FFF) if kind == b"VP8 " else None


def _big(content: bytes) -> int:
    return int.from_bytes(content, "big")


def _little(content: bytes) -> int:
    return int.from_bytes(content, "little")


#: SOF0 to SOF15 without DHT, JPG and DAC, which lie between.
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SIDES: Final[Mapping[str, Callable[[bytes], Sides | None]]] = {
    "image/png": _png_sides,
    "image/jpeg": _jpeg_sides,
    "image/webp": _webp_sides,
}
