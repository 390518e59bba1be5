"""Counting on X with the app's bearer."""

from __future__ import annotations

import base64
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import Refused
from stormctl.platforms.adapter import Granularity, ReadFailed, RecentCount

if TYPE_CHECKING:
    from stormctl.platforms.facebook.adapter import FacebookAdapter
    from stormctl.platforms.x.adapter import XAdapter
    from tests.unit.platforms.scripted import ScriptedServer

NOON = datetime(2026, 12, 18, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BEARER = {"token_type": "bearer", "access_token": "app-bearer-9"}


def row(hour: int, posts: int, word: str = "tweet_count") -> dict[str, object]:
    """Return an hour's count as X writes it."""
    ends = [f"2026-12-18T{h}:00:00.000Z" for h in (hour, hour + 1)]
    return {"start": ends[0], "end": ends[1], word: posts}


def test_the_bearer_is_derived_once_and_kept(server: ScriptedServer, x: XAdapter) -> None:
    """From key and secret by HTTP Basic; the counts are asked for with it and nothing else."""
    server.reply(BEARER)
    server.reply({"data": [row(12, 5)], "meta": {"total_tweet_count": 5}})
    server.reply({"data": [row(12, 6, "post_count")]})

    first = x.count_recent("#MigrantsDay", Granularity.HOUR)
    second = x.count_recent("#MigrantsDay", Granularity.HOUR)

    assert first == (RecentCount(NOON, NOON + HOUR, 5),)
    assert second[0].posts == 6
    token, *counts = server.requests
    basic = base64.b64encode(b"consumer-key-1:consumer-secret-2").decode()
    assert (token.target, token.headers["authorization"]) == ("/oauth2/token", f"Basic {basic}")
    assert token.form == {"grant_type": "client_credentials"}
    assert {r.headers["authorization"] for r in counts} == {"Bearer app-bearer-9"}
    assert counts[0].query == {"query": "#MigrantsDay", "granularity": "hour"}


def test_every_page_is_read_oldest_first(server: ScriptedServer, x: XAdapter) -> None:
    """X shows the newest page first."""
    server.reply(BEARER)
    server.reply({"data": [row(13, 2), row(14, 3)], "meta": {"next_token": "t"}})
    server.reply({"data": [row(11, 0), row(12, 1)], "meta": {}})

    counts = x.count_recent("peace", Granularity.HOUR)

    assert [count.posts for count in counts] == [0, 1, 2, 3]
    assert server.requests[2].query["next_token"] == "t"  # noqa: S105 - a cursor


def test_a_bearer_that_died_is_derived_anew(server: ScriptedServer, x: XAdapter) -> None:
    """Once; the answer is read although the bearer is blotted out of answers by now."""
    server.reply(BEARER)
    server.reply({"data": []})
    server.reply({"title": "Unauthorized"}, 401)
    server.reply(BEARER)
    server.reply({"data": [row(12, 5)]})
    x.count_recent("peace", Granularity.DAY)

    counts = x.count_recent("peace", Granularity.DAY)

    assert counts[0].posts == 5
    assert [r.target for r in server.requests].count("/oauth2/token") == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"errors": [{"code": 99, "message": "Unable to verify your credentials"}]}, 403),
        ({"token_type": "bearer"}, 200),
        ([], 200),
        (b"<html>busy</html>", 502),
    ],
)
def test_no_bearer_no_counts(server: ScriptedServer, x: XAdapter, body: object, status: int) -> None:
    """Whatever stands in its place, it is a reading that failed."""
    server.reply(body, status)

    with pytest.raises(ReadFailed):
        x.count_recent("peace", Granularity.DAY)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"title": "Too Many Requests"}, 429),
        ({"data": [{"start": "noon"}]}, 200),
        ({"data": ["odd"]}, 200),
        ({}, 200),
        (b"busy", 503),
    ],
)
def test_unreadable_counts_are_a_failed_reading(
    server: ScriptedServer, x: XAdapter, body: object, status: int
) -> None:
    """No half of them is taken for all."""
    server.reply(BEARER)
    server.reply(body, status)

    with pytest.raises(ReadFailed):
        x.count_recent("peace", Granularity.DAY)


def test_the_bearer_is_in_no_log_and_no_reason(
    server: ScriptedServer, x: XAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even where X repeats it in an error."""
    caplog.set_level(logging.DEBUG)
    server.reply(BEARER)
    server.reply({"title": "Bad", "detail": "the token app-bearer-9 is odd"}, 400)

    with pytest.raises(ReadFailed) as caught:
        x.count_recent("peace", Granularity.DAY)

    assert "app-bearer-9" not in caught.value.reason + caplog.text
    assert "the token •••" in caught.value.reason


def test_what_a_platform_cannot_do_is_said(x: XAdapter, page: FacebookAdapter) -> None:
    """No request is made: X lets us edit nothing, and Facebook counts nobody's posts."""
    outcome = x.edit("7", "Better words")

    assert isinstance(outcome, Refused)
    assert outcome.for_good
    with pytest.raises(ReadFailed, match="does not count"):
        page.count_recent("peace", Granularity.DAY)
