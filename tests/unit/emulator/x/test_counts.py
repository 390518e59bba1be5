"""Tests of counting on X."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stormctl.emulator.core.accounts import app_bearer

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.server import EmulatorThread

    Ask = Callable[..., requests.Response]

NOON = 1797595200.0


@pytest.fixture
def count(
    emulator: EmulatorThread, session: requests.Session, accounts: dict[str, AccountSpec]
) -> Callable[..., requests.Response]:
    """Give a caller of the counts with the app's bearer."""
    keys = accounts["x:migrants-day"].credentials
    header = {"Authorization": f"Bearer {app_bearer(keys['CONSUMER_KEY'], keys['CONSUMER_SECRET'])}"}

    def ask(**params: Any) -> requests.Response:
        url = f"{emulator.base_url}/2/tweets/counts/recent"
        return session.get(url, params=params, headers=header, timeout=10)

    return ask


def test_posts_are_counted_by_query_and_hour(x: Ask, count: Ask, set_time: Callable[[float], None]) -> None:
    """Tags whatever their case, words, phrases, authors and alternatives; hours add up to the total."""
    set_time(NOON - 8 * 86_400)
    x("POST", "/2/tweets", json={"text": "long ago #MigrantsDay"})
    set_time(NOON)
    x("POST", "/2/tweets", json={"text": "one #MigrantsDay"})
    x("POST", "/2/tweets", json={"text": "two #migrantsday now"}, account="x:dia-migrantes")
    x("POST", "/2/tweets", json={"text": "three #MigrantsDays"})
    set_time(NOON + 5_400)

    totals = {
        query: count(query=query).json()["meta"]["total_tweet_count"]
        for query in (
            "#MigrantsDay",
            "#MigrantsDay -is:retweet",
            "#MigrantsDay from:migrants_day",
            '"three #MigrantsDays" OR (two now)',
            "four",
        )
    }
    hours = count(query="#MigrantsDay").json()["data"]

    assert list(totals.values()) == [2, 2, 1, 2, 0]
    assert sum(hour["tweet_count"] for hour in hours) == 2
    assert next(hour for hour in hours if hour["tweet_count"])["start"] == "2026-12-18T12:00:00.000Z"


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"query": "a", "granularity": "week"},
        {"query": "a", "lang": "en"},
        {"query": "a", "search_count.fields": "post_count,tweet_count"},
        {"query": "a", "search_count.fields": "likes"},
        {"query": "a" * 4097},
        {"query": "a", "start_time": "yesterday"},
        {"query": "a", "start_time": "2020-01-01T00:00:00Z"},
        {"query": "a", "end_time": "2099-01-01T00:00:00Z"},
    ],
)
def test_wrong_queries_are_refused(count: Ask, params: dict[str, str]) -> None:
    """No query, too long a one, an unknown step or parameter."""
    answer = count(**params)

    assert answer.status_code == 400


def test_counts_are_answered_in_the_words_of_the_question(x: Ask, count: Ask) -> None:
    """The old ones for old words and for none, the new ones for new words; the figures are the same."""
    x("POST", "/2/tweets", json={"text": "dignity"})

    old, bare, new = (
        count(query="dignity", granularity="day", **fields).json()
        for fields in (
            {"search_count.fields": "start,end,tweet_count"},
            {},
            {"search_count.fields": "start,end,post_count"},
        )
    )

    assert old["meta"] == bare["meta"] == {"total_tweet_count": 1}
    assert new["meta"] == {"total_post_count": 1}
    for old_day, bare_day, new_day in zip(old["data"], bare["data"], new["data"], strict=True):
        assert old_day.keys() == bare_day.keys() == {"start", "end", "tweet_count"}
        assert new_day.keys() == {"start", "end", "post_count"}
        assert old_day["tweet_count"] == new_day["post_count"]


def test_counts_are_narrowed_by_time(x: Ask, count: Ask, set_time: Callable[[float], None]) -> None:
    """The start counts, the end does not."""
    for minutes in (0, 30, 60):
        set_time(NOON + 60 * minutes)
        x("POST", "/2/tweets", json={"text": f"dignity after {minutes} minutes"})
    set_time(NOON + 7_200)

    meta = count(query="dignity", start_time="2026-12-18T12:20:00Z", end_time="2026-12-18T12:50:00Z").json()[
        "meta"
    ]

    assert meta == {"total_tweet_count": 1}
