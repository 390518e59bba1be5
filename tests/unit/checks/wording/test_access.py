from __future__ import annotations

from dataclasses import replace

import pytest

from stormctl.domain.bank.message import MediaKind
from tests.unit.checks.holding import codes, find
from tests.unit.domain.making import make_media, make_variant


def test_picture_needs_a_description() -> None:
    """A picture without one is an error at the line of the media."""
    (finding,) = find(make_variant(media=(make_media(" "),), lines=(("media", 4),)))

    assert (finding.code, finding.place.line, finding.message) == (
        "missing-alt",
        4,
        "images/boat.png has no description",
    )


@pytest.mark.parametrize("alt", ["boat", "BOAT.png", "IMG_2031", "image", "Screenshot 12", "march.jpeg"])
def test_file_name_is_no_description(alt: str) -> None:
    """A description that is only a file's name is an error."""
    assert codes(make_variant(media=(make_media(alt),))) == ["alt-is-file-name"]


@pytest.mark.parametrize("alt", ["A paper boat held in two hands", "Image of a boat", "Open door"])
def test_sentence_is_a_description(alt: str) -> None:
    """Words about what is to be seen are fine."""
    assert codes(make_variant(media=(make_media(alt),))) == []


def test_a_video_needs_captions() -> None:
    """A video without them is an error, one with them is fine, and pictures have none."""
    video = replace(make_media("A boat leaves"), kind=MediaKind.VIDEO, mime="video/mp4")

    assert codes(make_variant(media=(video,))) == ["missing-captions"]
    assert codes(make_variant(media=(replace(video, captions="messages/imd/boat.en.srt"),))) == []
