"""What X refuses of a picture or video, by its bytes: a table of the emulator's own."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE_SIDES, GIF_SIDES, VIDEO_SIDES = (4, 8192), (1280, 1080), (1280, 1024)
"""Pixels: the least and the most of an image's sides, a GIF's width and height, a video's longer and shorter
side without a subscription (source: docs.x.com, media, 2026-08)."""

GIF_FRAMES, GIF_PIXELS = 350, 300_000_000
"""Pictures of a GIF, and the pixels of all of them (source: docs.x.com, media, 2026-08)."""

_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_GIF_EXTENSION, _GIF_IMAGE = 0x21, 0x2C
_NESTING = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}
_AAC = re.compile(rb"\x04(?:\x80\x80\x80)?.[\x40\x66-\x68]", re.DOTALL)


def find_picture_fault(content: bytes) -> str | None:
    """Return why X refuses a picture, as far as its heads tell; None if they don't."""
    try:
        if content[:4] == b"GIF8":
            return _find_gif_fault(content)
        if content[12:16] == b"IHDR":
            sides = struct.unpack_from(">II", content, 16)
        else:
            sides = _read_jpeg_sides(content) if content[:2] == b"\xff\xd8" else IMAGE_SIDES
    except (IndexError, struct.error):
        return "The file breaks off."
    least, most = IMAGE_SIDES
    if min(sides) < least or max(sides) > most:
        return "Image dimensions must be >= 4x4 and <= 8192x8192"
    return None


def find_video_fault(content: bytes, most: tuple[int, int] | None = VIDEO_SIDES) -> str | None:
    """Return why a platform refuses a video, by its index; None if it does not.

    Args:
        content: the file.
        most: pixels of its longer and its shorter side; None for any.
    """
    handler, has_picture = b"", False
    for kind, payload in _read_boxes(memoryview(content)):
        if kind == b"hdlr":
            handler = payload[8:12]
        elif kind == b"stsd" and handler == b"vide":
            has_picture = True
            width, height = (int.from_bytes(payload[at : at + 2], "big") for at in (40, 42))
            if payload[12:16] not in {b"avc1", b"avc3"}:
                return "Unsupported video codec: H.264 is required."
            if most and (max(width, height) > most[0] or min(width, height) > most[1]):
                return f"Video dimensions must be <= {most[0]}x{most[1]}"
        elif (
            kind == b"stsd"
            and handler == b"soun"
            and not (payload[12:16] == b"mp4a" and _AAC.search(payload))
        ):
            return "Unsupported audio codec: AAC is required."
    return None if has_picture else "The file has no video track."


def _find_gif_fault(content: bytes) -> str | None:
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    at, frames = 13 + _count_colours(flags), 0
    while at < len(content) and content[at] in {_GIF_EXTENSION, _GIF_IMAGE}:
        is_image = content[at] == _GIF_IMAGE
        frames += is_image
        at += 11 + _count_colours(content[at + 9]) if is_image else 2
        while content[at]:
            at += 1 + content[at]
        at += 1
    if min(width, height) < IMAGE_SIDES[0] or width > GIF_SIDES[0] or height > GIF_SIDES[1]:
        return "GIF dimensions must be >= 4x4 and <= 1280x1080"
    if frames > GIF_FRAMES or frames * width * height > GIF_PIXELS:
        return "A GIF has at most 350 frames and 300 million pixels."
    return None


def _count_colours(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _read_jpeg_sides(content: bytes) -> tuple[int, ...]:
    at = 2
    while content[at + 1] not in _JPEG_FRAMES:
        at += 2 + struct.unpack_from(">H", content, at + 2)[0]
    return struct.unpack_from(">HH", content, at + 5)


def _read_boxes(content: memoryview) -> Iterator[tuple[bytes, bytes]]:
    """Read the boxes of an MP4 in which tracks say what they are."""
    at, head = 0, 8
    while at + head <= len(content):
        size, kind = int.from_bytes(content[at : at + 4], "big"), bytes(content[at + 4 : at + 8])
        payload = content[at + head : at + size]
        if kind in _NESTING:
            yield from _read_boxes(payload)
        elif kind in {b"hdlr", b"stsd"}:
            yield kind, bytes(payload)
        if size == 1:  # a size of eight bytes follows
            size = int.from_bytes(content[at + 8 : at + 16], "big")
        at += max(size or len(content), head)
