"""Captions, whichever program wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.files.media.captions import Cue, parse_caption_name, parse_cues, read_captions, render_srt
from stormctl.files.media.problems import BadMediaError
from tests.unit.files.films import VTT

if TYPE_CHECKING:
    from tests.campaigns import CampaignFolder

SRT = (
    "1\r\n00:00:00,500 --> 00:00:02,000\r\nThe door\r\nis open.\r\n\r\n"
    "2\r\n01:00:03,000 --> 01:00:04,250\r\nFor all.\r\n"
)


def test_subrip_is_read() -> None:
    """Numbers are left out, lines of a cue stay together, hours count."""
    cues, problems = parse_cues(SRT)

    assert (Cue(500, 2000, "The door\nis open."), Cue(3_603_000, 3_604_250, "For all.")) == cues
    assert problems == []


def test_webvtt_is_read() -> None:
    """Titles, notes and where a cue stands are left out; hours may be missing."""
    assert parse_cues(VTT) == ((Cue(500, 2000, "The door is open."),), [])


def test_what_is_written_is_read_again() -> None:
    """SubRip written by us means the same."""
    cues, _ = parse_cues(SRT)

    assert parse_cues(render_srt(cues)) == (cues, [])


def test_a_file_is_given_back_as_subrip(campaign: CampaignFolder) -> None:
    """Both platforms take it, so that a WebVTT is written anew, without its mark of order."""
    path = campaign.write("a.en.vtt", "\ufeff" + VTT)

    assert read_captions("a.en.vtt", path).content == b"1\n00:00:00,500 --> 00:00:02,000\nThe door is open.\n"


def test_each_line_of_words_knows_its_place(campaign: CampaignFolder) -> None:
    """Findings about captions tell the line of the captions file, past notes and numbers."""
    subrip, webvtt = campaign.write("a.en.srt", SRT), campaign.write("a.en.vtt", VTT)

    assert read_captions("a.en.srt", subrip).lines == ((3, "The door"), (4, "is open."), (8, "For all."))
    assert read_captions("a.en.vtt", webvtt).lines == ((7, "The door is open."),)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("The door is open.", "“a.en.srt” contains no readable captions"),
        (
            "00:00:02,000 --> 00:00:01,000\nBackwards",
            "“a.en.srt” has lines that would be lost or shown as they are written",
        ),
        ("café".encode("latin-1"), "“a.en.srt” is not UTF-8"),
        (b" " * 524_289, "“a.en.srt” has 512 KiB; X takes 512"),
    ],
)
def test_what_is_no_captions_file_is_refused(
    campaign: CampaignFolder, content: str | bytes, message: str
) -> None:
    """No cue, a cue that ends before it begins, another encoding, too many bytes."""
    path = campaign.write("a.en.srt", content)

    with pytest.raises(BadMediaError) as caught:
        read_captions("a.en.srt", path)

    assert message == caught.value.message


TIME = "write it like 00:00:01,000 --> 00:00:04,000, in a line of its own below an empty one"


@pytest.mark.parametrize(
    ("source", "line", "message", "hint", "followed"),
    [
        ("00:00:01,5 --> 00:00:02,000\nOne.", 1, "“00:00:01,5 --> 00:00:02,000” is not the time of a caption",
         TIME, "00:00:01,500 --> 00:00:02,000\nOne."),
        ("1\n00:00:01,000 → 00:00:02,000\nOne.", 2,
         "“00:00:01,000 → 00:00:02,000” is not the time of a caption",
         TIME, "1\n00:00:01,000 --> 00:00:02,000\nOne."),
        ("00:00:01,000-->00:00:02,000\nOne.\n00:00:03,000-->00:00:04,000\nTwo.", 3,
         "“00:00:03,000-->00:00:04,000” is not the time of a caption", TIME,
         "00:00:01,000-->00:00:02,000\nOne.\n\n00:00:03,000-->00:00:04,000\nTwo."),
        ("00:00:01,000 --> 00:00:02,000\nOne,\n\nand two.", 4,
         "“and two.” has no time, and would not be shown",
         "remove the empty line above if it belongs to the caption before, or give it a time",
         "00:00:01,000 --> 00:00:02,000\nOne,\nand two."),
        ("00:00:03,000 --> 00:00:02,000\nOne.", 1, "the caption ends before it begins",
         "change one of its times", "00:00:01,000 --> 00:00:02,000\nOne."),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Maria>One.", 4, "<v Maria> would be shown as it is written",
         "leave out the tag; write “Maria: ” if it matters",
         "WEBVTT\n\n00:01.000 --> 00:02.000\nMaria: One."),
        ("1\n00:00:01,000 --> 00:00:02,000\nOne <i>two.", 3, "<i> would be shown as it is written",
         "leave out the tag", "1\n00:00:01,000 --> 00:00:02,000\nOne two."),
        ("1\n00:00:01,000 --> 00:00:02,000\nYou\n&amp; me.", 4, "&amp; would be shown as it is written",
         "write “&”", "1\n00:00:01,000 --> 00:00:02,000\nYou\n& me."),
    ],
)  # fmt: skip
def test_no_line_of_captions_is_lost(source: str, line: int, message: str, hint: str, followed: str) -> None:
    """What would not be shown, or with its tags, is a problem on its line; none once its hint is followed."""
    assert parse_cues(source)[1] == [(line, message, hint)]
    assert parse_cues(followed)[1] == []


def test_blanks_around_the_arrow_may_be_missing() -> None:
    """The caption counts all the same, and words that look like signs of markup do too."""
    cues, problems = parse_cues("00:00:01,000-->00:00:02,000\nI <3 you & me, 5 < 6 --> yes")

    assert (cues, problems) == ((Cue(1000, 2000, "I <3 you & me, 5 < 6 --> yes"),), [])


def test_the_name_says_the_language() -> None:
    """As the names of message files do."""
    assert parse_caption_name("videos/boat.es.srt") == "es"


@pytest.mark.parametrize("file", ["boat.srt", "boat.english.srt", "en.srt", "boat.en.txt", "boat"])
def test_a_name_without_a_language_is_refused(file: str) -> None:
    """It would be shown to the wrong people."""
    with pytest.raises(BadMediaError):
        parse_caption_name(file)
