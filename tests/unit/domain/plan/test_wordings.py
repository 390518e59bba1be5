from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.domain.plan.wordings import find_wordings, selects
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
    names = [variant.name for wordings in find_wordings(_BANK, rule).values() for variant in wordings]

    assert expected == names


def test_selector_is_a_topic_or_a_pattern() -> None:
    """A topic is compared as a whole, a pattern as a shell does."""
    variant = make_variant("dignity-1.en", topic="rights")

    assert selects("topic:rights", variant)
    assert not selects("topic:right", variant)
    assert selects("dignity-?", variant)
    assert not selects("dignity", variant)
