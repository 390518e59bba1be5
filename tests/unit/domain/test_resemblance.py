"""What makes two texts the same, or nearly so."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from stormctl.domain.resemblance import LONG, comparable, essence, similarity


def test_comparing_ignores_how_platforms_write() -> None:
    """Entities, composed accents and white space make no difference."""
    assert comparable("Tom & é  x") == comparable("Tom &amp; e\u0301\n x ")


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


def test_the_essence_leaves_out_what_is_added_to_addresses() -> None:
    """Scheme and last slash; what stands in the middle of an address, or between words, stays."""
    assert essence("See example.org/a/b and http://example.org/") == "See example.org/a/b and example.org"
    assert essence("https://example.org/act/\nand/or") == "example.org/act and/or"


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
