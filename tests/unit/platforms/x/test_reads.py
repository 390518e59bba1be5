"""X's posts and counts, in the old words and the new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stormctl.domain.platforms.record import Metric
from stormctl.platforms.adapter import SeenPost
from stormctl.platforms.x.reads import is_young, parse_metrics, parse_post, split


def parse(raw: dict[str, Any]) -> SeenPost | None:
    """Parse a post whose address is its id."""
    return parse_post(raw, lambda post_id: f"url of {post_id}")


def entity(short: str, expanded: str, **more: str) -> dict[str, str]:
    """Return one link of a post's entities."""
    return {"url": short, "expanded_url": expanded, **more}


def test_a_post_is_read_back_as_it_was_written() -> None:
    """Short links are written out, the media's link goes, three characters are unescaped."""
    links = [
        entity("https://t.co/aaaaaaaaaa", "https://example.org/act?x=1&copy=2"),
        entity(
            "https://t.co/bbbbbbbbbb",
            "https://x.com/acme/status/1/photo/1",
            display_url="pic.x.com/bbbbbbbbbb",
            media_key="3_9",
        ),
    ]
    raw = {
        "id": "1",
        "text": "Rights &amp; dignity &lt;3 &amp;gt; https://t.co/aaaaaaaaaa #MigrantsDay https://t.co/bbbbbbbbbb",
        "created_at": "2026-12-18T12:00:00.000Z",
        "entities": {"urls": links},
        "attachments": {"media_keys": ["3_9"]},
        "referenced_tweets": [{"type": "replied_to", "id": "77"}],
    }

    post = parse(raw)

    assert post == SeenPost(
        post_id="1",
        url="url of 1",
        text="Rights & dignity <3 &gt; https://example.org/act?x=1&copy=2 #MigrantsDay",
        created_at=datetime(2026, 12, 18, 12, tzinfo=UTC),
        media_count=1,
        in_reply_to="77",
    )


@pytest.mark.parametrize("more", [{}, {"display_url": "pic.twitter.com/bbbbbbbbbb"}])
def test_a_link_to_the_post_itself_stands_for_its_media(more: dict[str, str]) -> None:
    """Nobody can have written it; for how many it stands is not told. One to another post stays."""
    links = [
        entity("https://t.co/aaaaaaaaaa", "https://x.com/acme/status/2/photo/1"),
        entity("https://t.co/bbbbbbbbbb", "https://x.com/acme/status/1/photo/1", **more),
    ]

    post = parse(
        {"id": 1, "text": "See https://t.co/aaaaaaaaaa https://t.co/bbbbbbbbbb", "entities": {"urls": links}}
    )

    assert post is not None
    assert (post.text, post.media_count) == ("See https://x.com/acme/status/2/photo/1", None)


def test_the_new_words_mean_the_same() -> None:
    """A reply is one under `referenced_posts` too."""
    post = parse({"id": "1", "text": "a", "referenced_posts": [{"type": "replied_to", "id": "77"}]})

    assert post is not None
    assert post.in_reply_to == "77"


@pytest.mark.parametrize(
    "raw",
    [
        {"id": "1"},
        {"id": "1", "text": None, "entities": [], "attachments": [], "referenced_tweets": {}},
        {"id": "1", "entities": {"urls": [None, {"url": 7}]}, "created_at": "yesterday"},
        {"id": 1, "attachments": {"media_keys": []}},
    ],
)
def test_odd_posts_are_read_as_far_as_they_go(raw: dict[str, Any]) -> None:
    """What is missing or of the wrong kind is left out, and media that nobody told of is unknown."""
    assert parse(raw) == SeenPost(post_id="1", url="url of 1", text="", created_at=None)


def test_a_post_without_an_id_is_none() -> None:
    """There is nothing to hold on to."""
    assert parse({"text": "a"}) is None


@pytest.mark.parametrize("repost_name", ["repost_count", "retweet_count"])
def test_counts_under_both_names(repost_name: str) -> None:
    """Reposts are read under their new and old name; quotes are shares too; clicks are link clicks."""
    raw = {
        "id": "1",
        "public_metrics": {
            "impression_count": 900,
            "like_count": 30,
            "reply_count": 4,
            repost_name: 5,
            "quote_count": 2,
            "bookmark_count": 1,
        },
        "non_public_metrics": {"url_link_clicks": 8, "impression_count": 900},
    }

    values = {reading.metric: reading.value for reading in parse_metrics(raw)}

    assert values == {
        Metric.IMPRESSIONS: 900,
        Metric.REACTIONS: 30,
        Metric.REPLIES: 4,
        Metric.SHARES: 7,
        Metric.BOOKMARKS: 1,
        Metric.CLICKS: 8,
    }


def test_counts_that_x_did_not_give_are_left_out() -> None:
    """A missing count is not zero."""
    raw = {"id": "1", "public_metrics": {"like_count": 0, "reply_count": None}, "non_public_metrics": {}}

    values = {reading.metric: reading.value for reading in parse_metrics(raw)}

    assert values == {Metric.REACTIONS: 0}


def test_the_age_of_a_post_is_in_its_id() -> None:
    """Thirty days after the moment in the id, X gives no non-public metrics any more."""
    post_id = "1946200000000000000"
    posted_at = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC) + timedelta(
        milliseconds=int(post_id) >> 22
    )

    assert is_young(post_id, posted_at + timedelta(days=29))
    assert not is_young(post_id, posted_at + timedelta(days=30))
    assert not is_young("not a number", posted_at)


def test_an_id_that_is_no_snowflake_is_young() -> None:
    """Another server's ids may be as long as they like."""
    assert is_young("9" * 400, datetime(2026, 12, 18, tzinfo=UTC))


def test_batches() -> None:
    """Ids are cut into batches of at most the page size."""
    assert [len(batch) for batch in split([str(n) for n in range(250)])] == [100, 100, 50]
    assert list(split([])) == []
