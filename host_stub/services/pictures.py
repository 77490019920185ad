"""Uploaded pictures: raster only, told by their own bytes, never by the name or type that the browser sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from host_stub.domain.errors import RefusedError

MAX_BYTES: Final = 200 * 1024


class UnusablePicture(RefusedError):
    """The upload is no picture that we keep. code: empty, too_big, not_raster."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Picture:
    content: bytes
    content_type: str


def read_picture(content: bytes) -> Picture:
    """Return an upload as a picture: PNG, JPEG or WebP of at most 200 KB.

    SVG is refused: it can carry scripts. Raises UnusablePicture.
    """
    if not content:
        raise UnusablePicture("empty")
    if len(content) > MAX_BYTES:
        raise UnusablePicture("too_big")
    kind = _content_type(content)
    if kind is None:
        raise UnusablePicture("not_raster")
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
