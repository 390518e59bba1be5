"""A storm's result: what its posts got, added up only where adding up means something."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.delivery.delivery import State
from stormctl.domain.platforms.channel import Platform, parse_channel_id
from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.readings import find_missed, list_reading_times

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stormctl.domain.delivery.delivery import Budget
    from stormctl.domain.report.reach import PostReach
    from stormctl.domain.report.readings import MissedReading, ReadingTime
    from stormctl.domain.report.status import StormStatus

BEST_POSTS = 5
"""How many of a platform's best posts a report names."""

LONGEST_BY_HOUR = timedelta(hours=48)
"""A storm whose posts span more than this is reported by day: more hours than that are not readable."""


@dataclass(frozen=True, slots=True)
class Total:
    """A sum within one platform, and how many posts it comes from."""

    value: int
    posts: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """Values that must not be added up: the middle one (the lower of two), the highest, and of how many."""

    median: int
    highest: int
    posts: int


class Step(StrEnum):
    """How long a period of the report is."""

    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The posts that went out in one hour or day of the storm's zone, with all that they got since.

    Attributes:
        starts_at: aware UTC.
        posts: how many went out; may be 0 between others.
        impressions, engagement: None if no post of the period has a reading of it.
    """

    starts_at: datetime
    posts: int
    impressions: int | None
    engagement: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the delivered posts of one channel, or of one platform, got.

    Attributes:
        unread: how many of them have no reading at all.
        early: how many were read so soon after they went out that their figures say nothing, and don't count.
        totals: sums by metric; only what the platform gave, and never reach.
        engagement: reactions + replies + shares + clicks, of those that were given.
        reach: per post, not added up; None if the platform gave none.
        oldest_read_at, newest_read_at: the times of reading; None if nothing was read.
        periods: by the hour or day in which the posts went out, without gaps.
    """

    posts: int
    unread: int
    early: int
    totals: Mapping[Metric, Total]
    engagement: Total | None
    reach: Distribution | None
    oldest_read_at: datetime | None
    newest_read_at: datetime | None
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelReach:
    """One channel's deliveries by state, and what its posts got."""

    channel: str
    account_name: str | None
    counts: Mapping[State, int]
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformReach:
    """What the posts on one platform got, and the best of them: by engagement, then impressions."""

    platform: Platform
    figures: Figures
    best: tuple[PostReach, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A storm's result. There is no sum over platforms: they do not count the same things.

    Attributes:
        practice_hosts: where the posts went if not to the real platforms: their figures mean nothing.
        missed: the readings that nobody took; in practice nobody waits for them.
        reading_times: when figures come, by age; of what is still to come by its last slot.
    """

    storm_id: str
    storm_name: str
    timezone: str
    made_at: datetime
    first_slot_at: datetime | None
    last_slot_at: datetime | None
    counts: Mapping[State, int]
    channels: tuple[ChannelReach, ...]
    platforms: tuple[PlatformReach, ...]
    step: Step
    practice_hosts: tuple[str, ...] = ()
    budget: Budget | None = None
    missed: tuple[MissedReading, ...] = ()
    reading_times: tuple[ReadingTime, ...] = ()

    @property
    def planned(self) -> int:
        """How many deliveries the storm has, whatever became of them."""
        return sum(self.counts.values())

    @property
    def delivered(self) -> int:
        """How many of them were delivered."""
        return self.counts.get(State.DELIVERED, 0)

    @property
    def unread(self) -> int:
        """How many delivered posts have no reading at all."""
        return sum(p.figures.unread for p in self.platforms)

    @property
    def early(self) -> int:
        """How many delivered posts were read too early."""
        return sum(p.figures.early for p in self.platforms)


def build_report(
    status: StormStatus,
    posts: Sequence[PostReach],
    moment_at: datetime,
    practice_hosts: Sequence[str] = (),
) -> Report:
    """Make a storm's report from its status and the newest readings of its delivered posts.

    Args:
        practice_hosts: where the posts went, if not to the real platforms.
    """
    zone = ZoneInfo(status.timezone)
    step = _choose_step(posts)
    names = {c.channel: c.account_name for c in status.channels}
    counts = {c.channel: c.counts for c in status.channels}
    by_channel: dict[str, list[PostReach]] = {channel: [] for channel in names}
    for post in posts:
        # A channel may have left the schedule after its first posts.
        by_channel.setdefault(post.channel, []).append(post)
    by_platform: dict[Platform, list[PostReach]] = defaultdict(list)
    for channel, group in by_channel.items():
        by_platform[parse_channel_id(channel).platform] += group
    return Report(
        storm_id=status.storm_id,
        storm_name=status.name,
        timezone=status.timezone,
        made_at=moment_at,
        first_slot_at=status.first_slot_at,
        last_slot_at=status.last_slot_at,
        counts=status.counts,
        channels=tuple(
            ChannelReach(
                channel=channel,
                account_name=names.get(channel),
                counts=counts.get(channel, {State.DELIVERED: len(group)}),
                figures=_sum_up(group, step, zone),
            )
            for channel, group in by_channel.items()
        ),
        platforms=tuple(
            PlatformReach(platform=p, figures=_sum_up(group, step, zone), best=_find_best(group))
            for p, group in by_platform.items()
        ),
        step=step,
        practice_hosts=tuple(practice_hosts),
        budget=status.budget,
        reading_times=list_reading_times(_list_times(status, posts)),
        missed=() if practice_hosts else find_missed(posts, moment_at),
    )


def _list_times(status: StormStatus, posts: Sequence[PostReach]) -> list[datetime]:
    """Return when posts went out, and when the last one is to go out if the storm is not over."""
    to_come = [] if status.is_finished or status.last_slot_at is None else [status.last_slot_at]
    return [*(post.delivered_at for post in posts), *to_come]


def _choose_step(posts: Sequence[PostReach]) -> Step:
    times = [p.delivered_at for p in posts]
    return Step.DAY if times and max(times) - min(times) > LONGEST_BY_HOUR else Step.HOUR


def _sum_up(delivered: Sequence[PostReach], step: Step, zone: ZoneInfo) -> Figures:
    posts = [replace(post, values={}, read_at=None) if post.is_early else post for post in delivered]
    given: dict[Metric, list[int]] = defaultdict(list)
    for post in posts:
        for metric, value in post.values.items():
            given[metric].append(value)
    reach = given.pop(Metric.REACH, None)
    engaged = [p.engagement for p in posts if p.engagement is not None]
    times = [p.read_at for p in posts if p.read_at is not None]
    return Figures(
        posts=len(posts),
        unread=sum(not p.values for p in delivered),
        early=sum(p.is_early for p in delivered),
        totals={m: Total(sum(given[m]), len(given[m])) for m in Metric if m in given},
        engagement=Total(sum(engaged), len(engaged)) if engaged else None,
        reach=Distribution(statistics.median_low(reach), max(reach), len(reach)) if reach else None,
        oldest_read_at=min(times, default=None),
        newest_read_at=max(times, default=None),
        periods=_divide(posts, step, zone),
    )


def _divide(posts: Sequence[PostReach], step: Step, zone: ZoneInfo) -> tuple[Period, ...]:
    sent: Counter[datetime] = Counter()
    impressions: Counter[datetime] = Counter()
    engagement: Counter[datetime] = Counter()
    for post in posts:
        start_at = _start_of(post.delivered_at, step, zone)
        sent[start_at] += 1
        if Metric.IMPRESSIONS in post.values:
            impressions[start_at] += post.values[Metric.IMPRESSIONS]
        if post.engagement is not None:
            engagement[start_at] += post.engagement
    return tuple(
        Period(
            starts_at=at,
            posts=sent[at],
            impressions=impressions.get(at),
            engagement=engagement.get(at),
        )
        for at in _fill_gaps(sent, step, zone)
    )


def _start_of(at: datetime, step: Step, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    if step is Step.DAY:
        local = local.replace(hour=0, fold=0)
    return local.astimezone(UTC)


def _fill_gaps(starts: Iterable[datetime], step: Step, zone: ZoneInfo) -> list[datetime]:
    known = set(starts)
    if not known:
        return []
    filled = set(known)
    at, last_at = min(known), max(known)
    # A day may have 23 or 25 hours: 26 hours on is always within the next one.
    stride = timedelta(hours=1) if step is Step.HOUR else timedelta(hours=26)
    while at < last_at:
        filled.add(at)
        at = _start_of(at + stride, step, zone)
    return sorted(filled)


def _find_best(posts: Sequence[PostReach]) -> tuple[PostReach, ...]:
    seen = [
        p for p in posts if not p.is_early and (p.engagement is not None or Metric.IMPRESSIONS in p.values)
    ]

    def weigh(post: PostReach) -> tuple[int, int, datetime, str]:
        impressions = post.values.get(Metric.IMPRESSIONS, 0)
        return -(post.engagement or 0), -impressions, post.delivered_at, post.key

    return tuple(sorted(seen, key=weigh)[:BEST_POSTS])
