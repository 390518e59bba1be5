from __future__ import annotations

from typing import Any

import pytest

from tests.unit.checks.holding import codes, find
from tests.unit.domain.making import at, make_media, make_variant


@pytest.mark.parametrize("parts", [(), ("",), (" \n",), ("One.", "")])
def test_text_must_not_be_empty(parts: tuple[str, ...]) -> None:
    """A message without words, or a thread with an empty part, is an error."""
    assert "empty-text" in codes(make_variant(parts=parts))


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"text": "Dear {name}"}, "{name}"),
        ({"text": "Sign by { deadline } or {Deadline}"}, "{ deadline }"),
        ({"text": "Firma antes de {fecha límite}."}, "{fecha límite}"),
        ({"text": "Sign by {{deadline}}."}, "{{deadline}}"),
        ({"text": "Sign by {deadline."}, "{deadline."),
        ({"text": "Sign} now"}, "}"),
        ({"link": "https://example.org/act?utm_source={channel}"}, "{channel}"),
        ({"media": (make_media(alt="A boat, {deadline}"),)}, "{deadline}"),
    ],
)
def test_only_the_deadline_of_a_text_is_filled_in(fields: dict[str, Any], found: str) -> None:
    """Any other braces are an error, wherever they would be published."""
    variant = make_variant(**fields, expires_at=at("19:00"), expires_zone="America/New_York")

    hits = [hit for hit in find(variant) if hit.code == "unknown-placeholder"]

    assert hits[0].message == f"nothing fills in {found}"


def test_the_deadline_is_filled_in() -> None:
    """It is the one placeholder."""
    variant = make_variant(
        text="Sign by {deadline}.", expires_at=at("19:00"), expires_zone="America/New_York"
    )

    assert codes(variant) == []


def test_named_deadline_must_exist() -> None:
    """A text with its deadline in it needs one in its front matter."""
    assert codes(make_variant(text="Sign by {deadline}.")) == ["deadline-without-expires"]
