"""Wordings made variants."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stormctl.files.bank.variants import Wording, WordingName, parse_wording_name
from stormctl.files.validation import Notes
from stormctl.files.values import BadValueError

_WRITTEN = st.recursive(
    st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("noon.en", WordingName("noon", "en", None)),
        ("sign-on_2.pt-br.last-call", WordingName("sign-on_2", "pt-BR", "last-call")),
        ("noon.ES.facebook", WordingName("noon", "es", "facebook")),
    ],
)
def test_a_name_holds_id_language_and_label(stem: str, expected: WordingName) -> None:
    """A file's name says which wording of which message it is; languages are written in one way."""
    assert parse_wording_name(stem) == expected


@pytest.mark.parametrize(
    "stem", ["", "noon", "noon.", ".en", "noon.en.", "noon.en.x.y", "Noon.en", "a b.en", "é.en"]
)
def test_other_names_are_refused(stem: str) -> None:
    """A name with too little, too much or other characters is no message's."""
    with pytest.raises(BadValueError, match="file name: "):
        parse_wording_name(stem)


@given(st.dictionaries(st.sampled_from(sorted(Wording.model_fields)), _WRITTEN))
def test_whatever_is_written_is_typed_or_found(raw: dict[str, object]) -> None:
    """Front matter of any shape is either understood or has findings; it never raises."""
    notes = Notes("a.en.md", {})

    wording = notes.read(Wording, raw)

    assert (wording is None) == bool(notes.findings)
