"""Small videos for tests, made box by box."""

from __future__ import annotations

VTT = "WEBVTT\n\nNOTE for the editor\n\n1\n00:00.500 --> 00:02.000 align:start\nThe door is open.\n"


ESDS = b"\x03\x16\0\1\0\x04\x80\x80\x80\x0d\x40\x15" + bytes(11) + b"\x06\1\2"


def make_box(kind: bytes, payload: bytes) -> bytes:
    """Make a box of an MP4."""
    return (8 + len(payload)).to_bytes(4) + kind + payload


AAC = make_box(b"mp4a", bytes(28) + make_box(b"esds", bytes(4) + ESDS))
MP3 = make_box(b"mp4a", bytes(28) + make_box(b"esds", bytes(4) + ESDS.replace(b"\x0d\x40", b"\x0d\x6b")))


def make_track(handler: bytes, entry: bytes) -> bytes:
    """Make a track of a kind, with how its samples are coded."""
    table = make_box(b"stsd", bytes(7) + b"\1" + entry)
    media = make_box(b"hdlr", bytes(8) + handler + bytes(12)) + make_box(b"minf", make_box(b"stbl", table))
    return make_box(b"trak", make_box(b"mdia", media))


def make_mp4(
    seconds: float = 2.0,
    *,
    place: bytes = b"",
    handlers: tuple[bytes, ...] = (b"vide", b"soun"),
    brand: bytes = b"isom",
    wide: bool = False,
    picture: bytes = b"avc1",
    sound: bytes = AAC,
    size: tuple[int, int] = (1280, 720),
) -> bytes:
    """Make an MP4 with its index and no pictures; `place` stands where telephones write it."""
    ticks = int(seconds * 1000)
    times = bytes(20 if wide else 12)
    header = bytes([wide]) + times[1:] + (1000).to_bytes(4) + ticks.to_bytes(8 if wide else 4)
    width, height = size
    entries = {
        b"vide": make_box(picture, bytes(24) + width.to_bytes(2) + height.to_bytes(2) + bytes(50)),
        b"soun": sound,
    }
    tracks = b"".join(make_track(handler, entries.get(handler, b"")) for handler in handlers)
    told = make_box(b"udta", make_box(b"\xa9xyz", place)) if place else b""
    index = make_box(b"moov", make_box(b"mvhd", header) + tracks + told)
    return make_box(b"ftyp", brand + bytes(4) + b"isomiso2") + make_box(b"mdat", b"foo" * 9) + index
