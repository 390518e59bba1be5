"""Accounts are read by our clock and the platform's."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.engine.base.account_readings import BEARABLE, LOOK_AHEAD, LOOK_BACK, read_account
from stormctl.platforms.adapter import ReadFailed, Reading, SeenPost
from tests.fakes import NOON, FakePlatform

if TYPE_CHECKING:
    from datetime import datetime

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class SkewedPlatform(FakePlatform):
    """A platform whose answers are scripted with their clocks."""

    def __init__(self, *answers: Reading | ReadFailed) -> None:
        super().__init__(parse_channel_id("x:acme"))
        self.answers = deque(answers)

    def find_recent(self, since: datetime, until: datetime) -> Reading:
        """Answer as scripted."""
        self.spans.append((since, until))
        answer = self.answers.popleft()
        if isinstance(answer, ReadFailed):
            raise answer
        return answer


def _reading(offset: timedelta | None) -> Reading:
    return Reading((), complete=True, clock_offset_s=None if offset is None else offset.total_seconds())


@pytest.mark.parametrize("offset", [None, timedelta(), BEARABLE, -BEARABLE])
def test_an_account_is_read_once_where_the_clocks_agree(offset: timedelta | None) -> None:
    """A minute more or less lies within the margins; no second reading is paid for."""
    platform = SkewedPlatform(_reading(offset))

    read_account(platform, NOON - HOUR, NOON)

    assert platform.spans == [(NOON - HOUR - LOOK_BACK, NOON + LOOK_AHEAD)]


@pytest.mark.parametrize("minutes", [-30, 30])
def test_a_platform_with_another_clock_is_read_again_over_both_times(minutes: int) -> None:
    """What was posted is found, whichever of the two clocks its moment was taken from."""
    skew = minutes * MINUTE
    second = _reading(skew)
    platform = SkewedPlatform(_reading(skew), second)

    reading = read_account(platform, NOON - HOUR, NOON)

    since, until = NOON - HOUR - LOOK_BACK, NOON + LOOK_AHEAD
    assert reading is second
    assert platform.spans[1] == (min(since, since + skew), max(until, until + skew))


def test_a_reading_refused_for_a_moment_to_come_is_made_again() -> None:
    """With our clock ahead X refuses to begin in its future; it is asked again over its own time."""
    refused = ReadFailed("start_time is in the future", -HOUR.total_seconds())
    platform = SkewedPlatform(refused, _reading(-HOUR))

    read_account(platform, NOON, NOON + MINUTE)

    assert platform.spans[1][0] == NOON - HOUR - LOOK_BACK


@pytest.mark.parametrize("offset_s", [None, 0.0])
def test_an_account_that_cant_be_read_stays_unread(offset_s: float | None) -> None:
    """A failure that no clock explains is passed on at once."""
    platform = SkewedPlatform(ReadFailed("the token is dead", offset_s))

    with pytest.raises(ReadFailed, match="the token is dead"):
        read_account(platform, NOON, NOON)

    assert len(platform.spans) == 1


def test_a_list_that_shows_a_post_twice_is_not_complete() -> None:
    """It moved while its pages were turned, and what it left out is not proved absent."""
    seen = SeenPost(post_id="7", url="http://127.0.0.1/7", text="Here.", created_at=None)
    platform = SkewedPlatform(Reading((seen, seen), complete=True))

    reading = read_account(platform, NOON - HOUR, NOON)

    assert (reading.complete, reading.reason) == (False, "the list changed while it was read")
    assert set(reading.posts) == {seen}
