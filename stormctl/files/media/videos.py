"""Videos as they go out: MP4 by their bytes, of a length that X takes, without the place of their making.

A video is too big for the ledger: it stays a file, and every runner checks its digest.
"""

from __future__ import annotations

import hashlib
import re
from itertools import islice
from typing import TYPE_CHECKING

from stormctl.domain.base.phrase import Phrase
from stormctl.files.media.boxes import NESTING, Box, count_boxes, find_boxes, list_boxes, parse_box
from stormctl.files.media.problems import BadMediaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

MAX_VIDEO_BYTES = 512_000_000
"""Bytes of a video (source: docs.x.com media, 2026-08: 512 MB)."""

SECONDS = (0.5, 140.0)
"""The shortest and the longest video (source: docs.x.com media, 2026-08)."""

VIDEO_MIME = "video/mp4"
VIDEO_SUFFIXES = frozenset({".mp4", ".m4v"})
FOREIGN_SUFFIXES = frozenset({".mov", ".webm", ".avi", ".mkv"})
"""Videos that people have and that not both platforms take."""

MAX_INDEX_BYTES = 32_000_000
"""Bytes of a video's index (`moov`); those of two minutes have some hundred thousand."""

MOST_BOXES = 20_000
"""Boxes that are looked at, nested ones too; two minutes of video cut into fragments have some thousand."""

_TELLING = frozenset({b"udta", b"meta", b"uuid"})
"""Boxes that hold what is no picture and no sound: titles, makers, places (ISO/IEC 14496-12; Apple's
`©xyz` and `com.apple.quicktime.location.ISO6709` are in them)."""

_TRACES = frozenset({b"meta", b"camm", b"mebx", b"gpmd"})
"""Handlers of tracks that record where the camera was and how it moved."""

MAX_SIDES = (1280, 1024)
"""Pixels of a video's longer and shorter side, without a subscription (source: docs.x.com media, 2026-08)."""

_HEVC, _DOLBY = Phrase("HEVC (H.265), as telephones film"), "Dolby (AC-3)"
_CODES = {b"hvc1": _HEVC, b"hev1": _HEVC, b"av01": "AV1", b"vp09": "VP9", b"ac-3": _DOLBY, b"ec-3": _DOLBY}
"""Coded pictures and sounds that people have and X does not take, by their sample entries (mp4ra.org)."""

_AAC = re.compile(rb"\x04[\x80-\xff]{0,3}[\x0d-\x7f][\x40\x66\x67\x68]")
"""A decoder's description of the kind AAC (ISO/IEC 14496-1, 7.2.6.6; object types of mp4ra.org)."""

_EXPORT = Phrase("export it as MP4 (H.264 and AAC)")
_EXPORT_SMALL = Phrase(
    "{export} at 1280×720; a telephone films so with “Most Compatible” and 720p", export=_EXPORT
)


class CleanVideo:
    """A video's bytes as they go out, read piece by piece: half a gigabyte is never held in memory.

    Boxes with titles, makers and places are blank. They become free space, so that nothing else has to
    move, and the length stays.

    Args:
        read: reads the file from one place to another.
        size: bytes of the file.
    """

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        self._read = read
        self._size = size
        self._blanks = tuple(_find_telling(read, size))

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, piece: slice) -> bytes:
        start, stop, _ = piece.indices(self._size)
        content = bytearray(self._read(start, max(start, stop)))
        for box in self._blanks:
            _overlay(content, box.kind_at - start, b"free")
            first, last = max(box.begin - start, 0), min(box.end - start, len(content))
            if first < last:
                content[first:last] = bytes(last - first)
        return bytes(content)


def examine_video(file: str, path: Path) -> int:
    """Check a video by its bytes; return how many it has.

    Args:
        file: as the message names it, for the finding.

    Raises:
        BadMediaError: it is no MP4 that X takes, or records where the camera was.
        OSError: it can't be read.
    """
    size = path.stat().st_size
    if size > MAX_VIDEO_BYTES:
        message = Phrase(
            "“{file}” has {number:.0f} MB; X takes {number2:.0f} MB",
            file=file,
            number=size / 1e6,
            number2=MAX_VIDEO_BYTES / 1e6,
        )
        raise BadMediaError("media-too-big", message, Phrase("export it with a lower bit rate"))
    with path.open("rb") as opened:
        index = _read_index(file, opened, size)
    inner = list(list_boxes(index, 0, len(index)))
    _check_tracks(file, index, [box for box in inner if box.kind == b"trak"])
    seconds = _seconds(index, inner)
    shortest, longest = SECONDS
    if seconds is not None and not shortest <= seconds <= longest:
        message = Phrase(
            "“{file}” lasts {seconds:.1f} s; X takes {shortest:g} to {longest:g} s",
            file=file,
            seconds=seconds,
            shortest=shortest,
            longest=longest,
        )
        raise BadMediaError("media-too-long", message, Phrase("cut it"))
    return size


def _check_tracks(file: str, index: bytes, tracks: list[Box]) -> None:
    """Refuse what X does not take, which would be known on the day only, after the upload; and places."""
    has_picture = False
    for track in tracks:
        handler = _handler_of(index, track)
        if handler in _TRACES:
            message = Phrase(
                "“{file}” has a track that records where the camera was, or how it moved", file=file
            )
            raise BadMediaError(
                "media-type", message, Phrase("{export}: pictures and sound only", export=_EXPORT)
            )
        for entry in _entries_of(index, track):
            content = index[entry.begin : entry.end]
            if handler == b"vide":
                has_picture = True
                _check_picture(file, entry.kind, content)
            elif handler == b"soun" and (entry.kind != b"mp4a" or not _AAC.search(content)):
                found = (
                    Phrase("MP3 or the like")
                    if entry.kind == b"mp4a"
                    else _CODES.get(entry.kind, repr(entry.kind)[2:-1])
                )
                message = Phrase("the sound of “{file}” is {found}; X takes AAC", file=file, found=found)
                raise BadMediaError("media-type", message, _EXPORT)
    if not has_picture:
        raise BadMediaError(
            "media-type",
            Phrase("“{file}” has no picture", file=file),
            Phrase("no sound goes out alone: {export}", export=_EXPORT),
        )


def _check_picture(file: str, code: bytes, content: bytes) -> None:
    if code not in {b"avc1", b"avc3"}:
        message = Phrase(
            "the picture of “{file}” is {found}; X takes H.264",
            file=file,
            found=_CODES.get(code, repr(code)[2:-1]),
        )
        raise BadMediaError("media-type", message, _EXPORT_SMALL)
    width, height = (int.from_bytes(content[at : at + 2], "big") for at in (24, 26))
    if max(width, height) > MAX_SIDES[0] or min(width, height) > MAX_SIDES[1]:
        message = Phrase(
            "“{file}” has {width}×{height} pixels; X takes {max_sides}×{max_sides2}",
            file=file,
            width=width,
            height=height,
            max_sides=MAX_SIDES[0],
            max_sides2=MAX_SIDES[1],
        )
        raise BadMediaError("media-too-big", message, _EXPORT_SMALL)


def hash_video(path: Path, captions: bytes | None) -> str:
    """Return the SHA-256, in hex, of a video's file followed by its captions."""
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256")
    digest.update(captions or b"")
    return digest.hexdigest()


def _read_index(file: str, opened: BinaryIO, size: int) -> bytes:
    """Return the payload of the video's `moov` box."""
    head = opened.read(12)
    if head[4:8] != b"ftyp":
        raise BadMediaError("media-type", Phrase("“{file}” is not an MP4 video", file=file), _EXPORT)
    if head[8:12] == b"qt  ":
        raise BadMediaError("media-type", Phrase("“{file}” is really a QuickTime film", file=file), _EXPORT)
    index, position, count = None, 0, 0
    while position + 8 <= size:
        opened.seek(position)
        box = parse_box(opened.read(16), position, size)
        if box is None:
            break
        count += 1
        if box.kind in NESTING:
            if box.end - box.begin > MAX_INDEX_BYTES:
                break
            opened.seek(box.begin)
            inner = opened.read(box.end - box.begin)
            count += count_boxes(inner, MOST_BOXES - count)
            index = inner if index is None and box.kind == b"moov" else index
        if count > MOST_BOXES:
            message = Phrase("“{file}” is split into more pieces than any program makes", file=file)
            raise BadMediaError("media-type", message, _EXPORT)
        position = box.end
    if index is not None:
        return index
    raise BadMediaError(
        "media-type", Phrase("“{file}” is damaged: it has no index that could be read", file=file), _EXPORT
    )


def _find_telling(read: Callable[[int, int], bytes], size: int) -> Iterator[Box]:
    """Find the boxes of a file that tell of more than pictures and sound.

    Of its outer boxes only the heads are read, and whole only those in which others lie.
    """
    position = 0
    while position + 8 <= size:
        box = parse_box(read(position, min(position + 16, size)), position, size)
        if box is None:
            return
        if box.kind in _TELLING:
            yield box
        elif box.kind in NESTING:
            inner, at = read(box.begin, box.end), box.begin
            for found in _telling(inner, 0, len(inner), 1):
                yield Box(found.kind, found.kind_at + at, found.begin + at, found.end + at)
        position = box.end


def _overlay(content: bytearray, place: int, word: bytes) -> None:
    """Write a word over a piece of a file, as far as it lies in it."""
    for at, byte in enumerate(word, place):
        if 0 <= at < len(content):
            content[at] = byte


def _telling(content: bytes, begin: int, end: int, depth: int) -> Iterator[Box]:
    for box in list_boxes(content, begin, end):
        if box.kind in _TELLING:
            yield box
        elif box.kind in NESTING and depth < len(NESTING):
            yield from _telling(content, box.begin, box.end, depth + 1)


def _handler_of(index: bytes, track: Box) -> bytes:
    return next(
        (index[box.begin + 8 : box.begin + 12] for box in find_boxes(index, track, b"mdia", b"hdlr")), b""
    )


def _entries_of(index: bytes, track: Box) -> Iterator[Box]:
    """Return how a track's samples are coded, behind the eight bytes that count them; one way is common."""
    for table in find_boxes(index, track, b"mdia", b"minf", b"stbl", b"stsd"):
        yield from islice(list_boxes(index, table.begin + 8, table.end), 16)


def _seconds(index: bytes, inner: list[Box]) -> float | None:
    """Return how long the video lasts; None where its header does not tell."""
    header = next((box for box in inner if box.kind == b"mvhd"), None)
    if header is None:
        return None
    payload = index[header.begin : header.end]
    wide = payload[:1] == b"\1"
    scale_at, width = (20, 8) if wide else (12, 4)
    scale = int.from_bytes(payload[scale_at : scale_at + 4], "big")
    ticks = int.from_bytes(payload[scale_at + 4 : scale_at + 4 + width], "big")
    return ticks / scale if scale and ticks else None
