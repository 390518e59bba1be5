"""Wordings made variants."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stormctl.files.bank.variants import Wording
from stormctl.files.validation import Notes

_WRITTEN = st.recursive(
    st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(Wording.model_fields)), _WRITTEN))
def test_whatever_is_written_is_typed_or_found(raw: dict[str, object]) -> None:
    """Front matter of any shape is either understood or has findings; it never raises."""
    notes = Notes("a.en.md", {})

    wording = notes.read(Wording, raw)

    assert (wording is None) == bool(notes.findings)


def _hints(raw: dict[str, object]) -> list[str]:
    notes = Notes("a.en.md", {})
    notes.read_rest(Wording, raw)
    return [finding.hint for finding in notes.findings]


@pytest.mark.parametrize(
    ("key", "meant", "value"),
    [
        ("deadline", "expires", "2026-12-18 20:00 UTC"),
        ("Fecha límite", "expires", "2026-12-18 20:00 UTC"),
        ("date-limite", "expires", "2026-12-18 20:00 UTC"),
        ("publish_at", "not_before", "2026-12-18 20:00 UTC"),
        ("desde", "not_before", "2026-12-18 20:00 UTC"),
        ("url", "link", "https://example.org"),
        ("enlace", "link", "https://example.org"),
        ("lien", "link", "https://example.org"),
        ("image", "media", "boat.png"),
        ("imágenes", "media", "boat.png"),
        ("etiquetas", "hashtags", "A"),
        ("mots-clés", "hashtags", "A"),
        ("tema", "topic", "vigil"),
        ("sujet", "topic", "vigil"),
        ("linc", "link", "https://example.org"),
    ],
)
def test_a_key_in_other_words_is_known(key: str, meant: str, value: str) -> None:
    """The hint names the key that was meant, and with it the value is understood."""
    hints = _hints({key: value})

    assert hints == [f"did you mean “{meant}”?"]
    assert _hints({meant: value}) == []


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("date", "write what it is: expires (not after it), not_before (not before it), or as_of"),
        ("Fecha", "write what it is: expires (not after it), not_before (not before it), or as_of"),
        ("platform", "the file's name says it: ID.LANG.md, and ID.LANG.x.md or ID.LANG.facebook.md"),
        ("idioma", "the file's name says it"),
        ("título", "the text stands below the second line of ---"),
        ("draft", "every message in the bank is published: move the file out of it"),
        ("alt", "it belongs to a picture or video: write it below its file, in media"),
    ],
)
def test_a_key_that_may_mean_several_things_is_asked_about(key: str, hint: str) -> None:
    """Where no key is plainly meant, the hint says what there is."""
    [found] = _hints({key: "x"})

    assert found.startswith(hint)


def test_a_picture_has_words_of_its_own() -> None:
    """Within `media` the same word means another key."""
    hints = _hints({"media": [{"file": "a.png", "descripción": "A"}, {"image": "a.png", "file": "a.png"}]})

    assert hints == ["did you mean “alt”?", "did you mean “file”?"]
