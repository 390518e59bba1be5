from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stormctl.domain.plan.causes import find_cause
from stormctl.domain.plan.occupancy import make_limits
from tests.unit.domain.making import make_rule, make_storm, make_window

_MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("given", "every", "reason"),
    [
        ({"spacing": timedelta(), "per_day": 1000}, 1, "`per_15min` is 5 (default)"),
        ({"spacing": timedelta(), "per_15min": 5, "per_day": 1000}, 1, "`per_15min` is 5"),
        ({"per_15min": 100, "per_day": 9}, 20, "`per_day` is 9"),
        ({"per_15min": 100, "per_day": 1000}, 1, "`spacing` is 5m (default)"),
        ({"spacing": timedelta(), "per_15min": 100}, 10, "`per_day` is 45 (default)"),
        ({"spacing": 7 * _MINUTE, "per_15min": 2, "per_day": 1000}, 1, "`per_15min` is 2"),
        ({}, 60, "its windows have 12 slots"),
    ],
)
def test_what_binds_is_named(given: dict[str, Any], every: int, reason: str) -> None:
    """The limit without which there would be most slots, as the schedule says it or as usual."""
    storm = make_storm(limits=make_limits(**given), windows=(make_window(every=every * _MINUTE),))

    cause = find_cause(storm, make_rule(), [])

    assert cause.reason == reason
    assert "schedules/storm.toml" in cause.hint
