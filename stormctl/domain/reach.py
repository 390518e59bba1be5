"""What was seen, clicked and answered: metrics whose kinds are never added up across each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Metric(StrEnum):
    """What a platform counts for a post.

    `IMPRESSIONS` are times shown (X `impression_count`, Facebook `post_media_view`);
    `REACH` is unique accounts, which X never gives (Facebook `post_total_media_view_unique`).
    """

    IMPRESSIONS = "impressions"
    REACH = "reach"
    REACTIONS = "reactions"
    REPLIES = "replies"
    SHARES = "shares"
    CLICKS = "clicks"
    BOOKMARKS = "bookmarks"


ENGAGEMENT = (Metric.REACTIONS, Metric.REPLIES, Metric.SHARES, Metric.CLICKS)
"""What engagement adds up: reactions + replies + shares + clicks."""


@dataclass(frozen=True, slots=True)
class MetricReading:
    """One value that a platform gave for a post, at a wall or storm time of reading."""

    post_id: str
    metric: Metric
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostReach:
    """A delivered post with its newest reading of each metric.

    Attributes:
        values: only the metrics that the platform gave.
        read_at: when the oldest of them was read; None if nothing was read yet.
    """

    key: str
    channel: str
    message_id: str
    text: str
    url: str
    delivered_at: datetime
    values: dict[Metric, int]
    read_at: datetime | None

    @property
    def engagement(self) -> int | None:
        """Reactions + replies + shares + clicks, of those that were given; None if none was."""
        given = [self.values[m] for m in ENGAGEMENT if m in self.values]
        return sum(given) if given else None
