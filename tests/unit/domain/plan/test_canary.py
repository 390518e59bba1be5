"""A canary says nothing but that it is a test, is never the same twice, and is never late."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stormctl.domain.delivery.delivery import Kind
from stormctl.domain.plan.canary import compose_canary, cost_of_canary, plan_canary
from stormctl.domain.plan.cost import has_link
from tests.factories import ACME, PAGE
from tests.fakes import NOON

PATIENCE = timedelta(seconds=20)


@pytest.mark.parametrize(
    ("lang", "beginning"),
    [("en", "Technical test"), ("es", "Prueba técnica"), ("fr", "Test technique"), ("de", "Technical test")],
)
def test_a_canary_speaks_the_channels_language(lang: str, beginning: str) -> None:
    """English where it knows no better; and it carries no link, which X bills thirteen times as much."""
    post = compose_canary(lang, NOON)

    assert post.text.startswith(beginning)
    assert not has_link(post)


def test_no_two_canaries_are_the_same() -> None:
    """A second later text and key differ: neither platform nor ledger takes it for the same."""
    first, second = (plan_canary(ACME, "en", at, PATIENCE) for at in (NOON, NOON + timedelta(seconds=1)))

    assert first.post.digest != second.post.digest
    assert first.key != second.key


def test_a_canary_is_due_at_once_and_never_late() -> None:
    """It goes before everything else, and past its patience nobody may send it."""
    planned = plan_canary(ACME, "en", NOON, PATIENCE)

    assert (planned.slot_at, planned.expires_at, planned.kind) == (NOON, NOON + PATIENCE, Kind.POST)
    assert str(planned.key) == "canary/x:acme/20261218T170000000000Z/en"


def test_its_price_counts_the_deletion() -> None:
    """X bills a post without a link and, at most, an interaction's deletion; Facebook nothing."""
    on_x, on_facebook = (cost_of_canary(plan_canary(c, "en", NOON, PATIENCE)) for c in (ACME, PAGE))

    assert (on_x, on_facebook) == (25_000, 0)
