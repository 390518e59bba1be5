"""What makes two texts the same, or nearly so."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stormctl.domain.resemblance import comparable, is_shown_as, recognisable, similarity


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
