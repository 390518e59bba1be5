"""Deliveries by what people type, and the shortest words that mean them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stormctl.ledger.views.keys import find_part, find_thread, match_keys, name_shortly

KEYS = [
    "imd/x:a/noon/en",
    "imd/facebook:a/noon/en",
    "imd/facebook:a/noon/es",
    "imd/x:a/tale/en/1",
    "imd/x:a/tale/en/2",
    "imd/x:a/lone/en",
    "imd/x:a/en/en",
    "next/x:a/noon/en",
    "imd/x:a/imd/en.long",
    "imd/x:a/2/en",
]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("imd/x:a/noon/en", "imd/x:a/noon"),
        ("imd/facebook:a/noon/en", "facebook:a/noon.en"),
        ("imd/facebook:a/noon/es", "noon.es"),
        ("imd/x:a/tale/en/2", "tale.en/2"),
        ("imd/x:a/lone/en", "lone"),
        ("imd/x:a/en/en", "en"),
        ("imd/x:a/imd/en.long", "imd"),
        ("imd/x:a/2/en", "2"),
    ],
)
def test_the_shortest_words_that_work(key: str, name: str) -> None:
    """A message alone where it is enough; its channel, wording or storm where they are needed."""
    assert name_shortly([key], KEYS) == {name: (key,)}
    assert match_keys(name, KEYS) == [key]


def test_a_whole_thread_has_one_name() -> None:
    """Its parts have names of their own where not all are meant, or each is asked for."""
    parts = ("imd/x:a/tale/en/1", "imd/x:a/tale/en/2")

    assert name_shortly(parts, KEYS) == {"tale": parts}
    assert name_shortly(parts[1:], KEYS) == {"tale.en/2": parts[1:]}
    assert list(name_shortly(parts, KEYS, together=False)) == ["tale.en/1", "tale.en/2"]


def test_a_word_that_is_a_message_is_nothing_else() -> None:
    """Neither a storm, nor a language, nor the number of a part."""
    assert match_keys("imd", KEYS) == ["imd/x:a/imd/en.long"]
    assert match_keys("2", KEYS) == ["imd/x:a/2/en"]
    assert len(match_keys("next", KEYS)) == 1


def test_parts_of_threads() -> None:
    """A part has its thread's key and a number; any other delivery is a thread of its own."""
    assert [find_thread(key) for key in KEYS[2:4]] == ["imd/facebook:a/noon/es", "imd/x:a/tale/en"]
    assert [find_part(key) for key in KEYS[2:5]] == [0, 1, 2]


word = st.sampled_from(["a", "b", "en", "es", "imd", "1"])
part = st.sampled_from(["", "/1", "/2"])
lang = st.sampled_from(["en", "es", "en.long"])
key = st.tuples(word, word, word, lang, part).map(lambda steps: "{}/x:{}/{}/{}{}".format(*steps))


@given(st.sets(key, min_size=1))
def test_every_delivery_has_a_name_that_means_it_alone(keys: set[str]) -> None:
    """Whatever its ledger holds, what is printed beside it can be typed."""
    for one, (name, meant) in zip(
        sorted(keys), name_shortly(sorted(keys), keys, together=False).items(), strict=True
    ):
        assert meant == (one,)
        assert name == one or match_keys(name, keys) == [one]
