"""Small videos for tests, made box by box."""

from __future__ import annotations

VTT = "WEBVTT\n\nNOTE for the editor\n\n1\n00:00.500 --> 00:02.000 align:start\nThe door is open.\n"


def make_box(kind: bytes, payload: bytes) -> bytes:
    """Make a box of an MP4."""
    return (8 + len(payload)).to_bytes(4) + kind + payload


def make_mp4(
    seconds: float = 2.0,
    *,
    place: bytes = b"",
    handlers: tuple[bytes, ...] = (b"vide", b"soun"),
    brand: bytes = b"isom",
    wide: bool = False,
) -> bytes:
    """Make an MP4 with its index and no pictures; `place` stands where telephones write it."""
    ticks = int(seconds * 1000)
    times = bytes(20 if wide else 12)
    header = bytes([wide]) + times[1:] + (1000).to_bytes(4) + ticks.to_bytes(8 if wide else 4)
    tracks = b"".join(
        make_box(b"trak", make_box(b"mdia", make_box(b"hdlr", bytes(8) + handler + bytes(12))))
        for handler in handlers
    )
    told = make_box(b"udta", make_box(b"\xa9xyz", place)) if place else b""
    index = make_box(b"moov", make_box(b"mvhd", header) + tracks + told)
    return make_box(b"ftyp", brand + bytes(4) + b"isomiso2") + make_box(b"mdat", b"foo" * 9) + index
