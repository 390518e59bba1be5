"""The word that was probably meant."""

from __future__ import annotations

from stormctl.files.nearest import find_nearest, suggest


def test_the_nearest_word_is_found_whatever_the_case() -> None:
    """A slip of the finger or of the shift key finds its word; a word like none finds nothing."""
    known = ["hashtags", "link", "expires"]

    assert find_nearest("Hashtag", known) == "hashtags"
    assert find_nearest("zzz", known) is None


def test_a_hint_names_the_nearest_word_or_all() -> None:
    """A hint asks about the nearest word, lists all where none is near, and is empty where there are none."""
    assert suggest("lnk", ["link", "media"]) == "did you mean “link”?"
    assert suggest("zzz", ["media", "link"]) == "known: link, media"
    assert suggest("zzz", []) == ""
