"""Videos as their boxes show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stormctl.files.media.problems import BadMediaError
from stormctl.files.media.videos import CleanVideo, examine_video
from tests.unit.files.films import MP3, make_box, make_mp4

if TYPE_CHECKING:
    from pathlib import Path

    from tests.campaigns import CampaignFolder


def open_film(film: bytes) -> CleanVideo:
    """Return a film as it goes out, to be read in pieces."""
    return CleanVideo(lambda start, stop: film[start:stop], len(film))


def clean_video(film: bytes) -> bytes:
    """Return a film as it goes out."""
    return open_film(film)[:]


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("seconds", [0.5, 140.0])
def test_a_video_of_the_right_length_is_taken(campaign: CampaignFolder, seconds: float, wide: bool) -> None:
    """Half a second to 140 seconds, whichever way the header writes them."""
    path = campaign.write("a.mp4", make_mp4(seconds, wide=wide))

    assert path.stat().st_size == examine_video("a.mp4", path)


def test_a_video_that_does_not_tell_its_length_is_taken(campaign: CampaignFolder) -> None:
    """A stream's index has no duration; X looks for itself."""
    path = campaign.write("a.mp4", make_mp4(0.0))

    assert examine_video("a.mp4", path)


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (make_mp4(140.1), "media-too-long", "“a.mp4” lasts 140.1 s; X takes 0.5 to 140 s"),
        (make_mp4(0.4), "media-too-long", "“a.mp4” lasts 0.4 s; X takes 0.5 to 140 s"),
        (make_mp4(brand=b"qt  "), "media-type", "“a.mp4” is really a QuickTime film"),
        (b"RIFF....AVI LIST", "media-type", "“a.mp4” is not an MP4 video"),
        (b"", "media-type", "“a.mp4” is not an MP4 video"),
        (make_mp4()[:-9], "media-type", "“a.mp4” is damaged: it has no index that could be read"),
        (
            make_mp4(handlers=(b"vide", b"meta")),
            "media-type",
            "“a.mp4” has a track that records where the camera was, or how it moved",
        ),
    ],
)
def test_what_the_platforms_do_not_take_is_refused(
    campaign: CampaignFolder, content: bytes, code: str, message: str
) -> None:
    """Length, type, damage and tracks of places are found by the bytes."""
    path = campaign.write("a.mp4", content)

    with pytest.raises(BadMediaError) as caught:
        examine_video("a.mp4", path)

    assert (code, message) == (caught.value.code, caught.value.message)


def test_a_video_that_is_too_big_is_refused_unread(campaign: CampaignFolder) -> None:
    """Half a gigabyte is the end."""
    path: Path = campaign.write_sparse("a.mp4", 512_000_001)

    with pytest.raises(BadMediaError, match="X takes 512 MB"):
        examine_video("a.mp4", path)


def test_cleaning_blanks_what_tells_of_places_and_moves_nothing() -> None:
    """Titles and places become free space; pictures, sound and their addresses stay."""
    told = make_box(b"meta", b"com.apple.quicktime.location.ISO6709 +52.5200+013.4050/")
    film = make_mp4(place=b"+52.5200+013.4050/") + told + make_box(b"uuid", b"secret")

    clean = clean_video(film)

    assert len(film) == len(open_film(film)) == len(clean)
    assert film[: film.index(b"udta")] == clean[: film.index(b"udta")]
    assert not any(word in clean for word in (b"+52.52", b"secret", b"udta", b"meta", b"uuid"))
    assert clean == clean_video(clean)


@pytest.mark.parametrize("size", [1, 3, 7, 64])
def test_a_video_is_the_same_in_pieces_of_any_size(size: int) -> None:
    """Wherever a piece ends, in a box's name or in the middle of a place; also in a box of the wide kind."""
    told = make_box(b"uuid", b"secret" * 9)
    wide = (1).to_bytes(4) + b"udta" + (16 + 40).to_bytes(8) + b"+52.5200+013.4050/".ljust(40)
    video = open_film(make_mp4(place=b"+52.5200+013.4050/") + told + wide)

    pieces = [video[start : start + size] for start in range(0, len(video), size)]

    assert b"".join(pieces) == video[:]
    assert b"+52.52" not in video[:]
    assert video[:].endswith((1).to_bytes(4) + b"free" + (56).to_bytes(8) + bytes(40))


@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 255))
def test_whatever_the_bytes_are_cleaning_keeps_their_number(tail: bytes, place: int, byte: int) -> None:
    """Damaged boxes are left as they are, and no nesting is too deep."""
    film = bytearray(make_box(b"moov", make_box(b"moov", tail) * 2) + make_mp4(place=b"+52") + tail)
    film[place % len(film)] = byte

    assert len(clean_video(bytes(film))) == len(film)


def test_boxes_within_boxes_come_to_an_end() -> None:
    """A file may be built to exhaust whoever looks into it."""
    film = b""
    for _ in range(3000):
        film = make_box(b"moov", film)

    assert clean_video(film) == film


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (
            make_mp4(picture=b"hvc1"),
            "media-type",
            "the picture of “a.mp4” is HEVC (H.265), as telephones film; X takes H.264",
        ),
        (
            make_mp4(picture=b"hev1"),
            "media-type",
            "the picture of “a.mp4” is HEVC (H.265), as telephones film; X takes H.264",
        ),
        (make_mp4(picture=b"av01"), "media-type", "the picture of “a.mp4” is AV1; X takes H.264"),
        (
            make_mp4(picture=b"encv"),
            "media-type",
            "the picture of “a.mp4” is encv; X takes H.264",
        ),
        (
            make_mp4(sound=make_box(b"ac-3", bytes(31))),
            "media-type",
            "the sound of “a.mp4” is Dolby (AC-3); X takes AAC",
        ),
        (make_mp4(sound=MP3), "media-type", "the sound of “a.mp4” is MP3 or the like; X takes AAC"),
        (make_mp4(size=(1920, 1080)), "media-too-big", "“a.mp4” has 1920×1080 pixels; X takes 1280×1024"),
        (make_mp4(size=(1080, 1920)), "media-too-big", "“a.mp4” has 1080×1920 pixels; X takes 1280×1024"),
        (make_mp4(size=(1280, 1025)), "media-too-big", "“a.mp4” has 1280×1025 pixels; X takes 1280×1024"),
        (make_mp4(handlers=(b"soun",)), "media-type", "“a.mp4” has no picture"),
        (make_mp4(handlers=()), "media-type", "“a.mp4” has no picture"),
    ],
)
def test_a_video_is_coded_and_sized_as_x_takes_it(
    campaign: CampaignFolder, content: bytes, code: str, message: str
) -> None:
    """Otherwise X refuses it on the day, once it is uploaded; the hint says how to export it."""
    path = campaign.write("a.mp4", content)

    with pytest.raises(BadMediaError) as caught:
        examine_video("a.mp4", path)

    assert (code, message) == (caught.value.code, caught.value.message)
    assert "export it as MP4 (H.264 and AAC)" in caught.value.hint


@pytest.mark.parametrize(
    "content",
    [
        make_mp4(handlers=(b"vide",)),
        make_mp4(size=(720, 1280)),
        make_mp4(size=(1280, 1024)),
        make_mp4(picture=b"avc3"),
        make_mp4(handlers=(b"vide", b"soun", b"text")),
    ],
)
def test_a_video_may_be_silent_or_stand_upright(campaign: CampaignFolder, content: bytes) -> None:
    """Sound is no duty, and 1,280 is the longer side, whichever that is."""
    path = campaign.write("a.mp4", content)

    assert path.stat().st_size == examine_video("a.mp4", path)


@pytest.mark.parametrize("depth", range(5))
def test_the_boxes_of_a_track_are_counted_before_they_are_read(campaign: CampaignFolder, depth: int) -> None:
    """However deep they lie: 20,000 at most, with those around them."""
    content = make_box(b"free", b"") * 20_001
    for kind in (b"trak", b"mdia", b"minf", b"stbl")[:depth][::-1]:
        content = make_box(kind, content)
    path = campaign.write("a.mp4", make_mp4()[:24] + make_box(b"moov", content))

    with pytest.raises(BadMediaError, match="split into more pieces than any program makes"):
        examine_video("a.mp4", path)
