"""Tests of how X measures and shows a text."""

from __future__ import annotations

import pytest

from stormctl.emulator.x.text import (
    count_cashtags,
    describe,
    media_link,
    normalise,
    shorten_links,
    weighted_length,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a" * 281, 281), ("https://example.org/a/very/long/address/of/all", 23), ("日本語", 6), ("e\u0301", 1)],
)
def test_texts_weigh_what_x_counts(text: str, expected: int) -> None:
    """Links weigh 23, CJK 2, and composed letters 1."""
    assert expected == weighted_length(text)


def test_every_link_becomes_a_short_one() -> None:
    """Links, bare domains too, are replaced, each by its own; entities tell where they lead."""
    shown, links = shorten_links("see https://example.org/act and example.org, again", "42")

    text, entities = describe(shown, links)
    urls = entities["urls"]

    assert f"see {links[0].url} and {links[1].url}, again" == shown
    assert [url["expanded_url"] for url in urls] == ["https://example.org/act", "http://example.org"]
    assert [url["url"] for url in urls] == [text[url["start"] : url["end"]] for url in urls]


def test_marks_are_escaped_and_tags_are_found_in_the_escaped_text() -> None:
    """X answers `&amp;`; entities point into what it answers."""
    text, entities = describe("R&D <3 #MigrantsDay by @UNmigration", ())

    tag, mention = entities["hashtags"][0], entities["mentions"][0]

    assert text == "R&amp;D &lt;3 #MigrantsDay by @UNmigration"
    assert text[tag["start"] : tag["end"]] == "#MigrantsDay"
    assert mention["username"] == "UNmigration"


def test_media_add_one_link_with_an_entity_for_each() -> None:
    """Two pictures share a link at the end of the text."""
    link = media_link("migrants_day", "42", ("3_1", "3_2"))

    _, entities = describe(f"text {link.url}", (link,))

    assert [url["media_key"] for url in entities["urls"]] == ["3_1", "3_2"]
    assert link.expanded == "https://x.com/migrants_day/status/42/photo/1"


def test_duplicates_are_compared_without_regard_to_white_space() -> None:
    """Line breaks, double spaces and the form of accents make no difference."""
    assert normalise("Cafe\u0301  now\n") == normalise("Café now")
    assert count_cashtags("$ABC and $DEF cost $5") == 2
