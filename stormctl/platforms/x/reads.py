"""What X shows of our account: its timeline and its metrics, in the old words and the new."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.reach import MetricReading
from stormctl.platforms.adapter import SeenPost
from stormctl.platforms.http.answers import TEXT_CHARS, read_count, read_id, read_text
from stormctl.platforms.http.timestamps import next_second, parse_time
from stormctl.platforms.paging import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stormctl.platforms.http.answers import PlatformAnswer

PAGE_SIZE = 100
"""Most posts a page of the timeline and a metrics call take (docs.x.com, 2026-08)."""

PRIVATE_METRICS_FOR = timedelta(days=30)
"""Non-public metrics are given for posts of the last 30 days only (docs.x.com, metrics, 2026-08)."""

TIMELINE_FIELDS = ("created_at", "entities", "attachments", "referenced_tweets")

NOT_QUITE_NOW = timedelta(seconds=15)
"""A window that ends less than this before now is left open: X refuses an end that its own clock has not
reached, and for some calls one of its last ten seconds (docs.x.com, search and counts, 2026-08)."""

MOST_LINKS, LINK_CHARS = 100, 4_096
"""Links of a post that are written out, and the characters of one: X counts 23 for each, of 280."""

_ID_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
"""A post id holds its millisecond since then above its lowest 22 bits."""

_PUBLIC = {
    Metric.IMPRESSIONS: (("impression_count",),),
    Metric.REACTIONS: (("like_count",),),
    Metric.REPLIES: (("reply_count",),),
    Metric.SHARES: (("repost_count", "retweet_count"), ("quote_count",)),
    Metric.BOOKMARKS: (("bookmark_count",),),
}
"""For each metric the counts that are added up, each under its new name or its old one."""


def parse_page(answer: PlatformAnswer, url_of: Callable[[str], str]) -> Page | None:
    """Read a page of a timeline; None if the answer is none, so that it never passes for an empty one.

    Errors beside the posts say that something is left out (docs.x.com, response codes, 2026-08).
    """
    data, meta = answer.at("data"), answer.at("meta")
    if not answer.is_success or not isinstance(data, list | None) or not isinstance(meta, dict | None):
        return None
    told, errors = answer.at("meta", "result_count"), answer.at("errors")
    if data is None and (meta is None or errors or (isinstance(told, int) and told > 0)):
        return None
    found = [parse_post(row, url_of) if isinstance(row, dict) else None for row in data or ()]
    posts = tuple(post for post in found if post is not None)
    is_whole = len(posts) == len(found) and not errors
    token = answer.id_at("meta", "next_token")
    return Page(posts, is_whole, {"pagination_token": token} if token else None)


def parse_post(raw: dict[str, Any], url_of: Callable[[str], str]) -> SeenPost | None:
    """Read one post of a timeline; None if it has no id."""
    post_id = read_id(raw.get("id"))
    if post_id is None:
        return None
    links = [{**link, "marks_media": _marks_media(link, post_id)} for link in _links(raw)]
    return SeenPost(
        post_id=post_id,
        url=url_of(post_id),
        text=_expand(read_text(raw.get("text")), links),
        created_at=parse_time(raw.get("created_at")),
        media_count=_count_media(raw, links),
        in_reply_to=_replied_to(raw),
    )


def parse_metrics(raw: dict[str, Any]) -> Iterator[MetricReading]:
    """Read the counts of one post; what X did not give is left out."""
    post_id, public = read_id(raw.get("id")) or "", raw.get("public_metrics")
    private = raw.get("non_public_metrics")
    if isinstance(public, dict):
        for metric, summands in _PUBLIC.items():
            counts = [_first_count(public, names) for names in summands]
            if any(count is not None for count in counts):
                yield MetricReading(post_id, metric, sum(count or 0 for count in counts))
    if isinstance(private, dict):
        clicks = _first_count(private, ("url_link_clicks",))
        if clicks is not None:
            yield MetricReading(post_id, Metric.CLICKS, clicks)


def timeline_arguments(since: datetime, until: datetime, now: datetime) -> dict[str, Any]:
    """Return what tweepy's `get_users_tweets` is told of the time between two moments."""
    arguments: dict[str, Any] = {
        "max_results": PAGE_SIZE,
        "start_time": since.replace(microsecond=0),
        "tweet_fields": list(TIMELINE_FIELDS),
    }
    if next_second(until) <= now - NOT_QUITE_NOW:
        arguments["end_time"] = next_second(until)
    return arguments


def rows(answer: PlatformAnswer) -> list[dict[str, Any]]:
    """Return the objects under `data`."""
    data = answer.at("data")
    return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []


def is_young(post_id: str, now: datetime) -> bool:
    """Whether X may still give non-public metrics; told from the moment in the id."""
    if not post_id.isdecimal():
        return False
    age_ms = (now - _ID_EPOCH) // timedelta(milliseconds=1) - (int(post_id) >> 22)
    return age_ms < PRIVATE_METRICS_FOR // timedelta(milliseconds=1)


def split(ids: Sequence[str], size: int = PAGE_SIZE) -> Iterator[list[str]]:
    """Cut ids into batches."""
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])


def _links(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    entities = raw.get("entities")
    urls = entities.get("urls") if isinstance(entities, dict) else None
    for link in urls[:MOST_LINKS] if isinstance(urls, list) else []:
        short = link.get("url") if isinstance(link, dict) else None
        if isinstance(short, str) and short.startswith(("http://", "https://")) and len(short) <= LINK_CHARS:
            yield link


def _marks_media(link: dict[str, Any], post_id: str) -> bool:
    """Whether a short link stands for attached media, which nobody wrote: it leads to the post itself."""
    display, expanded = (str(link.get(name) or "") for name in ("display_url", "expanded_url"))
    is_named = bool(link.get("media_key")) or display.startswith(("pic.x.com/", "pic.twitter.com/"))
    return is_named or f"/status/{post_id}/" in expanded


def _expand(text: str, links: list[dict[str, Any]]) -> str:
    """Undo X's escaping of three characters, then its short links: an address is never unescaped."""
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    longs = {
        link["url"]: "" if link["marks_media"] else str(link.get("expanded_url") or link["url"])[:LINK_CHARS]
        for link in links
    }
    if longs:  # in one walk: what an address became is no short link again
        shorts = "|".join(map(re.escape, sorted(longs, key=len, reverse=True)))
        text = re.sub(shorts, lambda found: longs[found[0]], text)
    return text.strip()[:TEXT_CHARS]


def _count_media(raw: dict[str, Any], links: list[dict[str, Any]]) -> int | None:
    """Count attached media; None where nothing tells how many, or of any: a server may not tell at all."""
    attachments = raw.get("attachments")
    keys = attachments.get("media_keys") if isinstance(attachments, dict) else None
    if isinstance(keys, list) and keys:
        return len(keys)
    marked = {link.get("media_key") for link in links if link["marks_media"]}
    return len(marked) if marked and None not in marked else None


def _replied_to(raw: dict[str, Any]) -> str | None:
    references = raw.get("referenced_tweets") or raw.get("referenced_posts")
    for reference in references if isinstance(references, list) else []:
        if isinstance(reference, dict) and reference.get("type") == "replied_to":
            return read_id(reference.get("id"))
    return None


def _first_count(counts: dict[str, Any], names: tuple[str, ...]) -> int | None:
    found = (read_count(counts.get(name)) for name in names)
    return next((count for count in found if count is not None), None)
