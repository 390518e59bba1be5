"""Tests of searching on X."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    Ask = Callable[..., requests.Response]

NOON = 1797595200.0


def test_everybodys_posts_of_a_week_are_found(x: Ask, set_time: Callable[[float], None]) -> None:
    """Newest first, over all accounts, in pages; what is older than seven days is not."""
    set_time(NOON - 8 * 86_400)
    x("POST", "/2/tweets", json={"text": "long ago #MigrantsDay"})
    set_time(NOON)
    for number in range(11):
        account = "x:dia-migrantes" if number % 2 else "x:migrants-day"
        x("POST", "/2/tweets", json={"text": f"post {number} #MigrantsDay"}, account=account)
    x("POST", "/2/tweets", json={"text": "of something else"})

    first = x("GET", "/2/tweets/search/recent?query=%23migrantsday&tweet.fields=author_id").json()
    token = first["meta"]["next_token"]
    second = x("GET", f"/2/tweets/search/recent?query=%23migrantsday&next_token={token}").json()

    found = [post["text"] for page in (first, second) for post in page["data"]]
    assert found == [f"post {number} #MigrantsDay" for number in range(10, -1, -1)]
    assert len({post["author_id"] for post in first["data"]}) == 2
    assert (first["meta"]["result_count"], "next_token" in second["meta"]) == (10, False)


@pytest.mark.parametrize(
    "query", ["", "query=", "query=hi&max_results=5", "query=hi&sort_order=relevancy", "query=hi&limit=10"]
)
def test_wrong_searches_are_refused(x: Ask, query: str) -> None:
    """400 for no query, for pages of less than ten, and for what the specification doesn't know."""
    answer = x("GET", f"/2/tweets/search/recent?{query}")

    assert answer.status_code == 400
