"""Tests of what is refused of a picture or video."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from PIL import Image

from stormctl.emulator.core.pictures import find_picture_fault, find_video_fault
from tests.campaigns import make_png
from tests.unit.files.films import MP3, make_box, make_mp4


def make_gif(frames: int, width: int, height: int) -> bytes:
    """Make a GIF of many small pictures."""
    head = b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + bytes(6)
    frame = b"!\xf9\4" + bytes(4) + b"\0\x2c" + struct.pack("<HHHH", 0, 0, 4, 4) + b"\0\2\1\x44\0"
    return head + frame * frames + b"\x3b"


def make_jpeg(width: int, height: int) -> bytes:
    """Make a JPEG of one colour, with segments before its frame."""
    file = BytesIO()
    Image.new("RGB", (width, height)).save(file, "JPEG", comment=b"\xff\xc0")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (make_png(4, 8192), None),
        (make_png(3, 9), "Image dimensions"),
        (make_png(8193, 9), "Image dimensions"),
        (make_jpeg(8192, 4), None),
        (make_jpeg(9, 3), "Image dimensions"),
        (make_jpeg(9, 8193), "Image dimensions"),
        (make_jpeg(9, 9)[:9], "breaks off"),
        (make_gif(350, 900, 900), None),
        (make_gif(351, 9, 9), "350 frames"),
        (make_gif(218, 1280, 1080), "300 million pixels"),
        (make_gif(1, 1281, 9), "GIF dimensions"),
        (make_gif(1, 9, 1081), "GIF dimensions"),
        (make_gif(1, 3, 9), "GIF dimensions"),
        (make_gif(1, 9, 9)[:30], "breaks off"),
    ],
)
def test_a_picture_is_refused_by_its_heads(content: bytes, fault: str | None) -> None:
    """4 to 8,192 pixels a side; a GIF with 1,280 by 1,080, 350 pictures and 300 million pixels at most."""
    found = find_picture_fault(content)

    assert found is None if fault is None else fault in (found or "")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (make_mp4(), None),
        (make_mp4(size=(720, 1280)), None),
        (make_mp4(handlers=(b"vide",), picture=b"avc3"), None),
        (make_mp4(picture=b"hvc1"), "video codec"),
        (make_mp4(picture=b"av01"), "video codec"),
        (make_mp4(sound=make_box(b"ac-3", bytes(31))), "audio codec"),
        (make_mp4(sound=MP3), "audio codec"),
        (make_mp4(size=(1920, 1080)), "Video dimensions"),
        (make_mp4(size=(1280, 1026)), "Video dimensions"),
        (make_mp4(handlers=(b"soun",)), "no video track"),
        (b"\0\0\0\x18ftypisom", "no video track"),
    ],
)
def test_a_video_is_refused_by_its_index(content: bytes, fault: str | None) -> None:
    """H.264 within 1,280 by 1,024 pixels, and AAC if it sounds."""
    found = find_video_fault(content)

    assert found is None if fault is None else fault in (found or "")
