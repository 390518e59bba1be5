"""What was seen, clicked and answered: metrics whose kinds are never added up across each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.readings import TOO_EARLY

if TYPE_CHECKING:
    from datetime import datetime


ENGAGEMENT = (Metric.REACTIONS, Metric.REPLIES, Metric.SHARES, Metric.CLICKS)
"""What engagement adds up: reactions + replies + shares + clicks."""

BESIDE = tuple(m for m in Metric if m not in {Metric.IMPRESSIONS, Metric.REACH, *ENGAGEMENT})
"""What is added up besides, where a platform gives it; reach never is."""


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
        reading_times: of every reading of it, the oldest first.
    """

    key: str
    channel: str
    message_id: str
    text: str
    url: str
    delivered_at: datetime
    values: dict[Metric, int]
    read_at: datetime | None
    reading_times: tuple[datetime, ...] = ()

    @property
    def is_early(self) -> bool:
        """Whether it was read so soon after it went out that its figures say nothing."""
        return self.read_at is not None and self.read_at - self.delivered_at < TOO_EARLY

    @property
    def engagement(self) -> int | None:
        """Reactions + replies + shares + clicks, of those that were given; None if none was."""
        given = [self.values[m] for m in ENGAGEMENT if m in self.values]
        return sum(given) if given else None


METRIC_WORDS = {
    Metric.IMPRESSIONS: "times shown, to the same person or to another",
    Metric.REACH: (
        "unique accounts that saw one post; never added up, because the same people may have seen several"
    ),
    Metric.REACTIONS: "likes and other reactions",
    Metric.REPLIES: "replies or comments",
    Metric.SHARES: "shares",
    Metric.CLICKS: "",
    Metric.BOOKMARKS: "saved to read later; not part of the engagement",
}
"""What each metric means; where platforms differ, their facts say how, and here is what they share."""
