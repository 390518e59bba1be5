"""Read an account between two of our moments, whatever the platform's clock says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.platforms.adapter import ReadFailed

if TYPE_CHECKING:
    from datetime import datetime

    from stormctl.platforms.adapter import PlatformAdapter, Reading, SeenPost

LOOK_BACK = timedelta(minutes=2)
LOOK_AHEAD = timedelta(minutes=5)
"""How far before and past our moments a reading goes: platforms' clocks differ from ours."""

BEARABLE = timedelta(minutes=1)
"""From a greater difference on the reading is made again: what it didn't show would prove nothing."""


def read_account(adapter: PlatformAdapter, since: datetime, until: datetime) -> Reading:
    """Read what stands on an account since one moment of ours until another.

    Platforms go by their own clock. Where the `Date` of the answer shows that it is far from ours, the
    account is read once more, over both clocks' times. A list that shows a post twice moved while its pages
    were turned: it may have left another out, and is not complete.

    Raises:
        ReadFailed: not even the first page could be read.
    """
    since, until = since - LOOK_BACK, until + LOOK_AHEAD
    try:
        reading = _read(adapter, since, until)
        offset_s = reading.clock_offset_s
    except ReadFailed as failed:
        if failed.clock_offset_s is None or abs(timedelta(seconds=failed.clock_offset_s)) <= BEARABLE:
            raise
        offset_s = failed.clock_offset_s
    else:
        if offset_s is None or abs(timedelta(seconds=offset_s)) <= BEARABLE:
            return reading
    ahead = timedelta(seconds=offset_s)
    return _read(adapter, min(since, since + ahead), max(until, until + ahead))


def is_older(post: SeenPost, since: datetime, reading: Reading) -> bool:
    """Whether a post is older than what a reading since a moment of ours was to show.

    The platforms leave such posts out; other servers that speak their words may not.
    """
    behind = min(timedelta(), timedelta(seconds=reading.clock_offset_s or 0.0))
    return post.created_at is not None and post.created_at < since - LOOK_BACK + behind


def _read(adapter: PlatformAdapter, since: datetime, until: datetime) -> Reading:
    reading = adapter.find_recent(since, until)
    if len({post.post_id for post in reading.posts}) == len(reading.posts):
        return reading
    return replace(reading, complete=False, reason=reading.reason or "the list changed while it was read")
