from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stormctl.checks.wording.text import may_be_longer
from stormctl.domain.text.reader import read
from tests.unit.checks.holding import codes, find
from tests.unit.domain.making import make_media, make_rule, make_storm, make_variant


def test_long_post_is_told_by_how_much() -> None:
    """The finding counts as X does, with the link, and names channel and excess."""
    variant = make_variant(text="日" * 140, link="https://example.org/a/very/long/path/to/the/page")

    (finding,) = find(variant)

    assert (finding.code, finding.message) == (
        "too-long",
        "the post is 25 too long for x:acme: 305 of 280",
    )
    assert finding.hint == "shorten it, or split it with a line of ---"


def test_long_part_of_a_thread_is_named() -> None:
    """In a thread the part is told."""
    (finding,) = find(make_variant(parts=("One.", "a" * 281)))

    assert finding.message == "part 2 is 1 too long for x:acme: 281 of 280"


def test_hashtags_never_make_a_post_too_long() -> None:
    """What fits without tags is no error."""
    assert codes(make_variant(text="a" * 280), storm=make_storm(hashtags=("MigrantsDay",))) == []


def test_facebook_takes_long_texts() -> None:
    """On Facebook a text may be as long as a chapter, but no longer."""
    storm = make_storm(make_rule("facebook:acme"))

    assert codes(make_variant(text="a" * 63_206), storm=storm) == []
    assert codes(make_variant(text="a" * 63_207), storm=storm) == ["too-long"]


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\x07", "\ufeff"])
@pytest.mark.parametrize("where", ["text", "alt", "hashtags"])
def test_invisible_commands_are_found(character: str, where: str) -> None:
    """Controls and overrides of direction are errors wherever they hide."""
    bad = f"a{character}b"
    variant = {
        "text": make_variant(text=bad),
        "alt": make_variant(media=(make_media(bad),)),
        "hashtags": make_variant(hashtags=(bad,)),
    }[where]

    (finding,) = find(variant, storm=make_storm(hashtags=(bad,) if where == "hashtags" else ()))

    assert finding.code == "control-character"
    assert f"U+{ord(character):04X}" in finding.message


def test_marks_of_right_to_left_writing_are_fine() -> None:
    """Line breaks, tabs, emoji joiners and ordinary direction marks are no errors."""
    assert codes(make_variant(text="אב\u200f\nא\tב 👨\u200d👩\u200d👧")) == []


def test_one_cashtag_is_enough_for_x() -> None:
    """A second cashtag is an error on X, and none on Facebook."""
    variant = make_variant(text="$ABC and $DEF")

    assert codes(variant) == ["cashtags"]
    assert codes(variant, storm=make_storm(make_rule("facebook:acme"))) == []


_PIECES = (
    *("a", "é", "e\u0301", "中", "한", "❤️", "👨‍👩‍👧", "1️⃣", "🏳️‍🌈", "\u200d", " ", ".", "\n"),
    *("a.co", "t.co/x", "example.org", "https://x.y.com/z?q=1.2", "中.com"),
)


@settings(deadline=None)
@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=60))
def test_no_text_that_is_too_long_is_passed_over(pieces: list[str]) -> None:
    """The quick look never takes for short what X counts as longer."""
    text = "".join(pieces)

    length = read(text).weighted_length

    assert all(may_be_longer(text, limit) for limit in {length - 1, length // 2})
