from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stormctl.domain.base.clock import from_micros, to_micros


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_survive_as_integers(moment: datetime) -> None:
    """Any instant is the same after having been microseconds."""
    assert from_micros(to_micros(moment)) == moment


def test_zone_makes_no_difference() -> None:
    """The same instant in another zone has the same microseconds."""
    noon = datetime(2026, 12, 18, 12, tzinfo=UTC)

    assert to_micros(noon) == to_micros(noon.astimezone(timezone(timedelta(hours=-5))))


def test_naive_time_is_refused() -> None:
    """A time without a zone is no instant."""
    with pytest.raises(ValueError, match="naive datetime 2026-12-18T12:00:00"):
        to_micros(datetime(2026, 12, 18, 12))  # noqa: DTZ001 - a naive time is what is refused
