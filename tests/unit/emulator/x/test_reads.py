"""Tests of reading on X."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from stormctl.emulator.core.accounts import AccountSpec

    Ask = Callable[..., requests.Response]

NOON = 1797595200.0


def test_a_request_is_answered_in_the_words_it_used(x: Ask, set_time: Callable[[float], None]) -> None:
    """tweet.fields gets the old names, post.fields the new ones; the values are the same."""
    set_time(NOON)
    post_id = x("POST", "/2/tweets", json={"text": "hi"}).json()["data"]["id"]
    set_time(NOON + 3_600)

    old = x("GET", f"/2/tweets?ids={post_id}&tweet.fields=public_metrics").json()["data"][0]
    new = x("GET", f"/2/tweets?ids={post_id}&post.fields=public_metrics").json()["data"][0]

    assert old.keys() == {"edit_history_tweet_ids", "id", "text", "public_metrics"}
    assert new.keys() == {"edit_history_post_ids", "id", "text", "public_metrics"}
    assert new["public_metrics"].keys() == {
        "repost_count",
        "reply_count",
        "like_count",
        "quote_count",
        "bookmark_count",
        "impression_count",
    }
    assert old["public_metrics"]["retweet_count"] == new["public_metrics"]["repost_count"]
    assert old["public_metrics"]["impression_count"] > 0


def test_non_public_metrics_are_the_authors_for_thirty_days(
    x: Ask, set_time: Callable[[float], None]
) -> None:
    """Others, and the author later, get the post with an error for each field."""
    set_time(NOON)
    post_id = x("POST", "/2/tweets", json={"text": "hi"}).json()["data"]["id"]
    path = f"/2/tweets?ids={post_id}&tweet.fields=non_public_metrics"

    own = x("GET", path).json()
    other = x("GET", path, account="x:dia-migrantes").json()
    set_time(NOON + 31 * 86_400)
    late = x("GET", path).json()

    assert own["data"][0]["non_public_metrics"].keys() == {
        "impression_count",
        "url_link_clicks",
        "user_profile_clicks",
        "engagements",
    }
    for refused in (other, late):
        assert "non_public_metrics" not in refused["data"][0]
        assert refused["errors"][0]["title"] == "Field Authorization Error"
        assert refused["errors"][0]["field"] == "non_public_metrics.impression_count"


def test_missing_posts_stand_beside_found_ones(x: Ask) -> None:
    """Partial success is a 200 with data and errors."""
    post_id = x("POST", "/2/tweets", json={"text": "hi"}).json()["data"]["id"]

    some = x("GET", f"/2/tweets?ids={post_id},456")
    none = x("GET", "/2/tweets/456")
    nothing = x("GET", "/2/tweets?ids=456,789")

    assert (some.status_code, none.status_code) == (200, 200)
    assert [post_id] == [post["id"] for post in some.json()["data"]]
    assert some.json()["errors"][0]["detail"] == "Could not find tweet with ids: [456]."
    assert "data" not in none.json()
    assert nothing.json().keys() == {"errors"}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "ids=abc",
        "ids=1&tweet.fields=likes",
        "ids=1&post.fields=referenced_tweets",
        "ids=1&tweet.fields=id&post.fields=id",
        "ids=1&expansions=nothing",
        "ids=1&limit=5",
        "ids=" + ",".join(map(str, range(101))),
    ],
)
def test_unknown_parameters_and_values_are_refused(x: Ask, query: str) -> None:
    """400 for what the specification doesn't know, and for more than 100 ids."""
    answer = x("GET", f"/2/tweets?{query}")

    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid Request"


def test_a_timeline_is_read_page_by_page(
    x: Ask, accounts: dict[str, AccountSpec], set_time: Callable[[float], None]
) -> None:
    """Newest first; next_token leads on until the end, previous_token back; meta says what a page holds."""
    set_time(NOON)
    made = [x("POST", "/2/tweets", json={"text": f"post {n}"}).json()["data"]["id"] for n in range(7)]
    path = f"/2/users/{accounts['x:migrants-day'].id}/tweets?max_results=5"

    first = x("GET", path).json()
    second = x("GET", f"{path}&pagination_token={first['meta']['next_token']}").json()
    back = x("GET", f"{path}&pagination_token={second['meta']['previous_token']}").json()
    read = [post["id"] for page in (first, second) for post in page["data"]]

    assert back == first
    assert made[::-1] == read
    assert first["meta"]["newest_id"] == made[-1]
    previous = second["meta"].pop("previous_token")
    assert previous
    assert second["meta"] == {"result_count": 2, "newest_id": made[1], "oldest_id": made[0]}


def test_a_timeline_is_narrowed_by_time_id_and_kind(
    x: Ask, accounts: dict[str, AccountSpec], set_time: Callable[[float], None]
) -> None:
    """start_time is included, end_time is not; since_id is not; replies can be left out."""
    made = []
    for minute in range(3):
        set_time(NOON + 60 * minute)
        made.append(x("POST", "/2/tweets", json={"text": f"post {minute}"}).json()["data"]["id"])
    x("POST", "/2/tweets", json={"text": "part two", "reply": {"in_reply_to_tweet_id": made[2]}})

    def read(query: str) -> list[str]:
        answer = x("GET", f"/2/users/{accounts['x:migrants-day'].id}/tweets?exclude=replies&{query}").json()
        return [post["id"] for post in answer.get("data", [])][::-1]

    assert read("") == made
    assert read("start_time=2026-12-18T12:01:00Z") == made[1:]
    assert read("end_time=2026-12-18T12:01:00Z") == made[:1]
    assert read(f"since_id={made[1]}") == made[2:]
    assert read(f"until_id={made[1]}") == made[:1]
    assert read("start_time=2026-12-19T00:00:00Z") == []


@pytest.mark.parametrize(
    "query", ["max_results=4", "max_results=101", "start_time=noon", "pagination_token=xyz", "exclude=links"]
)
def test_wrong_pages_are_refused(x: Ask, accounts: dict[str, AccountSpec], query: str) -> None:
    """Page sizes, times, tokens and kinds must be right."""
    answer = x("GET", f"/2/users/{accounts['x:migrants-day'].id}/tweets?{query}")

    assert answer.status_code == 400


def test_threads_and_authors_can_be_seen(x: Ask) -> None:
    """A reply names its parent and conversation; expansions bring the author."""
    parent = x("POST", "/2/tweets", json={"text": "one"}).json()["data"]["id"]
    child = x("POST", "/2/tweets", json={"text": "two", "reply": {"in_reply_to_tweet_id": parent}}).json()
    fields = "post.fields=referenced_posts,conversation_id,created_at&expansions=author_id"

    answer = x("GET", f"/2/tweets/{child['data']['id']}?{fields}").json()

    assert answer["data"]["referenced_posts"] == [{"type": "replied_to", "id": parent}]
    assert answer["data"]["conversation_id"] == parent
    assert answer["includes"]["users"][0]["username"] == "migrants_day"


def test_an_unknown_user_is_not_found(x: Ask) -> None:
    """404 as a problem of its own."""
    answer = x("GET", "/2/users/1/tweets")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "https://api.x.com/2/problems/resource-not-found"
    assert answer.json()["resource_type"] == "user"


def test_me_is_who_signed(x: Ask) -> None:
    """The default fields, and verified when asked."""
    answer = x("GET", "/2/users/me?user.fields=verified", account="x:dia-migrantes").json()["data"]

    assert answer["username"] == "dia_migrantes"
    assert answer["verified"] is False
