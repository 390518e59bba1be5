"""Page posts and counts as Graph shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stormctl.domain.platforms.record import Metric
from stormctl.platforms.adapter import SeenPost
from stormctl.platforms.facebook.reads import next_page, parse_counts, parse_insight, parse_post
from stormctl.platforms.http.answers import PlatformAnswer


def parse(raw: dict[str, Any]) -> SeenPost | None:
    """Parse a post whose address is its id."""
    return parse_post(raw, lambda post_id: f"url of {post_id}")


def attached(*attachments: dict[str, Any]) -> dict[str, Any]:
    """Return a post with attachments."""
    return {"id": "1_2", "attachments": {"data": list(attachments)}}


def test_a_link_post() -> None:
    """Message, time, permalink, and the link that the attachment leads to."""
    raw = {
        "message": "Sign today",
        "created_time": "2026-12-18T12:00:00+0000",
        "permalink_url": "https://www.facebook.com/1_2",
    } | attached({"media_type": "link", "type": "share", "unshimmed_url": "https://example.org/act"})

    assert parse(raw) == SeenPost(
        post_id="1_2",
        url="https://www.facebook.com/1_2",
        text="Sign today",
        created_at=datetime(2026, 12, 18, 12, tzinfo=UTC),
        link="https://example.org/act",
        media_count=0,
    )


def test_the_redirector_is_undone() -> None:
    """An address behind l.facebook.com is the one that we posted."""
    shim = "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fact%3Fa%3Db&h=AT0"

    post = parse(attached({"type": "share", "url": shim}))

    assert post is not None
    assert post.link == "https://example.org/act?a=b"


@pytest.mark.parametrize(
    ("attachment", "count"),
    [
        ({"media_type": "photo", "type": "photo", "url": "https://www.facebook.com/photo"}, 1),
        ({"media_type": "video"}, 1),
        ({"type": "album", "subattachments": {"data": [{"type": "photo"}, {"media_type": "photo"}]}}, 2),
    ],
)
def test_media_are_counted_and_no_links(attachment: dict[str, Any], count: int) -> None:
    """One photo, a video, an album; their own addresses are not what we linked to."""
    post = parse(attached(attachment))

    assert post is not None
    assert (post.media_count, post.link) == (count, None)


def test_without_attachments_media_are_unknown() -> None:
    """A server that tells nothing of media has not said that there is none."""
    assert parse({"id": "1_2", "permalink_url": "/1_2"}) == SeenPost(
        post_id="1_2", url="url of 1_2", text="", created_at=None
    )


@pytest.mark.parametrize("raw", [{}, {"id": ""}, {"id": {}}, "1_2", None])
def test_a_post_without_an_id_is_none(raw: Any) -> None:
    """There is nothing to hold on to."""
    assert parse(raw) is None


def test_an_id_may_be_a_number() -> None:
    """JSON has numbers too, and a post that is overlooked would be posted again."""
    post = parse({"id": 7, "message": "Sign today"})

    assert post is not None
    assert (post.post_id, post.text) == ("7", "Sign today")


@pytest.mark.parametrize("kind", ["share", "video_share_youtube", "video_share_highlighted"])
def test_a_film_that_was_linked_is_no_medium_of_ours(kind: str) -> None:
    """A link to a film is shown as one, and nothing was uploaded."""
    post = parse(attached({"media_type": "video", "type": kind, "url": "https://example.org/film"}))

    assert post is not None
    assert (post.media_count, post.link) == (0, "https://example.org/film")


def test_the_next_page_is_asked_of_our_own_server() -> None:
    """Graph's absolute address gives parameters only; no host, no token. What it omits stays as asked."""
    address = (
        "https://elsewhere.example.org/v26.0/1/feed?after=c%3D&limit=100&access_token=t&appsecret_proof=p"
    )

    following = next_page(
        PlatformAnswer(200, {}, {"paging": {"next": address}}), {"fields": "id", "limit": "50"}
    )

    assert following == {"fields": "id", "after": "c=", "limit": "100"}
    assert next_page(PlatformAnswer(200, {}, {"paging": {"cursors": {"after": "c"}}}), {}) is None


def test_counts() -> None:
    """Reactions, comments and shares; Graph leaves shares out where there are none."""
    body = {"reactions": {"summary": {"total_count": 7}}, "comments": {"summary": {}}}
    metrics = [Metric.SHARES, Metric.REACTIONS, Metric.REPLIES]

    readings = parse_counts(PlatformAnswer(200, {}, body), metrics, "1_2")

    assert {reading.metric: reading.value for reading in readings} == {Metric.SHARES: 0, Metric.REACTIONS: 7}


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ({"data": [{"name": "post_clicks", "values": [{"value": 3}, {"value": 4}]}]}, 4),
        ({"data": []}, None),
        ({"data": [{"values": []}, {"values": [{"value": {"a": 1}}]}]}, None),
        ([], None),
    ],
)
def test_insights(body: object, value: int | None) -> None:
    """The newest value, where there is one."""
    reading = parse_insight(PlatformAnswer(200, {}, body), Metric.CLICKS, "1_2")

    assert (None if reading is None else reading.value) == value
