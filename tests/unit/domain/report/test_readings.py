"""When figures are read, which come too early, and which were missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stormctl.domain.delivery.delivery import State
from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.reach import PostReach
from stormctl.domain.report.readings import (
    AGES,
    BATCH,
    TOLERANCE,
    MissedReading,
    ReadingTime,
    find_missed,
    list_reading_times,
)
from stormctl.domain.report.report import Report, Total, build_report
from stormctl.domain.report.status import ChannelStatus, StormStatus

NOON = datetime(2026, 12, 18, 17, tzinfo=UTC)
HOUR, DAY, WEEK = AGES
SECOND = timedelta(seconds=1)


def make_post(*read_after: timedelta, name: str = "boat", shown: int = 120) -> PostReach:
    """Make a post of noon that was read so long after it went out."""
    times = tuple(NOON + after for after in read_after)
    return PostReach(
        key=f"day/x:a/{name}/en",
        channel="x:a",
        message_id=name,
        text="Everyone who moves has rights.",
        url="https://example.org/1",
        delivered_at=NOON,
        values={Metric.IMPRESSIONS: shown} if times else {},
        read_at=times[-1] if times else None,
        reading_times=times,
    )


def report_on(*posts: PostReach, after: timedelta = WEEK, hosts: tuple[str, ...] = ()) -> Report:
    """Report on posts so long after noon."""
    channel = ChannelStatus(
        channel="x:a", account_name=None, counts={State.DELIVERED: len(posts)}, next_at=None
    )
    status = StormStatus(
        storm_id="day",
        name="The Day",
        timezone="America/New_York",
        counts=channel.counts,
        channels=(channel,),
        upcoming=(),
        recent=(),
        troubled=(),
        late=0,
        first_slot_at=NOON,
        last_slot_at=NOON,
    )
    return build_report(status, posts, NOON + after, hosts)


def test_figures_come_an_hour_a_day_and_a_week_after_the_posts() -> None:
    """For the first post and for the last, whatever their order."""
    times = list_reading_times([NOON + 2 * HOUR, NOON, NOON + HOUR])

    assert times[0] == ReadingTime(HOUR, NOON + HOUR + BATCH, NOON + 3 * HOUR + BATCH)
    assert [time.age for time in times] == [HOUR, DAY, WEEK]
    assert list_reading_times([]) == ()


@pytest.mark.parametrize(
    ("after", "is_early"), [(timedelta(), True), (HOUR - SECOND, True), (HOUR, False), (DAY, False)]
)
def test_a_reading_younger_than_an_hour_is_too_early(after: timedelta, *, is_early: bool) -> None:
    """Its figures are no zeros in a sum: they don't count."""
    figures = report_on(make_post(after, shown=0)).platforms[0].figures

    assert (figures.early, figures.unread) == (int(is_early), 0)
    assert figures.totals == ({} if is_early else {Metric.IMPRESSIONS: Total(0, 1)})


def test_early_readings_stand_beside_others() -> None:
    """What was read in time counts alone, and what was read early is no best post."""
    report = report_on(make_post(DAY, shown=40), make_post(SECOND, name="door", shown=9_000), make_post())

    (platform,) = report.platforms
    assert platform.figures.totals == {Metric.IMPRESSIONS: Total(40, 1)}
    assert [post.message_id for post in platform.best] == ["boat"]
    assert (report.early, report.unread) == (1, 1)


def test_nothing_is_missed_before_its_time() -> None:
    """A runner may wait for other posts, and try again."""
    assert find_missed([make_post()], NOON + HOUR + TOLERANCE - SECOND) == ()


def test_a_reading_that_can_still_be_taken_is_missed_but_not_lost() -> None:
    """Until the next age."""
    missed = find_missed([make_post(SECOND), make_post(HOUR, name="door")], NOON + HOUR + TOLERANCE)

    assert missed == (MissedReading(HOUR, 1, NOON + HOUR, is_lost=False),)


def test_each_age_that_nobody_read_is_named() -> None:
    """A laptop that slept for a week has missed two readings for good, and can take the third."""
    missed = find_missed([make_post(), make_post(name="door")], NOON + WEEK + TOLERANCE)

    assert missed == (
        MissedReading(HOUR, 2, NOON + HOUR, is_lost=True),
        MissedReading(DAY, 2, NOON + DAY, is_lost=True),
        MissedReading(WEEK, 2, NOON + WEEK, is_lost=False),
    )


def test_readings_in_time_are_not_missed() -> None:
    """However late within their span."""
    assert find_missed([make_post(HOUR, WEEK - SECOND, WEEK)], NOON + 2 * WEEK) == ()


def test_practice_misses_nothing() -> None:
    """A rehearsal is over in seconds: nobody reads its figures next week."""
    post = make_post(DAY)

    assert report_on(post, hosts=("127.0.0.1:8080",)).missed == ()
    assert report_on(post).missed != ()
