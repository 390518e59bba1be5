"""What Facebook shows of our Page: its posts, their live counts, their insights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.parse import parse_qs, parse_qsl, urlsplit

from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.reach import MetricReading
from stormctl.platforms.adapter import SeenPost
from stormctl.platforms.http.answers import read_count, read_id, read_text
from stormctl.platforms.http.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.platforms.http.answers import PlatformAnswer

PAGE_SIZE = 100
"""Most posts a page of a Page's posts holds (Pages API, 2026)."""

POST_FIELDS = (
    "id,message,created_time,permalink_url,"
    "attachments{media_type,type,url,unshimmed_url,target,subattachments{media_type,type}}"
)

COUNT_FIELDS = {
    Metric.SHARES: "shares",
    Metric.REACTIONS: "reactions.limit(0).summary(true)",
    Metric.REPLIES: "comments.limit(0).summary(true)",
}
"""Live counts; the last two need `pages_read_user_content` (Pages API, Posts, 2026)."""

INSIGHTS = {
    Metric.IMPRESSIONS: "post_media_view",
    Metric.REACH: "post_total_media_view_unique",
    Metric.CLICKS: "post_clicks",
}
"""Asked one by one, since one unknown metric fails a whole call. `post_media_view` and
`post_total_media_view_unique` replace the `post_impressions…` that ended on 2026-06-15 (Graph insights)."""

ADDRESS_CHARS = 4_096

_LINK_SHIM = "l.facebook.com"
_MEDIA_TYPES = {"photo", "video", "animated_image_video", "video_inline"}

_SHARED = "share"
"""Part of the type of what was linked and not uploaded: `share`, and `video_share_youtube` with a film."""


def parse_post(raw: object, url_of: Callable[[str], str]) -> SeenPost | None:
    """Read one post of a Page; None if it is none, or has no id."""
    post_id = read_id(raw.get("id")) if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or post_id is None:
        return None
    told = _dicts(raw.get("attachments"))
    media, link = None, None
    for attachment in told:
        parts = _dicts(attachment.get("subattachments")) or [attachment]
        media = (media or 0) + sum(_is_media(part) for part in parts)
        link = link or (None if media else _target(attachment))
    permalink = raw.get("permalink_url")
    return SeenPost(
        post_id=post_id,
        url=permalink if _is_address(permalink) else url_of(post_id),
        text=read_text(raw.get("message")),
        created_at=parse_time(raw.get("created_time")),
        link=link,
        media_count=media,
    )


def is_by_another(raw: object, page_id: str) -> bool:
    """Whether a post of a Page's feed says that someone else wrote it: visitors may."""
    author = raw.get("from") if isinstance(raw, dict) else None
    author_id = author.get("id") if isinstance(author, dict) else None
    return author_id is not None and str(author_id) != page_id


def next_page(answer: PlatformAnswer, asked: dict[str, str]) -> dict[str, str] | None:
    """Return what to ask for the next page; None on the last.

    Only parameters are taken from Graph's absolute address, and never the address or the token in it. What
    it does not repeat of what was asked stays: without its fields a post would show no text.
    """
    following = answer.at("paging", "next")
    if not isinstance(following, str):
        return None
    secrets = {"access_token", "appsecret_proof"}
    told = {key: value for key, value in parse_qsl(urlsplit(following).query) if key not in secrets}
    return {**asked, **told}


def parse_counts(answer: PlatformAnswer, metrics: list[Metric], post_id: str) -> list[MetricReading]:
    """Read live counts that were asked for; Graph leaves `shares` out where there are none."""
    paths = {
        Metric.SHARES: ("shares", "count"),
        Metric.REACTIONS: ("reactions", "summary", "total_count"),
        Metric.REPLIES: ("comments", "summary", "total_count"),
    }
    readings = []
    for metric in metrics:
        value = read_count(answer.at(*paths[metric]))
        if metric is Metric.SHARES and answer.at("shares") is None:
            value = 0
        if value is not None:
            readings.append(MetricReading(post_id, metric, value))
    return readings


def parse_insight(answer: PlatformAnswer, metric: Metric, post_id: str) -> MetricReading | None:
    """Read one lifetime metric; None where Graph has no value yet (Pages with few likes, new posts)."""
    for row in _dicts(answer.body):
        values = row.get("values")
        last = values[-1] if isinstance(values, list) and values else None
        value = read_count(last.get("value")) if isinstance(last, dict) else None
        if value is not None:
            return MetricReading(post_id, metric, value)
    return None


def _dicts(edge: object) -> list[dict[str, Any]]:
    data = edge.get("data") if isinstance(edge, dict) else None
    return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []


def _is_address(value: object) -> TypeGuard[str]:
    """Whether a value is the address of a web page, and not longer than one is."""
    if not isinstance(value, str) or len(value) > ADDRESS_CHARS or not value.startswith("http"):
        return False
    try:
        urlsplit(value)
    except ValueError:
        return False
    return True


def _is_media(attachment: dict[str, Any]) -> bool:
    kind = attachment.get("type")
    is_shared = isinstance(kind, str) and _SHARED in kind
    return not is_shared and bool({attachment.get("media_type"), kind} & _MEDIA_TYPES)


def _target(attachment: dict[str, Any]) -> str | None:
    """Return the address that a link attachment leads to, without Facebook's redirector."""
    url = attachment.get("unshimmed_url") or attachment.get("url")
    if not _is_address(url):
        return None
    parts = urlsplit(url)
    if parts.hostname == _LINK_SHIM:
        return next(iter(parse_qs(parts.query).get("u", [])), None)
    return url
