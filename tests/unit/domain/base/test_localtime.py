from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from stormctl.domain.base.localtime import LocalTimeError, days_between, to_utc
from stormctl.errors import ExitCode

_NEW_YORK = ZoneInfo("America/New_York")
_MADRID = ZoneInfo("Europe/Madrid")


def test_ordinary_time_is_one_moment() -> None:
    """A time that clocks show once is that moment in UTC."""
    assert datetime(2026, 12, 18, 17, tzinfo=UTC) == to_utc(date(2026, 12, 18), time(12), _NEW_YORK)


def test_repeated_time_is_refused_with_both_readings() -> None:
    """A time shown twice is an error that names both moments."""
    with pytest.raises(LocalTimeError) as caught:
        to_utc(date(2026, 11, 1), time(1, 30), _NEW_YORK)

    assert (
        caught.value.message == "2026-11-01 01:30 exists twice in America/New_York, where the clocks change:"
        " it could be 01:30 EDT (05:30 UTC) or 01:30 EST (06:30 UTC)"
    )
    assert caught.value.exit_code == ExitCode.FINDINGS


def test_skipped_time_is_refused_with_both_readings() -> None:
    """A time that is skipped is an error that names the moments before and after."""
    with pytest.raises(LocalTimeError) as caught:
        to_utc(date(2026, 3, 29), time(2, 30), _MADRID)

    assert (
        caught.value.message == "2026-03-29 02:30 does not exist in Europe/Madrid, where the clocks change:"
        " it could be 01:30 CET (00:30 UTC) or 03:30 CEST (01:30 UTC)"
    )


def test_days_include_both_ends() -> None:
    """A storm from one date to another has both."""
    first, last = date(2026, 12, 31), date(2027, 1, 1)

    assert (first, last) == days_between(first, last)
