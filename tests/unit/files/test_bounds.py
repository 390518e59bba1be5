"""Small files that are built to exhaust a machine."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from stormctl.checks.run import run_checks
from stormctl.files.bank.bank import load_bank
from stormctl.files.media.media import MediaShelf
from stormctl.files.media.problems import BadMediaError
from stormctl.files.schedules.schedule import load_storm
from tests.bounded import run_bounded
from tests.campaigns import ACME, make_chunk, make_schedule
from tests.unit.files.films import make_box, make_mp4

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.campaigns import CampaignFolder

ORIENTATION = 0x0112
SCHEDULE = make_schedule(dict.fromkeys(ACME, 'languages = ["en"]'), bank="imd")


def check(root: str) -> list[str]:
    """Check a campaign, in a process of its own; return the codes of what is wrong."""
    folder = Path(root)
    storm, findings = load_storm(folder, folder / "schedules/day.toml")
    bank, more = load_bank(folder, "imd")
    return sorted({found.code for found in (*findings, *more, *run_checks(storm, bank, None).findings)})


def look(argument: list[str]) -> str:
    """Look at a picture or video, in a process of its own; return what it is or why it can't be posted."""
    root, file = argument
    try:
        return MediaShelf(Path(root), "messages/imd").get(file, "x").mime
    except BadMediaError as problem:
        return problem.code


def jpeg(width: int, height: int, **options: Any) -> bytes:
    """Make a JPEG of one colour."""
    file = BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "JPEG", **options)
    return file.getvalue()


def many_scans(count: int) -> bytes:
    """Make a progressive JPEG whose last scan is repeated."""
    content = jpeg(1000, 1000, progressive=True)
    last = content.rfind(b"\xff\xda")
    return content[:last] + content[last:-2] * count + b"\xff\xd9"


def lying_photo() -> bytes:
    """Make a photo as the best telephones do, that is to be turned."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    return jpeg(7000, 7100, exif=exif)


def png(width: int, height: int, *extra: bytes) -> bytes:
    """Make an empty PNG in colours that can be seen through, with chunks before its pixels."""
    packer = zlib.compressobj()
    pixels = b"".join(packer.compress(bytes(1 + 4 * width)) for _ in range(height)) + packer.flush()
    head = make_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    body = head + b"".join(extra) + make_chunk(b"IDAT", pixels) + make_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def texts() -> bytes:
    """Make a PNG with texts of a megabyte each, and a colour profile of a hundred."""
    words = [make_chunk(b"zTXt", b"a%d\0\0" % n + zlib.compress(bytes(1_000_000))) for n in range(300)]
    return png(16, 16, make_chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(100_000_000))), *words)


def webp(width: int, height: int) -> bytes:
    """Make a lossless WEBP of one colour: no transforms, and five codes of one symbol each (RFC 9649)."""
    fields = [(0x2F, 8), (width - 1, 14), (height - 1, 14), (1, 1), (0, 6), *[(0b0001, 4)] * 5]
    bits = shift = 0
    for value, size in fields:
        bits |= value << shift
        shift += size
    data = bits.to_bytes((shift + 15) // 16 * 2, "little")
    body = b"WEBPVP8L" + len(data).to_bytes(4, "little") + data
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def gif(frames: int, width: int = 10, height: int = 10) -> bytes:
    """Make a GIF of many pictures."""
    head = b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + bytes(6)
    return head + (b"\x2c" + struct.pack("<HHHH", 0, 0, width, height) + b"\0\2\1\x44\0") * frames + b"\x3b"


def film(inner: bytes, outer: bytes = b"") -> bytes:
    """Make an MP4 from what its index holds and what lies before that."""
    return make_box(b"ftyp", b"isom" + bytes(4)) + outer + make_box(b"moov", inner)


MEDIA: dict[str, tuple[Callable[[], bytes], str]] = {
    "scans.jpg": (lambda: many_scans(10_000), "media-too-big"),
    "buffered.jpg": (lambda: jpeg(7000, 7000, progressive=True, subsampling=0), "media-too-big"),
    "telephone.jpg": (lying_photo, "image/jpeg"),
    "fill.jpg": (lambda: jpeg(16, 16)[:-2] + b"\xff" * 1_500_000 + b"\0\xff\xd9", "image/jpeg"),
    "fill-ahead.jpg": (lambda: b"\xff\xd8" + b"\xff" * 30_000_000 + jpeg(16, 16)[2:], "media-type"),
    "comments.jpg": (lambda: b"\xff\xd8" + b"\xff\xfe\0\2" * 5_000_000 + jpeg(16, 16)[2:], "media-too-big"),
    "pixels.webp": (lambda: webp(9400, 9400), "media-too-big"),
    "large.webp": (lambda: webp(4000, 4000), "image/png"),
    "pixels.png": (lambda: png(9400, 9400), "media-too-big"),
    "large.png": (lambda: png(7000, 7000), "image/png"),
    "wide.png": (lambda: png(9000, 5500), "image/png"),
    "chunks.png": (lambda: png(16, 16, make_chunk(b"IDAT", b"") * 3_000_000), "media-too-big"),
    "texts.png": (texts, "media-type"),
    "all-pixels.gif": (lambda: gif(300, 1000, 1010), "media-too-big"),
    "frames.gif": (lambda: gif(500_000), "media-too-big"),
    "pixels.gif": (lambda: gif(340, 1500, 1500), "media-too-big"),
    "screen.gif": (lambda: gif(1, 65_535, 65_535), "media-too-big"),
    "boxes.mp4": (lambda: film(make_box(b"free", b"") * 3_900_000), "media-type"),
    "outer.mp4": (lambda: film(b"", make_box(b"free", b"") * 3_900_000), "media-type"),
    "tracks.mp4": (
        lambda: film(make_box(b"trak", make_box(b"mdia", make_box(b"free", b"") * 1000)) * 1000),
        "media-type",
    ),
}


@pytest.mark.parametrize("file", MEDIA)
def test_a_media_file_costs_at_most_two_seconds_and_300_mb(campaign: CampaignFolder, file: str) -> None:
    """Pixels, scans, pictures, pieces and boxes are counted by their heads before anything is decoded."""
    make, expected = MEDIA[file]
    campaign.write(file, make())

    assert run_bounded("tests.unit.files.test_bounds:look", [str(campaign.root), file]) == expected


TEXTS = {
    "no blank": ("www." * 2000, "text-unreadable"),
    "hyphens": ("a-" * 30_000 + ".com", "text-unreadable"),
    "dots": (" ".join(["www." * 470] * 30), "too-long"),
    "labels": (" ".join(["a." * 50] * 600), "too-long"),
    "addresses": (" ".join(f"https://a{n}.com/b" for n in range(2800)), "too-long"),
    "domains": (" ".join(f"a{n}.com" for n in range(4000)), "too-long"),
    "schemes": (" ".join(["a" * 1999] * 30) + " b://c", "too-long"),
    "names": ("x.y " * 9000, "too-long"),
    "deadlines": ("---\nexpires: 2026-12-18 20:00 UTC\n---\n" + "{deadline} a.b " * 4000, "too-long"),
    "empty keys": ("---\n" + "".join(f"k{n}:\n" for n in range(7000)) + "---\nHello.", None),
    "unknown keys": ("---\n" + "".join(f"k{n}: x\n" for n in range(6000)) + "---\nHello.", "unknown-key"),
    "missing pictures": (
        "---\nmedia:\n" + "".join(f"- images/boot{n}.png\n" for n in range(1500)) + "---\nHello.",
        "media-missing",
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_reading_a_message_is_linear_in_its_length(campaign: CampaignFolder, name: str) -> None:
    """Whatever 64 KiB hold: what would take the square of their length is refused before it is parsed."""
    text, expected = TEXTS[name]
    campaign.write("a.en.md", f"{text}\n")
    campaign.write_schedule(SCHEDULE, "day")
    for number in range(1500 if name == "missing pictures" else 0):
        campaign.write(f"images/boat{number}.png", b"")

    codes = run_bounded("tests.unit.files.test_bounds:check", str(campaign.root))

    assert expected in codes or expected is None


@pytest.mark.parametrize("words", ["www." * 2000, "x.y z.a " * 9000, "a\n" * 40_000])
def test_captions_are_no_longer_than_speech(campaign: CampaignFolder, words: str) -> None:
    """They are held against the rules of texts, line by line."""
    campaign.write("a.mp4", make_mp4())
    campaign.write("a.en.srt", f"1\n00:00:01,000 --> 00:00:02,000\n{words}\n")
    campaign.write("a.en.md", "---\nmedia: [{file: a.mp4, alt: A boat, captions: a.en.srt}]\n---\nHello.\n")
    campaign.write_schedule(SCHEDULE, "day")

    assert "bad-captions" in run_bounded("tests.unit.files.test_bounds:check", str(campaign.root))


def test_a_run_without_blanks_is_told_with_its_line(campaign: CampaignFolder) -> None:
    """Before anything else of the file; the others are read."""
    campaign.write("a.en.md", "Dignity.\n\nfor " + "all" * 667 + "\n")
    campaign.write("b.en.md", "Dignity for " + "al" * 1000 + "\n")

    bank, findings = load_bank(campaign.root, "imd")

    assert [(str(f.place), f.code, f.message) for f in findings] == [
        (
            "messages/imd/a.en.md:3",
            "text-unreadable",
            "2001 characters without a space are not a message; at most 2000 are read",
        )
    ]
    assert [variant.message_id for variant in bank.variants] == ["b"]


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "[" * 3000,
        "x = [\n" + "[\n" * 50_000,
        "x = " + "1" * 3999,
        "x = [\n" + "{a=[\n" * 2000,
        " . ".join(["a"] * 50_000) + " = 1",
        "\n".join(f"k{n} = 1" for n in range(40_000)),
        'x = "' + "\\\\" * 300_000 + '"',
    ],
    ids=["nested", "nested over lines", "a long number", "tables", "steps", "keys", "large"],
)
def test_no_schedule_hangs_or_breaks_the_reader(campaign: CampaignFolder, source: str) -> None:
    """What nests without end or is too large is a finding like every other."""
    campaign.write("a.en.md", "Hello.\n")
    campaign.write_schedule(source, "day")

    codes = run_bounded("tests.unit.files.test_bounds:check", str(campaign.root))

    assert "schedule-syntax" in codes or "bad-value" in codes or "unknown-key" in codes
