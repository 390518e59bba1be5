"""Take out of a picture's file what is no picture: places, names, times, thumbnails, what hangs on behind.

Nothing is decoded, so that not a pixel changes. What is not known to be needed for showing is left out.
"""

from __future__ import annotations

import re

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

PNG_SHOWN = frozenset(
    [
        *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"),
        *(b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP", b"mDCV", b"cLLI"),
    ]
)
"""Chunks that pixels and their colours need (W3C PNG, third edition)."""

GIF_REPEATS = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0"})
"""Application extensions that say how often an animation repeats."""

_SCAN_END = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
"""A marker other than those that stand within a JPEG's entropy-coded data (ITU-T T.81, B.1.1)."""

_JPEG_BARE = frozenset([0x01, *range(0xD0, 0xD8)])
_JPEG_END, _JPEG_SCAN, _JPEG_COMMENT = 0xD9, 0xDA, 0xFE
_GIF_EXTENSION, _GIF_IMAGE, _GIF_TRAILER = 0x21, 0x2C, 0x3B
_GIF_COMMENT, _GIF_APPLICATION = 0xFE, 0xFF


class DamagedError(ValueError):
    """The file breaks off, or is not built as its format says."""


def strip_jpeg(content: bytes) -> bytes:
    """Return a JPEG without EXIF, XMP, IPTC, comments, thumbnails and whatever follows its end.

    The colour profile and Adobe's marker of the colour model stay.

    Raises:
        DamagedError: it is not built as a JPEG.
    """
    if not content.startswith(b"\xff\xd8"):
        raise DamagedError
    kept, position = bytearray(b"\xff\xd8"), 2
    while True:
        code, position = _read_marker(content, position)
        if code == _JPEG_END:
            return bytes(kept + b"\xff\xd9")
        if code in _JPEG_BARE:
            kept += bytes((0xFF, code))
            continue
        length = int.from_bytes(_slice(content, position, 2), "big")
        payload = _slice(content, position + 2, length - 2)
        position += length
        shown = _shown_segment(code, payload)
        if shown is not None:
            kept += bytes((0xFF, code)) + (len(shown) + 2).to_bytes(2, "big") + shown
        if code == _JPEG_SCAN:
            end = _SCAN_END.search(content, position)
            if end is None:
                raise DamagedError
            kept += content[position : end.start()]
            position = end.start()


def strip_png(content: bytes) -> bytes:
    """Return a PNG with only the chunks that its pixels and their colours need.

    Of an animated PNG the still picture stays, which is what the platforms show.

    Raises:
        DamagedError: it is not built as a PNG.
    """
    if not content.startswith(PNG_SIGNATURE):
        raise DamagedError
    kept, position = bytearray(PNG_SIGNATURE), len(PNG_SIGNATURE)
    while True:
        size = 12 + int.from_bytes(_slice(content, position, 4), "big")
        chunk = _slice(content, position, size)
        position += size
        if chunk[4:8] in PNG_SHOWN:
            kept += chunk
        if chunk[4:8] == b"IEND":
            return bytes(kept)


def strip_gif(content: bytes) -> bytes:
    """Return a GIF with its pictures and how they follow each other, without comments and foreign data.

    Raises:
        DamagedError: it is not built as a GIF.
    """
    if content[:6] not in {b"GIF87a", b"GIF89a"}:
        raise DamagedError
    position = 13 + _gif_colours(_slice(content, 10, 1)[0])
    kept = bytearray(_slice(content, 0, position))
    while True:
        begun, kind = position, _slice(content, position, 1)[0]
        if kind == _GIF_TRAILER:
            return bytes(kept + b"\x3b")
        if kind == _GIF_IMAGE:
            position += 11 + _gif_colours(_slice(content, position + 9, 1)[0])
        elif kind == _GIF_EXTENSION:
            position += 2
        else:
            raise DamagedError
        position = _skip_blocks(content, position)
        block = content[begun:position]
        if kind == _GIF_IMAGE or _is_shown_extension(block):
            kept += block


def _read_marker(content: bytes, position: int) -> tuple[int, int]:
    """Return the code of the marker at a position, and where what follows it begins."""
    if _slice(content, position, 1) != b"\xff":
        raise DamagedError
    while _slice(content, position, 1) == b"\xff":
        position += 1
    return content[position], position + 1


def _shown_segment(code: int, payload: bytes) -> bytes | None:
    """Return what of a JPEG's segment is kept; None if nothing."""
    if 0xC0 <= code <= 0xDF:  # frames, tables, scans  # noqa: PLR2004 - ITU-T T.81, table B.1
        return payload
    if code == 0xE0 and payload.startswith(b"JFIF\0"):  # noqa: PLR2004 - APP0
        return payload[:12] + b"\0\0"  # without its thumbnail, which may show what was cut away
    is_profile = code == 0xE2 and payload.startswith(b"ICC_PROFILE\0")  # noqa: PLR2004 - APP2
    is_model = code == 0xEE and payload.startswith(b"Adobe")  # noqa: PLR2004 - APP14
    return payload if is_profile or is_model else None


def _gif_colours(flags: int) -> int:
    """Return the bytes of the colour table that these flags announce."""
    return 3 * 2 ** ((flags & 0x07) + 1) if flags & 0x80 else 0


def _skip_blocks(content: bytes, position: int) -> int:
    """Return the position behind a GIF's run of data blocks."""
    while size := _slice(content, position, 1)[0]:
        position += 1 + size
    return position + 1


def _is_shown_extension(block: bytes) -> bool:
    if block[1] == _GIF_APPLICATION:
        return block[3:14] in GIF_REPEATS
    return block[1] != _GIF_COMMENT


def _slice(content: bytes, start: int, size: int) -> bytes:
    part = content[start : start + size] if size >= 0 else b""
    if size < 0 or len(part) != size:
        raise DamagedError
    return part
