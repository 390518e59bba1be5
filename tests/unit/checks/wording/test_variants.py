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
        (make_variant("a.en.short", link="https://example.org/en?from=x", expires_at=at("19:00")), []),
        (make_variant("a.en.short", link="https://example.org/en"), ["variants-differ"]),
        (make_variant("a.en.x", link="https://example.org/", expires_at=at("19:00")), ["variants-differ"]),
        (make_variant("a.en.x", expires_at=at("19:00")), ["variants-differ"]),
        (make_variant("a.en.x", lines=(("link", 2),), expires_at=at("19:00")), []),
        (make_variant("b.es"), []),
    ],
)
def test_wordings_say_the_same(other: Variant, expected: list[str]) -> None:
    """Another deadline is a warning, so is another site in a language, or another page under a label.

    Pages differ between languages, links say where a reader came from, and a label may do without a link.
    """
    assert codes(_FIRST, other) == expected


def test_broken_link_is_no_failure() -> None:
    """An address that can't be read is compared as it stands."""
    other = make_variant("a.es", link="https://[::1", expires_at=at("19:00"))

    assert codes(_FIRST, other) == ["link-disguised", "variants-differ"]
