"""What makes two texts the same, or nearly so."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from stormctl.domain.resemblance import comparable, similarity


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
