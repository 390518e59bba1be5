"""Tests of making and deleting posts on X."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stormctl.emulator.x.posts import DUPLICATE_WINDOW_S

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from stormctl.emulator.core.clock import EmulatorClock
    from stormctl.emulator.server import EmulatorThread

    Ask = Callable[..., requests.Response]

NOON = 1797595200.0


def test_a_post_is_answered_as_x_does(x: Ask, emulator: EmulatorThread) -> None:
    """201 with a snowflake id, the text with short links, and the headers of all windows."""
    answer = x("POST", "/2/tweets", json={"text": "Sign https://example.org/act #MigrantsDay"})

    data = answer.json()["data"]
    post = emulator.world.posts()[0]

    assert answer.status_code == 201
    assert data["id"].isdigit()
    assert len(data["id"]) == 19
    assert data["text"].startswith("Sign https://t.co/")
    assert post.text == "Sign https://example.org/act #MigrantsDay"
    assert post.request_id == answer.headers["x-transaction-id"]
    assert answer.headers["x-rate-limit-remaining"] == "99"
    assert answer.headers["x-user-limit-24hour-remaining"] == "49"
    assert answer.headers["x-app-limit-24hour-remaining"] == "9999"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"text": "hi", "note": "no"}, "$.note: is not defined in the schema"),
        ({"text": "hi", "media": {"media_ids": []}}, "$.media.media_ids"),
        ({"text": "hi", "media": {"media_ids": ["1"]}}, "Your media IDs are invalid."),
        ({"text": 7}, "$.text"),
        ({"text": "  "}, "at least one of text, media"),
        ({"text": "hi", "reply_settings": "nobody"}, "$.reply_settings"),
        ({"text": "hi", "poll": {"options": ["a", "b"]}}, "$.poll: X knows it, and this emulator"),
        ([], "application/json"),
    ],
)
def test_bodies_against_the_specification_are_refused(x: Ask, body: Any, message: str) -> None:
    """400 with a problem body that says where."""
    answer = x("POST", "/2/tweets", json=body)

    assert answer.status_code == 400
    assert message in answer.json()["errors"][0]["message"]
    assert answer.json()["type"] == "https://api.x.com/2/problems/invalid-request"


def test_bodies_that_are_no_json_are_refused(x: Ask) -> None:
    """Text, and a multipart body without its end."""
    text = x("POST", "/2/tweets", data="hi")
    broken = x("POST", "/2/tweets", data=b"--b", headers={"content-type": "multipart/form-data; boundary=b"})

    assert [text.status_code, broken.status_code] == [400, 400]


def test_a_text_that_weighs_too_much_is_refused(x: Ask) -> None:
    """280 is the end; a link counts 23 whatever its length."""
    link = "https://example.org/" + "a" * 100

    fits = x("POST", "/2/tweets", json={"text": "a" * 256 + " " + link})
    heavy = x("POST", "/2/tweets", json={"text": "a" * 257 + " " + link})

    assert fits.status_code == 201
    assert heavy.status_code == 400
    assert heavy.json()["detail"].startswith("Your Tweet text is too long")


def test_the_same_text_is_a_duplicate_for_a_while(x: Ask, set_time: Callable[[float], None]) -> None:
    """403 within the window on one account; another account, or later, is fine."""
    set_time(NOON)
    first = x("POST", "/2/tweets", json={"text": "Dignity for all"})

    again = x("POST", "/2/tweets", json={"text": "Dignity  for all "})
    elsewhere = x("POST", "/2/tweets", json={"text": "Dignity for all"}, account="x:dia-migrantes")
    set_time(NOON + DUPLICATE_WINDOW_S + 60)
    later = x("POST", "/2/tweets", json={"text": "Dignity for all"})

    assert [a.status_code for a in (first, again, elsewhere, later)] == [201, 403, 201, 201]
    assert again.json() == {
        "title": "Forbidden",
        "detail": "You are not allowed to create a Tweet with duplicate content.",
        "type": "https://api.x.com/2/problems/not-authorized-for-resource",
        "resource_type": "tweet",
        "status": 403,
    }


def test_replies_go_to_own_posts_or_where_we_are_mentioned(x: Ask) -> None:
    """The rule of February 2026; a post that is gone can't be replied to."""
    own = x("POST", "/2/tweets", json={"text": "one"}).json()["data"]["id"]
    other = x("POST", "/2/tweets", json={"text": "hi @migrants_days"}, account="x:dia-migrantes").json()
    inviting = x("POST", "/2/tweets", json={"text": "hi @Migrants_Day!"}, account="x:dia-migrantes").json()

    def reply(to: str) -> requests.Response:
        return x("POST", "/2/tweets", json={"text": f"re {to}", "reply": {"in_reply_to_tweet_id": to}})

    answers = [reply(own), reply(inviting["data"]["id"]), reply(other["data"]["id"]), reply("123")]
    quote = x("POST", "/2/tweets", json={"text": "see", "quote_tweet_id": own})

    assert [answer.status_code for answer in answers] == [201, 201, 403, 403]
    assert "mentioned or are the author" in answers[2].json()["detail"]
    assert "deleted or not visible" in answers[3].json()["detail"]
    assert quote.status_code == 403


def test_an_unverified_account_has_fifty_posts_a_day(
    x: Ask, emulator: EmulatorThread, clock: EmulatorClock
) -> None:
    """The 51st is a 429 whose 24-hour headers show the end, while the plain ones still show some."""
    for _ in range(49):
        emulator.world.rates.count("posts", "x:migrants-day", limit=50, period_s=86_400)
    last = x("POST", "/2/tweets", json={"text": "the fiftieth"})

    answer = x("POST", "/2/tweets", json={"text": "one too many"})
    reset_at = int(answer.headers["x-user-limit-24hour-reset"])

    assert last.status_code == 201
    assert answer.status_code == 429
    assert answer.headers["x-user-limit-24hour-remaining"] == "0"
    assert answer.headers["x-rate-limit-remaining"] == "98"
    assert 86_000 < reset_at - clock.at() <= 86_401


def test_the_quarter_hour_window_ends_in_429(x: Ask, emulator: EmulatorThread) -> None:
    """The 101st request within 15 minutes is refused, whatever it asks."""
    for _ in range(100):
        emulator.world.rates.count("create_post", "x:migrants-day", limit=100, period_s=900)

    answer = x("POST", "/2/tweets", json={"text": "hi"})

    assert answer.status_code == 429
    assert answer.json()["title"] == "Too Many Requests"
    assert answer.headers["x-rate-limit-remaining"] == "0"


def test_only_own_posts_can_be_deleted(x: Ask) -> None:
    """200 once, 404 for what is gone, 403 for another's."""
    own = x("POST", "/2/tweets", json={"text": "one"}).json()["data"]["id"]
    other = x("POST", "/2/tweets", json={"text": "two"}, account="x:dia-migrantes").json()["data"]["id"]

    answers = [x("DELETE", f"/2/tweets/{post_id}") for post_id in (own, own, other, "abc")]

    assert [answer.status_code for answer in answers] == [200, 404, 403, 400]
    assert answers[0].json() == {"data": {"deleted": True}}


def test_two_cashtags_are_one_too_many(x: Ask) -> None:
    """Self-serve apps may use one."""
    answer = x("POST", "/2/tweets", json={"text": "$ABC $DEF"})

    assert answer.status_code == 403
