"""What makes two texts the same, or nearly so."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stormctl.domain.bank.resemblance import LONG, comparable, is_shown_as, recognisable, similarity
from tests.bounded import run_bounded


def test_comparing_ignores_how_platforms_write() -> None:
    """Entities, composed accents and white space make no difference."""
    assert comparable("Tom & é  x") == comparable("Tom &amp; e\u0301\n x ")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Sign at example.org/act today", "Sign at http://example.org/act today"),
        ("un.org", "http://un.org"),
        ("Read https://example.org.", "Read https://example.org/."),
        ("Read HTTPS://example.org/a_b", "Read https://example.org/a_b/"),
        ("Read https://example.org/año", "Read https://example.org/a%C3%B1o"),
    ],
)
def test_an_address_is_recognised_however_it_is_written(written: str, shown: str) -> None:
    """What X makes of an address makes no other text, and no less alike."""
    assert recognisable(written) == recognisable(shown)
    assert similarity(written, shown) == 1.0


def test_other_addresses_are_other_texts() -> None:
    """Only what leads to the same place is the same."""
    assert recognisable("Sign at example.org/act") != recognisable("Sign at example.org/read")


@pytest.mark.parametrize(
    ("shown", "has_media", "is_ours"),
    [
        ("Sign https://t.co/a1B2c3, or read https://t.co/d4E5f6 #Day", False, True),
        ("Sign https://t.co/a1B2c3, or read https://t.co/d4E5f6 #Day https://t.co/g7H8i9", True, True),
        ("Sign https://t.co/a1B2c3, or read https://t.co/d4E5f6 #Day https://t.co/g7H8i9", False, False),
        ("Sign https://t.co/a1B2c3, or read https://un.org #Day", False, True),
        ("Sign https://t.co/a1B2c3, or hear https://t.co/d4E5f6 #Day", False, False),
        ("Sign https://t.co/a1B2c3", False, False),
        ("https://t.co/a1B2c3", True, False),
        ("Sign, or read #Day", False, False),
    ],
)
def test_a_short_link_stands_for_any_address_at_its_place(shown: str, has_media: bool, is_ours: bool) -> None:
    """X did not tell where it leads: the words around it are told, and so is how many there are."""
    sent = "Sign https://example.org/act?a=1, or read un.org #Day"

    assert is_shown_as(shown, sent, has_media=has_media) is is_ours


@pytest.mark.parametrize(("sent", "is_ours"), [("Here.", True), ("There.", False), ("Here. Today", False)])
def test_a_picture_alone_adds_one_link(sent: str, is_ours: bool) -> None:
    """It marks the media, and was never written."""
    assert is_shown_as("Here. https://t.co/a1B2c3", sent, has_media=True) is is_ours


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_similarity_is_a_share(a: str, b: str) -> None:
    """Similarity lies between 0 and 1, and a text is wholly like itself."""
    assert 0.0 <= similarity(a, b) <= 1.0
    assert similarity(a, a) == 1.0


def test_similar_texts_score_high() -> None:
    """A word changed keeps two texts alike, other words don't."""
    text = "Everyone who moves has rights, wherever they come from."

    assert similarity(text, text.replace("moves", "migrates")) >= 0.8
    assert similarity(text, "Join the vigil at City Hall tonight at six.") < 0.5


def test_what_is_added_to_addresses_is_left_out() -> None:
    """Scheme and last slash; what stands in the middle of an address, or between words, stays."""
    assert (
        recognisable("See example.org/a/b and http://example.org/") == "See example.org/a/b and example.org"
    )
    assert recognisable("https://example.org/act/\nand/or") == "example.org/act and/or"


def test_a_short_address_may_be_any() -> None:
    """Texts that differ in nothing else may be the same; without any other word nothing can be told."""
    assert (
        similarity("Sign: https://example.org/a-long-way/to-go/for-all", "Sign: https://t.co/aB3dE5gH7j")
        == 1.0
    )
    assert (
        similarity("Go: https://example.org/a-long-way/to-go/for-all", "Sign: https://t.co/aB3dE5gH7j") < 0.8
    )
    assert similarity("https://example.org/a-long-way/to-go/for-all", "https://t.co/aB3dE5gH7j") < 0.8


def test_long_texts_are_compared_by_their_words() -> None:
    """A Page's text may have sixty thousand characters: one word less leaves it alike, others don't."""
    text = " ".join(f"word{number}" for number in range(LONG))

    assert similarity(text, text.removesuffix(f" word{LONG - 1}")) >= 0.8
    assert similarity(text, text.replace("word", "other")) < 0.2


def is_word_shown_by_regex(seen: str, sent: str) -> bool:
    """Say the same as plainly as it can be said, and in a time without bounds."""
    pieces = re.split(r"\bt\.co/\w+", seen)
    return re.fullmatch(r"\S+\.\S+".join(map(re.escape, pieces)), sent) is not None


@given(
    seen=st.lists(st.sampled_from(["t.co/a", "-", "a", ".", " ", "b.", "(t.co/b)"]), max_size=7).map("".join),
    sent=st.lists(st.sampled_from(["a.b", "-", "a", ".", " ", "b.", "(c.d)"]), max_size=9).map("".join),
)
def test_short_links_stand_for_what_a_pattern_would_let_them(seen: str, sent: str) -> None:
    """One walk through each word finds the same as trying every way."""
    first, second = (" ".join(text.split()) for text in (seen, sent))
    is_told = re.search(r"\w", re.sub(r"\bt\.co/\w+", "", first)) is not None

    assert is_shown_as(first, second, has_media=False) is (
        recognisable(first) == recognisable(second)
        or (
            "t.co/" in first and is_told and is_word_shown_by_regex(recognisable(first), recognisable(second))
        )
    )


def compare(texts: list[str]) -> list[object]:
    """Compare two texts, in a process of its own."""
    return [is_shown_as(*texts, has_media=True), similarity(*texts) < 1]


@pytest.mark.parametrize(
    ("shown", "sent"),
    [
        ("x" + "-t.co/a" * 60 + "!", "x" + "-a." * 90),
        ("-t.co/a" * 8_000, "-a.b" * 16_000),
        ("a " * 30_000, "b a " * 15_000),
        ("ab" * 499, "ba" * 499),
        ("<&#" * 20_000, "&amp;" * 13_000),
    ],
    ids=["addresses in a word", "thousands of them", "words", "letters", "entities"],
)
def test_no_text_of_a_platform_takes_long_to_compare(shown: str, sent: str) -> None:
    """What anybody can have an account show is read in a time that grows with its length."""
    assert run_bounded("tests.unit.domain.bank.test_resemblance:compare", [shown, sent])[1] in {True, False}
