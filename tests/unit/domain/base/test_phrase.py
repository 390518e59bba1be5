"""Sentences that remember what they were made of."""

from __future__ import annotations

import copy
import pickle

import pytest

from stormctl.domain.base.phrase import Phrase


def test_a_phrase_is_its_english_sentence() -> None:
    """It is compared, joined and shown like any text; braces that are meant are doubled."""
    phrase = Phrase("{what} holds {{deadline}} {number} times", what=Phrase("the link"), number=2)

    assert phrase == "the link holds {deadline} 2 times"
    assert f"{phrase}!" == "the link holds {deadline} 2 times!"
    assert (phrase.template, phrase.values["number"]) == ("{what} holds {{deadline}} {number} times", 2)


def test_a_phrase_survives_copies() -> None:
    """Whoever copies a finding can still translate it."""
    phrase = Phrase("{name} has no value", name="link")

    for again in (copy.deepcopy(phrase), pickle.loads(pickle.dumps(phrase))):  # noqa: S301 - our own
        assert (again, again.template, again.values) == (phrase, phrase.template, {"name": "link"})


def test_a_value_that_is_missing_is_a_bug() -> None:
    """A template whose field nobody fills in is noticed where it stands."""
    with pytest.raises(KeyError, match="name"):
        Phrase("{name} has no value")
