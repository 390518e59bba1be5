"""The boxes that an MP4 is made of (ISO/IEC 14496-12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NESTING = frozenset({b"moov", b"trak", b"moof", b"traf"})
"""Boxes in which such boxes may lie."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box of an MP4: its type and where that is, where its payload begins and ends in the file."""

    kind: bytes
    kind_at: int
    begin: int
    end: int


def count_boxes(content: bytes, most: int) -> int:
    """Count the boxes within a box, and in those that are looked into; no further than one too many."""
    count, inside = 0, [(0, len(content))]
    while inside:
        for box in list_boxes(content, *inside.pop()):
            count += 1
            if count > most:
                return count
            if box.kind in NESTING or box.kind in {b"mdia", b"minf", b"stbl"}:
                inside.append((box.begin, box.end))
    return count


def parse_box(head: bytes, position: int, limit: int) -> Box | None:
    """Read a box's first bytes; None if they are none's, or it reaches beyond the limit."""
    length, kind, header = int.from_bytes(head[:4], "big"), head[4:8], 8
    if length == 1:
        length, header = int.from_bytes(head[8:16], "big"), 16
    elif length == 0:
        length = limit - position
    if length < header or position + length > limit:
        return None
    return Box(kind, position + 4, position + header, position + length)


def list_boxes(content: bytes, begin: int, end: int) -> Iterator[Box]:
    """Go through the boxes between two places, as far as they are some."""
    position = begin
    while position + 8 <= end:
        box = parse_box(content[position : position + 16], position, end)
        if box is None:
            return
        yield box
        position = box.end


def find_boxes(index: bytes, box: Box, kind: bytes, *rest: bytes) -> Iterator[Box]:
    """Find the boxes that a path of kinds leads to."""
    for inner in list_boxes(index, box.begin, box.end):
        if inner.kind == kind:
            yield from find_boxes(index, inner, *rest) if rest else (inner,)
