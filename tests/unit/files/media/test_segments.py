"""What is cut out of pictures' files, and what stays."""

from __future__ import annotations

import contextlib
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stormctl.files.media.segments import (
    PNG_SIGNATURE,
    DamagedError,
    TooMuchError,
    strip_gif,
    strip_jpeg,
    strip_png,
)

if TYPE_CHECKING:
    from collections.abc import Callable

JFIF = b"JFIF\0\1\2\0\0\1\0\1"
GIF_HEAD = b"GIF89a" + b"\1\0\1\0\x80\0\0" + bytes(6)
GIF_IMAGE = b"\x2c" + bytes(4) + b"\1\0\1\0\0" + b"\2\2\x4c\1\0"


def segment(code: int, payload: bytes) -> bytes:
    """Make a segment of a JPEG."""
    return bytes((0xFF, code)) + (len(payload) + 2).to_bytes(2) + payload


def chunk(kind: bytes, payload: bytes = b"") -> bytes:
    """Make a chunk of a PNG, whose check sum nobody looks at here."""
    return len(payload).to_bytes(4) + kind + payload + bytes(4)


def extension(label: int, *blocks: bytes) -> bytes:
    """Make an extension of a GIF."""
    return b"\x21" + bytes([label]) + b"".join(bytes([len(b)]) + b for b in blocks) + b"\0"


SCAN = segment(0xDA, b"scan") + b"\x12\xff\x00\x34\xff\xd0\x56"
TABLES = segment(0xDB, b"quantization") + segment(0xC0, b"\x08\0\1\0\1\1\1\x11\0") + segment(0xC4, b"huffman")


def test_of_a_jpeg_only_what_shows_it_stays() -> None:
    """Frames, tables, scans, the colour profile and model; no thumbnail, and nothing behind the end."""
    shown = TABLES + segment(0xE2, b"ICC_PROFILE\0\1\1x") + segment(0xEE, b"Adobe\0d") + SCAN + b"\xff\xd9"
    told = b"".join(
        [
            segment(0xE0, b"JFXX\0\x10thumbnail"),
            segment(0xE1, b"Exif\0\0place"),
            segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0place"),
            segment(0xE2, b"MPF\0place"),
            segment(0xED, b"Photoshop 3.0\0name"),
            segment(0xEB, b"JP c2pa"),
            segment(0xFE, b"comment"),
        ]
    )
    content = b"\xff\xd8" + segment(0xE0, JFIF + b"\1\1rgb") + told + shown + b"trailing"

    assert strip_jpeg(content) == b"\xff\xd8" + segment(0xE0, JFIF + b"\0\0") + shown


def test_every_scan_of_a_progressive_jpeg_stays() -> None:
    """Between scans stand further tables; what hides between them goes."""
    between = segment(0xC4, b"more")
    content = b"\xff\xd8" + TABLES + SCAN + segment(0xE1, b"Exif\0\0") + between + SCAN + b"\xff\xff\xd9"

    assert strip_jpeg(content) == b"\xff\xd8" + TABLES + SCAN + between + SCAN + b"\xff\xd9"


def test_of_a_png_only_what_shows_it_stays() -> None:
    """Texts, times, EXIF, private chunks and the pictures of an animation go."""
    told = [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"acTL", b"fcTL", b"fdAT", b"prVt", b"caBX"]
    shown = chunk(b"IHDR", b"1") + chunk(b"iCCP", b"2") + chunk(b"tRNS") + chunk(b"IDAT", b"3")
    content = PNG_SIGNATURE + shown + b"".join(chunk(kind, b"place") for kind in told) + chunk(b"IEND")

    assert strip_png(content + b"trailing") == PNG_SIGNATURE + shown + chunk(b"IEND")


def test_of_a_gif_pictures_times_and_repeats_stay() -> None:
    """Comments and foreign application data go."""
    control, repeats = extension(0xF9, b"\0\7\0\0"), extension(0xFF, b"NETSCAPE2.0", b"\1\0\0")
    told = extension(0xFE, b"place", b"more") + extension(0xFF, b"XMP DataXMP", b"place")
    content = GIF_HEAD + repeats + told + control + GIF_IMAGE + told + control + GIF_IMAGE + b"\x3btrailing"

    assert strip_gif(content) == GIF_HEAD + repeats + (control + GIF_IMAGE) * 2 + b"\x3b"


@pytest.mark.parametrize(
    ("strip", "head"), [(strip_jpeg, b"\xff\xd8"), (strip_png, PNG_SIGNATURE), (strip_gif, GIF_HEAD)]
)
@given(tail=st.binary(max_size=80))
def test_whatever_the_bytes_are_they_are_stripped_or_damaged(
    strip: Callable[[bytes], bytes], head: bytes, tail: bytes
) -> None:
    """No file makes it fail in another way, or run on."""
    for content in (head + tail, tail):
        try:
            stripped = strip(content)
        except (DamagedError, TooMuchError):
            continue
        assert stripped == strip(stripped)


@pytest.mark.parametrize(
    ("count", "width", "height", "why"),
    [
        (350, 100, 100, None),
        (351, 100, 100, "frames"),
        (1, 1280, 1080, None),
        (1, 1281, 1080, "sides"),
        (1, 1280, 1081, "sides"),
        (217, 1280, 1080, None),
        (218, 1280, 1080, "frames"),
    ],
)
def test_a_gif_has_no_more_than_x_takes(count: int, width: int, height: int, why: str | None) -> None:
    """350 pictures, 1,280 by 1,080 pixels, 300 million in all, whatever each picture covers."""
    head = b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + bytes(6)
    content = head + (b"\x2c" + struct.pack("<HHHH", 0, 0, 4, 4) + b"\0\2\1\x44\0") * count + b"\x3b"

    with contextlib.nullcontext() if why is None else pytest.raises(TooMuchError, match=why):
        assert strip_gif(content) == content
