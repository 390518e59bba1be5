"""Where the words of a wording stand in its files: line and column of the thing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.checks.case import CheckContext, place_of
from stormctl.files.bank.bank import load_bank
from tests.campaigns import CampaignFolder, make_png
from tests.unit.files.films import make_mp4

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.checks.case import Words


@pytest.fixture
def campaign(tmp_path: Path) -> CampaignFolder:
    """A campaign folder with a picture and a video."""
    folder = CampaignFolder(tmp_path)
    folder.write("boat.png", make_png())
    folder.write("door.mp4", make_mp4())
    folder.write("door.en.srt", "1\n00:00:01,000 --> 00:00:04,000\nWe left at night.\nQuietly.\n")
    return folder


def read(campaign: CampaignFolder, text: str, name: str = "a.en.md") -> list[Words]:
    """Write a file, and return its words."""
    campaign.write(name, text)
    bank, _ = load_bank(campaign.root, "small")
    return [words for words in CheckContext(None, bank, None).words if words.path.endswith(name)]


def places(words: list[Words], kind: str) -> list[tuple[str, str]]:
    """Return the texts of a kind with their places, the file left out."""
    return [
        (each.text, str(each.at()).partition(".md:")[2] or str(each.at()).partition(".srt:")[2])
        for each in words
        if each.kind == kind
    ]


def test_each_part_of_a_thread_has_its_place(campaign: CampaignFolder) -> None:
    """Also behind blank lines and blanks; a place within it is counted on from there."""
    words = read(campaign, "---\ntopic: x\n---\n\n  First, é\nand more.\n---\nSecond.\n")

    first, second = words
    assert places(words, "text") == [("First, é\nand more.", "5:3"), ("Second.", "8:1")]
    assert [str(first.at(start)).partition(".md:")[2] for start in (7, 9, 13)] == ["5:10", "6:1", "6:5"]
    assert str(second.at(3)).endswith(":8:4")


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("hashtags: [One, Two]", [("One", "2:12"), ("Two", "2:17")]),
        ("hashtags: [#One, '#Two']", [("One", "2:13"), ("Two", "2:20")]),
        ("hashtags: One, Two", [("One", "2:11"), ("Two", "2:16")]),
        ("hashtags:\n  - One\n  - Two", [("One", "3:5"), ("Two", "4:5")]),
    ],
)
def test_tags_of_front_matter_have_their_place(
    campaign: CampaignFolder, front: str, expected: list[tuple[str, str]]
) -> None:
    """However the list is written."""
    words = read(campaign, f"---\n{front}\n---\nText.\n")

    assert places(words, "tag") == expected


@pytest.mark.parametrize(
    ("front", "place"),
    [
        ('media: [{file: boat.png, alt: "A boat"}]', "2:32"),
        ("media:\n  - file: boat.png\n    alt: A boat", "4:10"),
        ("media: {file: boat.png, alt: A boat}", "2:30"),
    ],
)
def test_descriptions_have_their_place(campaign: CampaignFolder, front: str, place: str) -> None:
    """In a list or alone, in quotes or not."""
    words = read(campaign, f"---\n{front}\n---\nText.\n")

    assert places(words, "alt") == [("A boat", place)]


def test_links_and_captions_have_their_place(campaign: CampaignFolder) -> None:
    """A link where its address begins; captions in their own file."""
    front = "link: https://example.org/a\nmedia: [{file: door.mp4, alt: A door, captions: door.en.srt}]"
    campaign.write("a.en.md", f"---\n{front}\n---\nText.\n")
    bank, _ = load_bank(campaign.root, "small")

    words = list(CheckContext(None, bank, None).words)

    assert places(words, "link") == [("https://example.org/a", "2:7")]
    assert places(words, "caption") == [("We left at night.", "3:1"), ("Quietly.", "4:1")]


def test_what_a_label_takes_from_the_plain_wording_is_told_there(campaign: CampaignFolder) -> None:
    """A label's own words are its own; those that it inherits are not told twice."""
    front = 'link: https://example.org/a\nhashtags: [One]\nmedia: [{file: boat.png, alt: "A boat"}]'
    campaign.write("a.en.md", f"---\n{front}\n---\nText.\n")

    words = read(campaign, "---\nhashtags: [Two]\n---\nOn X.\n", "a.en.x.md")

    assert [(each.kind, each.text) for each in words] == [("text", "On X."), ("tag", "Two")]


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        ("media: boat.png", ["2:8"]),
        ("media: [boat.png, sea.png]", ["2:9", "2:19"]),
        ("media: {file: boat.png}", ["2:15"]),
        ("media:\n  - boat.png\n  - alt: The sea\n    file: sea.png", ["3:5", "5:11"]),
    ],
)
def test_files_of_media_have_their_place(campaign: CampaignFolder, media: str, expected: list[str]) -> None:
    """However the list is written, each has its own."""
    campaign.write("sea.png", make_png())
    campaign.write("a.en.md", f"---\n{media}\n---\nText.\n")
    bank, _ = load_bank(campaign.root, "small")

    [variant] = bank.variants

    found = [place_of(variant, f"media.{number}") for number in range(len(expected))]
    assert [str(place).partition(".md:")[2] for place in found] == expected


def test_a_value_is_where_it_is_written(campaign: CampaignFolder) -> None:
    """In the plain file what a label inherits, in its own what it says; without a plain one, its own."""
    campaign.write("a.en.md", "---\nas_of: 2026-01-01\npriority: 5\n---\nText.\n")
    campaign.write("a.en.x.md", "---\npriority: 3\n---\nOn X.\n")
    campaign.write("a.es.x.md", "Por X.\n")
    bank, _ = load_bank(campaign.root, "small")
    case = CheckContext(None, bank, None)
    plain, label, alone = bank.variants

    sources = [
        case.source_of(variant, key).name
        for variant, key in [(plain, "as_of"), (label, "as_of"), (label, "priority"), (alone, "as_of")]
    ]

    assert sources == ["a.en", "a.en", "a.en.x", "a.es.x"]


def test_an_edit_says_what_stands_there(campaign: CampaignFolder) -> None:
    """With it a file is mended only if nobody has changed it meanwhile."""
    [words] = read(campaign, "First line.\nA **bold** word.\n")

    edit = words.edit(14, 22, "bold")

    assert edit is not None
    assert (edit.old, edit.new, edit.place.line, edit.place.column) == ("**bold**", "bold", 2, 3)
