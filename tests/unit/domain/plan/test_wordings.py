from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.plan.wordings import Wordings
from tests.fakes import noting
from tests.unit.domain.making import make_bank, make_rule, make_variant

if TYPE_CHECKING:
    from stormctl.domain.plan.storm import ChannelRule

_BANK = make_bank(
    make_variant("a.en"),
    make_variant("a.en.facebook"),
    make_variant("a.en.short"),
    make_variant("a.es"),
    make_variant("b.en.x"),
    make_variant("c.fr", topic="sign-on", partner="north"),
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (make_rule(languages=("en",)), ["a.en", "a.en.short", "b.en.x"]),
        (make_rule(languages=("es", "en")), ["a.es", "a.en", "a.en.short", "b.en.x"]),
        (make_rule(), ["a.en", "a.en.short", "a.es", "b.en.x"]),
        (make_rule("facebook:acme", languages=("en",)), ["a.en.facebook", "a.en.short"]),
        (make_rule(partner="north", languages=("fr",)), ["c.fr"]),
        (make_rule(partner="south", languages=("fr",)), []),
        (make_rule(messages=("b*",)), ["b.en.x"]),
        (make_rule(messages=("topic:sign-on",), partner="north"), ["c.fr"]),
    ],
)
def test_channel_takes_what_suits_it(rule: ChannelRule, expected: list[str]) -> None:
    """Languages, labels, partner and selectors choose; a platform's own wording replaces the plain one."""
    names = [variant.name for wordings in Wordings(_BANK).find(rule).values() for variant in wordings]

    assert expected == names


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("topic:rights", ["dignity-1.en", "dignity-1.es"]),
        ("topic:right", []),
        ("topic:", []),
        ("dignity-?", ["dignity-1.en", "dignity-1.es", "dignity-2.en"]),
        ("dignity-1", ["dignity-1.en", "dignity-1.es"]),
        ("dignity", []),
        ("d*-[12]", ["dignity-1.en", "dignity-1.es", "dignity-2.en", "doors-2.en"]),
        ("*2", ["dignity-2.en", "dignity-22.en", "doors-2.en"]),
        ("*", ["dignity-1.en", "dignity-1.es", "dignity-2.en", "dignity-22.en", "doors-2.en"]),
    ],
)
def test_selector_is_a_topic_or_a_pattern(selector: str, expected: list[str]) -> None:
    """A topic is compared as a whole, an id as a shell does it, wherever the wildcards are."""
    bank = make_bank(
        make_variant("dignity-1.en", topic="rights"),
        make_variant("dignity-1.es", topic="rights"),
        make_variant("dignity-2.en"),
        make_variant("dignity-22.en"),
        make_variant("doors-2.en"),
    )
    positions = Wordings(bank).select(selector)

    assert expected == [bank.variants[position].name for position in sorted(positions)]


def test_a_channel_looks_at_no_wordings_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many channels a storm has, a pattern is held only against ids that begin as it does."""
    held: list[tuple[str, str]] = []
    monkeypatch.setattr("stormctl.domain.plan.wordings.fnmatchcase", noting(fnmatchcase, held))
    wordings = Wordings(make_bank(*(make_variant(f"c{n:02}-{m}.en") for n in range(20) for m in range(3))))

    found = [wordings.find(make_rule(messages=(f"c{n:02}-*",))) for n in range(20)]

    assert [len(messages) for messages in found] == [3] * 20
    assert len(held) == 60
