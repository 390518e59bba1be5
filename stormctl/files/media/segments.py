"""Take out of a picture's file what is no picture: places, names, times, thumbnails, what hangs on behind.

Nothing is decoded, so that not a pixel changes. What is not known to be needed for showing is left out. What
decoding will cost is counted on the way: a small file may ask for hours and gigabytes.
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

MOST_PIXELS = 50_000_000
"""Pixels of a picture, or of one of a GIF: those of the best telephones have so many."""

MOST_WEBP_PIXELS = 16_000_000
"""The same of a WEBP, whose decoder holds four copies of it."""

MOST_FRAMES, MOST_FRAME_PIXELS, GIF_SIDES = 350, 300_000_000, (1280, 1080)
"""Pictures of a GIF, the pixels of all of them, its width and height (source: docs.x.com media, 2026-08)."""

MOST_PIECES = 50_000
"""Segments or chunks of a file; cameras and editors write some thousand."""

MOST_SCANNED = 500_000_000
"""Pixels that the scans of a JPEG go over, which takes a second or two: common ones have about ten scans."""

MOST_BUFFERED = 160_000_000
"""Bytes of a JPEG's coefficients, which are held in memory all at once where it has several scans."""

_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""A marker other than those that stand within a JPEG's entropy-coded data (ITU-T T.81, B.1.1)."""

_FILL = re.compile(rb"\xff{1,1024}")
"""A marker begins with any number of these; nobody writes more than a few."""

_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_TOLD = (b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0")
"""What a JPEG's APP1 begins with where it may tell how to set the picture upright."""

_JPEG_BARE = frozenset([0x01, *range(0xD0, 0xD8)])
_JPEG_END, _JPEG_SCAN, _JPEG_COMMENT = 0xD9, 0xDA, 0xFE
_GIF_EXTENSION, _GIF_IMAGE, _GIF_TRAILER = 0x21, 0x2C, 0x3B
_GIF_COMMENT, _GIF_APPLICATION = 0xFE, 0xFF


class DamagedError(ValueError):
    """The file breaks off, or is not built as its format says."""


class TooMuchError(ValueError):
    """Showing the file takes more time or memory than any picture needs: what there is too much of."""


def strip_jpeg(content: bytes, *, keeps_told: bool = False) -> bytes:
    """Return a JPEG without EXIF, XMP, IPTC, comments, thumbnails and whatever follows its end.

    The colour profile and Adobe's marker of the colour model stay.

    Args:
        keeps_told: whether the first EXIF and XMP stay too, for reading how to set the picture upright.

    Raises:
        DamagedError: it is not built as a JPEG.
        TooMuchError: decoding it would take too much.
    """
    if not content.startswith(b"\xff\xd8"):
        raise DamagedError
    kept, position = bytearray(b"\xff\xd8"), 2
    told = set(_JPEG_TOLD if keeps_told else ())
    cost = _JpegCost()
    while True:
        cost.add_piece()
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
        if code in _JPEG_FRAMES:
            cost.add_frame(payload)
        elif code == 0xE1 and (found := next((name for name in told if payload.startswith(name)), None)):  # noqa: PLR2004 - APP1
            told.remove(found)
            shown = payload
        if shown is not None:
            kept += bytes((0xFF, code)) + (len(shown) + 2).to_bytes(2, "big") + shown
        if code == _JPEG_SCAN:
            cost.add_scan()
            end = _SCAN_END.search(content, position)
            if end is None:
                raise DamagedError
            kept += content[position : end.start()].rstrip(b"\xff")
            position = end.start()


class _JpegCost:
    """What decoding a JPEG takes, as far as it is read."""

    def __init__(self) -> None:
        self._pieces = self._scans = self._scanned = self._pixels = self._buffered = 0

    def add_piece(self) -> None:
        self._pieces += 1
        if self._pieces > MOST_PIECES:
            raise TooMuchError("pieces")

    def add_frame(self, payload: bytes) -> None:
        """Count what a frame's head announces (ITU-T T.81, B.2.2)."""
        height, width = (int.from_bytes(_slice(payload, at, 2), "big") for at in (1, 3))
        factors = [(byte >> 4) * (byte & 0x0F) for byte in payload[7::3]]
        self._pixels += height * width
        if self._pixels > MOST_PIXELS:
            raise TooMuchError("pixels")
        self._buffered += 2 * height * width * sum(factors) // max(*factors, 1, 1)

    def add_scan(self) -> None:
        self._scans += 1
        self._scanned += self._pixels
        if self._scanned > MOST_SCANNED or self._scans > MOST_FRAMES:
            raise TooMuchError("scans")
        if self._scans > 1 and self._buffered > MOST_BUFFERED:
            raise TooMuchError("pixels")


def strip_png(content: bytes) -> bytes:
    """Return a PNG with only the chunks that its pixels and their colours need.

    Of an animated PNG the still picture stays, which is what the platforms show.

    Raises:
        DamagedError: it is not built as a PNG.
        TooMuchError: decoding it would take too much.
    """
    if not content.startswith(PNG_SIGNATURE):
        raise DamagedError
    if _read_number(content, 16) * _read_number(content, 20) > MOST_PIXELS:
        raise TooMuchError("pixels")
    kept, position = bytearray(PNG_SIGNATURE), len(PNG_SIGNATURE)
    for _ in range(MOST_PIECES):
        size = 12 + int.from_bytes(_slice(content, position, 4), "big")
        chunk = _slice(content, position, size)
        position += size
        if chunk[4:8] in PNG_SHOWN:
            kept += chunk
        if chunk[4:8] == b"IEND":
            return bytes(kept)
    raise TooMuchError("pieces")


def strip_gif(content: bytes) -> bytes:
    """Return a GIF with its pictures and how they follow each other, without comments and foreign data.

    Raises:
        DamagedError: it is not built as a GIF.
        TooMuchError: it has more pictures or pixels than X takes, by its heads.
    """
    if content[:6] not in {b"GIF87a", b"GIF89a"}:
        raise DamagedError
    frames, (width, height) = 0, _find_gif_corner(bytes(4) + content[6:10], 0)
    position = 13 + _gif_colours(_slice(content, 10, 1)[0])
    kept = bytearray(_slice(content, 0, position))
    while True:
        begun, kind = position, _slice(content, position, 1)[0]
        if kind == _GIF_TRAILER:
            return bytes(kept + b"\x3b")
        if kind == _GIF_IMAGE:
            frames += 1
            corner = _find_gif_corner(content, position + 1)
            width, height = max(width, corner[0]), max(height, corner[1])
            if frames > MOST_FRAMES or frames * width * height > MOST_FRAME_PIXELS:
                raise TooMuchError("frames")
            position += 11 + _gif_colours(_slice(content, position + 9, 1)[0])
        elif kind == _GIF_EXTENSION:
            position += 2
        else:
            raise DamagedError
        position = _skip_blocks(content, position)
        block = content[begun:position]
        if kind == _GIF_IMAGE or _is_shown_extension(block):
            kept += block


def check_webp(content: bytes) -> bool:
    """Return whether a WEBP is animated, by its head alone: merely opening one takes its pixels' memory.

    Raises:
        DamagedError: it is not built as a WEBP (RFC 9649, 2.3 to 2.7).
        TooMuchError: decoding it would take too much.
    """
    position, kind = 12, b""
    is_animated = False
    for _ in range(MOST_PIECES):
        if position + 8 > len(content):
            break
        kind = content[position : position + 4]
        body = content[position + 8 : position + 18]
        width = height = 0
        if kind == b"VP8X":
            is_animated = bool(_slice(body, 0, 1)[0] & 0x02)
            width, height = (1 + int.from_bytes(_slice(body, at, 3), "little") for at in (4, 7))
        elif kind == b"VP8L":
            bits = int.from_bytes(_slice(body, 1, 4), "little")
            width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        elif kind == b"VP8 ":
            width, height = (int.from_bytes(_slice(body, at, 2), "little") & 0x3FFF for at in (6, 8))
        if width * height > MOST_WEBP_PIXELS:
            raise TooMuchError("webp")
        size = int.from_bytes(content[position + 4 : position + 8], "little")
        position += 8 + size + size % 2
    else:
        raise TooMuchError("pieces")
    return is_animated


def _find_gif_corner(content: bytes, at: int) -> tuple[int, int]:
    """Return the far corner of the picture whose place and size stand here."""
    left, top, width, height = (
        int.from_bytes(_slice(content, at + step, 2), "little") for step in (0, 2, 4, 6)
    )
    width, height = left + width, top + height  # one that lies outside the screen enlarges it
    if width > GIF_SIDES[0] or height > GIF_SIDES[1]:
        raise TooMuchError("sides")
    return width, height


def _read_number(content: bytes, position: int) -> int:
    return int.from_bytes(_slice(content, position, 4), "big")


def _read_marker(content: bytes, position: int) -> tuple[int, int]:
    """Return the code of the marker at a position, and where what follows it begins."""
    fill = _FILL.match(content, position)
    if fill is None:
        raise DamagedError
    return _slice(content, fill.end(), 1)[0], fill.end() + 1


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
