from __future__ import annotations

import pytest

from tests.unit.checks.holding import codes
from tests.unit.domain.making import at, make_variant


@pytest.mark.parametrize("parts", [(), ("",), (" \n",), ("One.", "")])
def test_text_must_not_be_empty(parts: tuple[str, ...]) -> None:
    """A message without words, or a thread with an empty part, is an error."""
    assert "empty-text" in codes(make_variant(parts=parts))


@pytest.mark.parametrize("text", ["Dear {name}", "Sign by { deadline }", "{Deadline}"])
def test_only_the_deadline_is_filled_in(text: str) -> None:
    """Any other name in braces is an error."""
    assert codes(make_variant(text=text, expires_at=at("19:00"))) == ["unknown-placeholder"]


@pytest.mark.parametrize("text", ["Sign by {deadline}.", "A set {1, 2}, an empty {} and {two words}."])
def test_other_braces_are_fine(text: str) -> None:
    """The deadline, and braces without a name, are no errors."""
    assert codes(make_variant(text=text, expires_at=at("19:00"), expires_zone="America/New_York")) == []


def test_named_deadline_must_exist() -> None:
    """A text with its deadline in it needs one in its front matter."""
    assert codes(make_variant(text="Sign by {deadline}.")) == ["deadline-without-expires"]
