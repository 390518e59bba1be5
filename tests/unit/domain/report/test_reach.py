"""The report's numbers: what may be added up, and what may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from stormctl.domain.delivery.delivery import State
from stormctl.domain.platforms.channel import Platform
from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.reach import PostReach
from stormctl.domain.report.report import BEST_POSTS, Distribution, Figures, Report, Step, Total, build_report
from stormctl.domain.report.status import ChannelStatus, StormStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

NOON = datetime(2026, 12, 18, 17, tzinfo=UTC)
"""Noon in New York."""

READ_AT = NOON + timedelta(hours=6)


def make_post(
    values: dict[Metric, int],
    *,
    channel: str = "x:a",
    delivered_at: datetime = NOON,
    message: str = "dignity",
    read_at: datetime | None = READ_AT,
) -> PostReach:
    """Make a delivered post."""
    return PostReach(
        key=f"day/{channel}/{message}/en",
        channel=channel,
        message_id=message,
        text="Everyone who moves has rights.",
        url="https://example.org/1",
        delivered_at=delivered_at,
        values=values,
        read_at=read_at if values else None,
    )


def report_on(
    posts: Sequence[PostReach], channels: tuple[str, ...] = ("x:a",), timezone: str = "America/New_York"
) -> Report:
    """Report on a storm with these channels."""
    status = StormStatus(
        storm_id="day",
        name="The Day",
        timezone=timezone,
        counts={State.DELIVERED: len(posts), State.MISSED: 1},
        channels=tuple(
            ChannelStatus(channel=c, account_name=None, counts={State.DELIVERED: 1}, next_at=None)
            for c in channels
        ),
        upcoming=(),
        recent=(),
        troubled=(),
        late=0,
        first_slot_at=NOON,
        last_slot_at=NOON,
    )
    return build_report(status, posts, READ_AT)


def figures_of(report: Report, platform: Platform = Platform.X) -> Figures:
    """Get a platform's figures."""
    return next(p.figures for p in report.platforms if p.platform is platform)


def test_engagement_is_reactions_replies_shares_and_clicks_of_those_given() -> None:
    """Impressions, reach and bookmarks are no engagement, and nothing given is not 0."""
    given = make_post({Metric.REACTIONS: 1, Metric.CLICKS: 2, Metric.BOOKMARKS: 50, Metric.IMPRESSIONS: 900})
    not_given = make_post({Metric.IMPRESSIONS: 900})

    assert [given.engagement, not_given.engagement] == [3, None]


def test_sums_say_how_many_posts_they_come_from() -> None:
    """A metric that only one of two posts was given is the sum of one."""
    posts = [make_post({Metric.IMPRESSIONS: 10, Metric.REPLIES: 2}), make_post({Metric.IMPRESSIONS: 5})]

    figures = figures_of(report_on(posts))

    assert {Metric.IMPRESSIONS: Total(15, 2), Metric.REPLIES: Total(2, 1)} == figures.totals
    assert Total(2, 1) == figures.engagement


def test_reach_is_never_a_sum() -> None:
    """Of reach there is the middle and the highest value of a post, and no total."""
    posts = [make_post({Metric.REACH: n}, channel="facebook:a") for n in (10, 40, 20, 30)]

    figures = figures_of(report_on(posts, ("facebook:a",)), Platform.FACEBOOK)

    assert Distribution(median=20, highest=40, posts=4) == figures.reach
    assert figures.totals == {}


def test_platforms_stand_apart() -> None:
    """A report has figures by channel and by platform, and none over platforms."""
    posts = [
        make_post({Metric.IMPRESSIONS: 10}, channel="x:a"),
        make_post({Metric.IMPRESSIONS: 20}, channel="x:b"),
        make_post({Metric.IMPRESSIONS: 40}, channel="facebook:a"),
    ]

    report = report_on(posts, ("x:a", "x:b", "facebook:a"))

    impressions = [c.figures.totals[Metric.IMPRESSIONS].value for c in report.channels]
    assert impressions == [10, 20, 40]
    assert [p.figures.totals[Metric.IMPRESSIONS].value for p in report.platforms] == [30, 40]


def test_a_channel_that_left_the_schedule_keeps_its_posts() -> None:
    """What was delivered before a new plan is part of the result."""
    report = report_on([make_post({Metric.IMPRESSIONS: 4}, channel="x:gone")], ("x:a",))

    assert [(c.channel, c.figures.posts) for c in report.channels] == [("x:a", 0), ("x:gone", 1)]
    assert report.channels[1].counts == {State.DELIVERED: 1}
    assert figures_of(report).totals[Metric.IMPRESSIONS] == Total(4, 1)


def test_a_post_without_any_reading_is_counted_as_unread() -> None:
    """It takes part in the number of posts, and in no sum."""
    report = report_on([make_post({}), make_post({Metric.IMPRESSIONS: 7})])

    assert (figures_of(report).posts, report.unread) == (2, 1)
    assert Total(7, 1) == figures_of(report).totals[Metric.IMPRESSIONS]


def test_the_times_of_reading_are_the_oldest_and_the_newest() -> None:
    """A reader can see between which times the figures were read."""
    early, late = READ_AT - timedelta(hours=1), READ_AT
    posts = [make_post({Metric.REPLIES: 1}, read_at=at) for at in (late, early)]

    figures = figures_of(report_on([*posts, make_post({})]))

    assert (early, late) == (figures.oldest_read_at, figures.newest_read_at)


def test_a_storm_without_posts_has_an_empty_report() -> None:
    """Nothing is made up where nothing was delivered."""
    report = report_on([])

    figures = figures_of(report)
    assert (
        figures.posts,
        figures.totals,
        figures.engagement,
        figures.reach,
        figures.periods,
    ) == (0, {}, None, None, ())
    assert report.platforms[0].best == ()


def test_hours_are_local_and_without_gaps() -> None:
    """Hours begin where the storm's clocks strike, and one without posts is there too."""
    posts = [
        make_post({Metric.IMPRESSIONS: 5}, delivered_at=NOON + timedelta(minutes=59)),
        make_post({Metric.REPLIES: 1}, delivered_at=NOON + timedelta(hours=2, minutes=3)),
    ]

    report = report_on(posts)

    periods = [(p.starts_at, p.posts, p.impressions, p.engagement) for p in figures_of(report).periods]
    assert Step.HOUR is report.step
    assert [
        (NOON, 1, 5, None),
        (NOON + timedelta(hours=1), 0, None, None),
        (NOON + timedelta(hours=2), 1, None, 1),
    ] == periods


def test_hours_of_a_zone_with_half_an_hour_begin_at_its_full_hours() -> None:
    """In Kolkata an hour begins at half past in UTC."""
    posts = [make_post({}, delivered_at=NOON + timedelta(hours=n)) for n in (0, 1)]

    report = report_on(posts, timezone="Asia/Kolkata")

    starts = [p.starts_at for p in figures_of(report).periods]
    assert [NOON - timedelta(minutes=30), NOON + timedelta(minutes=30)] == starts


def test_the_hour_that_clocks_repeat_is_two_hours() -> None:
    """On the night when summer time ends in New York, 01:00 strikes twice."""
    first = datetime(2026, 11, 1, 5, 10, tzinfo=UTC)
    posts = [make_post({}, delivered_at=first + timedelta(hours=n)) for n in (0, 1)]

    report = report_on(posts)

    starts = [p.starts_at for p in figures_of(report).periods]
    assert [datetime(2026, 11, 1, 5, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)] == starts


def test_a_long_storm_is_reported_by_day() -> None:
    """Days begin at local midnight, also where one of them has 25 hours."""
    posts = [
        make_post({Metric.IMPRESSIONS: 1}, delivered_at=datetime(2026, 10, 31, 15, tzinfo=UTC)),
        make_post({Metric.IMPRESSIONS: 2}, delivered_at=datetime(2026, 11, 3, 15, tzinfo=UTC)),
    ]

    report = report_on(posts)

    periods = [(p.starts_at, p.posts) for p in figures_of(report).periods]
    assert Step.DAY is report.step
    assert [
        (datetime(2026, 10, 31, 4, tzinfo=UTC), 1),
        (datetime(2026, 11, 1, 4, tzinfo=UTC), 0),
        (datetime(2026, 11, 2, 5, tzinfo=UTC), 0),
        (datetime(2026, 11, 3, 5, tzinfo=UTC), 1),
    ] == periods


def test_the_best_posts_are_those_with_most_engagement_then_impressions() -> None:
    """Unread posts are not among them, and there are only so many."""
    posts = [
        make_post({Metric.REPLIES: 1, Metric.IMPRESSIONS: 10}, message="seen"),
        make_post({Metric.REPLIES: 1, Metric.IMPRESSIONS: 90}, message="seen-more"),
        make_post({Metric.REPLIES: 2}, message="answered"),
        make_post({Metric.IMPRESSIONS: 900}, message="only-seen"),
        make_post({}, message="unread"),
        make_post({Metric.BOOKMARKS: 9}, message="only-kept"),
    ]

    best = report_on(posts).platforms[0].best

    assert [p.message_id for p in best] == ["answered", "seen-more", "seen", "only-seen"]


def test_the_best_posts_are_few() -> None:
    """Of many posts only the first ones are named."""
    posts = [make_post({Metric.REPLIES: n}, message=f"m{n}") for n in range(BEST_POSTS + 2)]

    best = report_on(posts).platforms[0].best

    assert len(best) == BEST_POSTS
    assert f"m{BEST_POSTS + 1}" == best[0].message_id


def test_deliveries_that_did_not_go_out_are_part_of_the_plan() -> None:
    """Planned counts every delivery, whatever became of it."""
    report = report_on([make_post({})])

    assert (report.planned, report.delivered) == (2, 1)
