"""What was seen, clicked and answered: metrics whose kinds are never added up across each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from stormctl.domain.base.channel import Platform


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


@dataclass(frozen=True, slots=True)
class MetricNote:
    """What a metric means, and what each platform calls it; None where the platform does not give it."""

    words: str
    x: str | None
    facebook: str | None

    def source(self, platform: Platform) -> str | None:
        """The platform's own name for the metric; None if it does not give it."""
        return self.x if platform is Platform.X else self.facebook


METRIC_NOTES = {
    Metric.IMPRESSIONS: MetricNote(
        "times shown, to the same person or to another", "impression_count", "post_media_view"
    ),
    Metric.REACH: MetricNote(
        "unique accounts that saw one post; never added up, because the same people may have seen several",
        None,
        "post_total_media_view_unique",
    ),
    Metric.REACTIONS: MetricNote("likes and other reactions", "like_count", "reactions"),
    Metric.REPLIES: MetricNote("replies or comments", "reply_count", "comments"),
    Metric.SHARES: MetricNote("passed on; on X reposts and quotes", "repost_count + quote_count", "shares"),
    Metric.CLICKS: MetricNote(
        "on X clicks on the link, on Facebook clicks anywhere on the post", "url_link_clicks", "post_clicks"
    ),
    Metric.BOOKMARKS: MetricNote("kept to read again; not part of the engagement", "bookmark_count", None),
}
"""The legend of a report (source: docs.x.com metrics, 2026-08; Graph API insights and post, 2026-09)."""

METRIC_SOURCES = (
    "X: docs.x.com, “Metrics”, as of August 2026",
    "Facebook: developers.facebook.com, “Insights” and “Post”, as of September 2026",
)
"""Where the meaning of the metrics is documented."""

INSIGHTS_LAG = timedelta(hours=24)
"""Facebook renews views, reach and clicks about once in this time (source: Graph API insights, 2026-02)."""
