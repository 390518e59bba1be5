"""A tally tells by itself whether it is clean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stormctl.domain.report.tally import ChannelTally, Tally

CLEAN = ChannelTally(
    channel="x:acme", planned=3, delivered=3, received=3, duplicates=0, lost=0, unexpected=0, open=0
)


@pytest.mark.parametrize(
    "flaw",
    [
        {"planned": 4},
        {"delivered": 2},
        {"received": 4},
        {"duplicates": 1},
        {"lost": 1},
        {"unexpected": 1},
        {"open": 1},
    ],
)
def test_a_channel_is_clean_only_if_each_delivery_arrived_exactly_once(flaw: dict[str, int]) -> None:
    """Any difference at all makes it unclean."""
    assert CLEAN.is_clean
    assert not replace(CLEAN, **flaw).is_clean  # type: ignore[arg-type]  # every flaw is a count


def test_a_rehearsal_is_clean_only_if_all_of_it_is() -> None:
    """One channel's flaw, or one line of difference, spoils it."""
    tally = Tally(channels=(CLEAN,), differences=(), took_s=1, storm_s=60, report_path="report.html")

    assert tally.is_clean
    assert not replace(tally, channels=(CLEAN, replace(CLEAN, lost=1))).is_clean
    assert not replace(tally, differences=("x:acme: is there 2 times",)).is_clean
