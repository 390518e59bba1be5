"""Silences, budgets and the moment at which a channel opens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stormctl.ledger.delivery.openings import Opening

OPEN = Opening(channel="x:acme", storm_id="imd", follows=0, opens_at=10, quiet=(), left=None)


@pytest.mark.parametrize(
    ("quiet", "at", "after"),
    [
        ((), 5, 5),
        (((5, 9),), 4, 4),
        (((5, 9),), 5, 9),
        (((5, 9),), 9, 9),
        (((5, 9), (9, 12)), 6, 12),
        (((5, 9), (8, 12), (20, 30)), 6, 12),
        (((1, 20), (5, 9)), 6, 20),
    ],
)
def test_end_of_silence(quiet: tuple[tuple[int, int], ...], at: int, after: int) -> None:
    """From is silent, until is not; silences that touch or overlap are one."""
    assert replace(OPEN, quiet=quiet).after_quiet(at) == after


@pytest.mark.parametrize(("now", "allowed"), [(9, False), (10, True), (14, False), (15, True)])
def test_allows_when_open_and_not_silent(now: int, *, allowed: bool) -> None:
    """Both must hold at the very moment."""
    assert replace(OPEN, quiet=((12, 15),)).allows(now) is allowed


@pytest.mark.parametrize(
    ("left", "price", "affords"), [(None, 99, True), (5, 5, True), (5, 6, False), (-1, 0, False)]
)
def test_affords(left: int | None, price: int, *, affords: bool) -> None:
    """A price must fit into what is left; without a budget everything fits."""
    assert replace(OPEN, left=left).affords(price) is affords
