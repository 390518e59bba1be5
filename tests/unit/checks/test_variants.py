from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.checks.holding import codes
from tests.unit.domain.making import at, make_variant

if TYPE_CHECKING:
    from stormctl.domain.bank.message import Variant

_FIRST = make_variant("a.en", link="https://example.org/en", expires_at=at("19:00"))


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (make_variant("a.es", link="https://example.org/es", expires_at=at("19:00")), []),
        (make_variant("a.es", link="https://un.example.org/", expires_at=at("19:00")), ["variants-differ"]),
        (make_variant("a.es", expires_at=at("19:00")), ["variants-differ"]),
        (make_variant("a.es", link="https://example.org/es"), ["variants-differ"]),
        (make_variant("a.en.short"), []),
        (make_variant("b.es"), []),
    ],
)
def test_languages_say_the_same(other: Variant, expected: list[str]) -> None:
    """Another deadline or site in one language is a warning; other pages and extra wordings are not."""
    assert codes(_FIRST, other) == expected


def test_broken_link_is_no_failure() -> None:
    """An address that can't be read is compared as it stands."""
    other = make_variant("a.es", link="https://[::1", expires_at=at("19:00"))

    assert codes(_FIRST, other) == ["link-disguised", "variants-differ"]
