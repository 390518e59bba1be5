"""When the figures of posts are read, which readings come too early, and which were missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from stormctl.domain.report.reach import PostReach

AGES = (timedelta(hours=1), timedelta(hours=24), timedelta(days=7))
"""How old a post is, on the storm's clock, when its metrics are read: soon, after a day (Facebook's
insights refresh once in 24 h), and when it has had its run. X bills each reading of a post."""

TOO_EARLY = AGES[0]
"""A reading of a post younger than this says nothing: hardly anyone has seen it."""

BATCH = timedelta(minutes=15)
"""How long a post that is due waits for others, on the storm's clock: one request reads up to 100 of them."""

TOLERANCE = timedelta(minutes=45)
"""How late a reading may be, waiting and tries included, before someone must hear that it was missed."""


@dataclass(frozen=True, slots=True)
class ReadingTime:
    """When the posts of a storm reach an age at which they are read: the first of them, and the last.

    Attributes:
        age: of the posts.
        first_at, last_at: on the storm's clock, `BATCH` included.
    """

    age: timedelta
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class MissedReading:
    """Posts that were not read when they reached an age.

    Attributes:
        due_at: when the first of them was due.
        is_lost: whether none of them can be read at that age any more: a later reading takes its place.
    """

    age: timedelta
    posts: int
    due_at: datetime
    is_lost: bool


def list_reading_times(delivered: Iterable[datetime]) -> tuple[ReadingTime, ...]:
    """Return when posts that went out at these times are read, the soonest age first."""
    times = sorted(delivered)
    if not times:
        return ()
    return tuple(ReadingTime(age, times[0] + age + BATCH, times[-1] + age + BATCH) for age in AGES)


def find_missed(posts: Iterable[PostReach], now_at: datetime) -> tuple[MissedReading, ...]:
    """Return by age how many posts were not read between that age and the next one, and should have been."""
    missed = []
    known = list(posts)
    for age, following in zip(AGES, (*AGES[1:], None), strict=True):
        lost = []
        for post in known:
            due_at = post.delivered_at + age
            end_at = None if following is None else post.delivered_at + following
            was_read = any(due_at <= at and (end_at is None or at < end_at) for at in post.reading_times)
            if not was_read and due_at + TOLERANCE <= now_at:
                lost.append((due_at, end_at is not None and end_at <= now_at))
        if lost:
            missed.append(MissedReading(age, len(lost), min(at for at, _ in lost), all(o for _, o in lost)))
    return tuple(missed)
