"""Uploaded pictures are judged by their heads: nothing is decoded."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from host_stub.services.tenants.pictures import MAX_PIXELS, UnusablePicture, read_picture


def png(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that claims a size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    head = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 9 + head + b"\xff\xd9"


def webp(kind: bytes, body: bytes) -> bytes:
    rest = b"WEBP" + kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(rest)) + rest


BOMBS = {
    "png": png(60_000, 60_000),
    "png on one side": png(10, MAX_PIXELS + 1),
    "jpeg": jpeg(65_000, 65_000),
    "extended webp": webp(b"VP8X", b"\0" * 4 + (15_999).to_bytes(3, "little") * 2),
    "lossless webp": webp(b"VP8L", b"\x2f" + (0x3FFF | 0x3FFF << 14).to_bytes(4, "little") + b"\0" * 5),
    "lossy webp": webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 16_000, 16_000)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_pixel_bomb_is_refused_by_its_head(name: str) -> None:
    with pytest.raises(UnusablePicture) as refused:
        read_picture(BOMBS[name])

    assert refused.value.code == "too_many_pixels"


@pytest.mark.parametrize(
    "content",
    [b"Hello, this is a text called logo.png", png(0, 5), jpeg(0, 5), b"\xff\xd8\xff\xe0\x00\x10JFIF\xff\xd9"],
    ids=["text", "no width", "no columns", "no frame"],
)
def test_what_is_no_picture_is_called_so(content: bytes) -> None:
    with pytest.raises(UnusablePicture) as refused:
        read_picture(content)

    assert refused.value.code == "not_raster"


@pytest.mark.parametrize("size", [(1, 1), (MAX_PIXELS, 3), (640, 480)])
@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True}), ("WEBP", {}), ("WEBP", {"lossless": True})],
)
def test_real_pictures_are_taken_whatever_their_writer(
    kind: str, options: dict[str, bool], size: tuple[int, int]
) -> None:
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, kind, **options)

    assert read_picture(file.getvalue()).content_type == f"image/{kind.lower()}"
