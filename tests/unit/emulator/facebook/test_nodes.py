"""Tests of reading on Facebook."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.server import EmulatorThread

    Ask = Callable[..., requests.Response]

NOON = 1797595200.0
LIVE = "shares,reactions.limit(0).summary(true),comments.limit(0).summary(true)"


@pytest.fixture
def page(accounts: dict[str, AccountSpec]) -> str:
    """Give the first Page's id."""
    return accounts["facebook:migrants-day"].id


@pytest.fixture
def publish(graph: Ask, page: str) -> Callable[[str], str]:
    """Give a function that publishes a message and returns the post's id."""
    return lambda message: str(graph("POST", f"/{page}/feed", values={"message": message}).json()["id"])


def test_posts_are_listed_page_by_page(
    graph: Ask, page: str, publish: Callable[[str], str], session: requests.Session
) -> None:
    """Newest first; paging.next is a whole address, with the token, that leads on until the end."""
    made = [publish(f"post {n}") for n in range(5)]

    first = graph("GET", f"/{page}/published_posts", values={"limit": "3", "fields": "id,message"}).json()
    following = first["paging"]["next"]
    second = session.get(following, timeout=10).json()
    read = [post["id"] for part in (first, second) for post in part["data"]]

    assert made[::-1] == read
    assert "access_token" in parse_qs(urlsplit(following).query)
    assert "next" not in second["paging"]
    assert first["data"][0].keys() == {"id", "message"}


def test_lists_are_narrowed_by_time(
    graph: Ask, page: str, publish: Callable[[str], str], set_time: Callable[[float], None]
) -> None:
    """Both since and until are Unix seconds or ISO 8601."""
    made = []
    for minute in range(3):
        set_time(NOON + 60 * minute)
        made.append(publish(f"post {minute}"))

    def read(**values: str) -> list[str]:
        return [post["id"] for post in graph("GET", f"/{page}/feed", values=values).json()["data"]][::-1]

    assert read(since=str(int(NOON) + 60)) == made[1:]
    assert read(until="2026-12-18T12:00:30+00:00") == made[:1]
    assert read(since=str(int(NOON) + 3_600)) == []


@pytest.mark.parametrize(
    "values",
    [
        {"limit": "101"},
        {"limit": "0"},
        {"limit": "many"},
        {"since": "noon"},
        {"after": "xyz"},
        {"after": "YWZ0ZXI6"},
        {"fields": "id,impressions"},
        {"fields": "attachments{url"},
        {"fields": "attachments}url"},
        {"fields": "a.b"},
    ],
)
def test_wrong_lists_are_refused(
    graph: Ask, page: str, publish: Callable[[str], str], values: dict[str, str]
) -> None:
    """(#100) for limits, times, cursors and fields that don't exist or don't parse."""
    publish("hi")

    answer = graph("GET", f"/{page}/posts", values=values)

    assert answer.json()["error"]["code"] == 100


def test_live_counts_and_attachments_are_read_by_fields(
    graph: Ask, page: str, emulator: EmulatorThread, set_time: Callable[[float], None]
) -> None:
    """Summaries carry counts, a link its address, permalink_url opens here."""
    set_time(NOON)
    made = graph("POST", f"/{page}/feed", values={"message": "hi", "link": "https://example.org/act"}).json()
    set_time(NOON + 36_000)

    fields = f"{LIVE},permalink_url,created_time,attachments{{media_type,unshimmed_url}}"
    post = graph("GET", f"/{made['id']}", values={"fields": fields}).json()

    assert post["reactions"]["summary"]["total_count"] > 0
    assert post["shares"]["count"] > 0
    assert post["permalink_url"] == f"{emulator.base_url}/{made['id']}"
    assert post["created_time"] == "2026-12-18T12:00:00+0000"
    assert post["attachments"]["data"] == [{"media_type": "link", "unshimmed_url": "https://example.org/act"}]


def test_insights_lag_a_day(
    graph: Ask, publish: Callable[[str], str], set_time: Callable[[float], None]
) -> None:
    """On the day of the post there are none; the next day they stand still until midnight."""
    set_time(NOON)
    post_id = publish("hi")
    values = {"metric": "post_media_view,post_total_media_view_unique"}

    def read(at: float) -> dict[str, int]:
        set_time(at)
        data = graph("GET", f"/{post_id}/insights", values=values).json()["data"]
        return {item["name"]: item["values"][0]["value"] for item in data}

    same_day, next_day, evening, later = (read(NOON + 3_600 * hours) for hours in (11, 13, 35, 37))

    assert same_day == {}
    assert next_day["post_media_view"] >= next_day["post_total_media_view_unique"] > 0
    assert next_day == evening
    assert later["post_media_view"] > evening["post_media_view"]


def test_one_bad_metric_fails_the_whole_call(graph: Ask, publish: Callable[[str], str]) -> None:
    """(#100) although the other metric is alive; no metric at all is 3001."""
    post_id = publish("hi")

    mixed = graph("GET", f"/{post_id}/insights", values={"metric": "post_media_view,post_impressions"})
    none = graph("GET", f"/{post_id}/insights")

    assert mixed.json()["error"]["message"] == "(#100) The value must be a valid insights metric"
    assert (none.json()["error"]["code"], none.json()["error"]["error_subcode"]) == (3001, 1504028)


def test_what_is_not_ours_can_not_be_read(graph: Ask, page: str, publish: Callable[[str], str]) -> None:
    """Another Page's lists, posts and insights are refused; unknown ones do not exist."""
    post_id = publish("hi")

    foreign = [graph("GET", f"/{node}", account="facebook:partner") for node in (f"{page}/feed", post_id)]
    unknown = [graph("GET", path) for path in ("/1/feed", f"/{page}_1/insights")]
    other_period = graph("GET", f"/{post_id}/insights", values={"metric": "post_clicks", "period": "day"})

    assert [answer.json()["error"]["code"] for answer in foreign] == [200, 200]
    assert [answer.json()["error"]["error_subcode"] for answer in unknown] == [33, 33]
    assert other_period.json() == {"data": []}


def test_an_album_lists_its_photos(graph: Ask, page: str) -> None:
    """Two attached photos are one attachment with two below it."""
    png = {"source": b"\x89PNG\r\n\x1a\n"}
    upload = {"published": "false"}
    photos = [graph("POST", f"/{page}/photos", values=upload, files=png).json()["id"] for _ in range(2)]
    attached = {f"attached_media[{n}]": f'{{"media_fbid": "{photo}"}}' for n, photo in enumerate(photos)}
    made = graph("POST", f"/{page}/feed", values={"message": "two", **attached}).json()["id"]

    fields = "attachments{media_type,subattachments}"
    album = graph("GET", f"/{made}", values={"fields": fields}).json()["attachments"]["data"][0]

    assert album["media_type"] == "album"
    assert [photo["target"]["id"] for photo in album["subattachments"]["data"]] == photos


def test_pages_photos_and_me_are_nodes(graph: Ask, page: str) -> None:
    """Asked fields come, and the id always."""
    png = b"\x89PNG\r\n\x1a\n"
    photo = graph(
        "POST",
        f"/{page}/photos",
        values={"published": "false", "alt_text_custom": "dot"},
        files={"source": png},
    ).json()["id"]

    own = graph("GET", f"/{page}", values={"fields": "name,fan_count,link"}).json()
    me = graph("GET", "/me").json()
    seen = graph("GET", f"/{photo}", values={"fields": "alt_text_custom"}).json()
    nothing = graph("GET", "/999").json()["error"]

    assert own.keys() == {"name", "fan_count", "link", "id"}
    assert own["fan_count"] >= 100
    assert me == {"name": "Migrants Day", "id": page}
    assert seen == {"alt_text_custom": "dot", "id": photo}
    assert (nothing["code"], nothing["error_subcode"], nothing["type"]) == (100, 33, "GraphMethodException")


def test_pages_can_be_turned_back(
    graph: Ask, page: str, publish: Callable[[str], str], session: requests.Session
) -> None:
    """`paging.previous` leads from the last page to the first, by the cursor `before`."""
    made = [publish(f"post {n}") for n in range(5)]
    first = graph("GET", f"/{page}/published_posts", values={"limit": "2"}).json()
    second = session.get(first["paging"]["next"], timeout=10).json()
    third = session.get(second["paging"]["next"], timeout=10).json()

    back = session.get(third["paging"]["previous"], timeout=10).json()
    start = session.get(back["paging"]["previous"], timeout=10).json()

    assert [post["id"] for post in third["data"]] == [made[0]]
    assert (back["data"], start["data"]) == (second["data"], first["data"])
    assert "previous" not in start["paging"]
    assert "previous" not in first["paging"]


def test_several_nodes_are_read_at_once(graph: Ask, page: str, publish: Callable[[str], str]) -> None:
    """By their ids, each under its own; one that is not there fails the whole call."""
    one, two = publish("one"), publish("two")

    both = graph("GET", "/", values={"ids": f"{one},{two}", "fields": "message"})
    missing = graph("GET", "/", values={"ids": f"{one},{page}_1"})
    none = graph("GET", "/")

    assert both.json() == {one: {"message": "one", "id": one}, two: {"message": "two", "id": two}}
    assert [answer.json()["error"]["code"] for answer in (missing, none)] == [803, 100]


def test_metrics_may_be_a_list_of_json(graph: Ask, publish: Callable[[str], str]) -> None:
    """Graph takes lists in both forms."""
    post = publish("hi")

    good, bad = (
        graph("GET", f"/{post}/insights", values={"metric": f'["post_clicks","{name}"]'})
        for name in ("post_media_view", "post_impressions")
    )

    assert (good.status_code, bad.json()["error"]["code"]) == (200, 100)
