"""Tests of X's door: who may ask what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stormctl.emulator.core.accounts import x_user_token
from stormctl.emulator.core.faults import parse_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.server import EmulatorThread

    Ask = Callable[..., requests.Response]


def test_requests_without_or_with_wrong_credentials_are_refused(
    emulator: EmulatorThread, session: requests.Session
) -> None:
    """401 as a problem for no header, an unknown bearer, an unsigned OAuth header."""
    headers: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer nobody"},
        {"Authorization": 'OAuth oauth_token="x"'},
    ]

    answers = [
        session.get(f"{emulator.base_url}/2/users/me", headers=header, timeout=10) for header in headers
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert answers[0].headers["content-type"] == "application/problem+json"
    assert answers[0].json()["title"] == "Unauthorized"


def test_a_signature_must_be_right_and_fresh(
    x: Ask, emulator: EmulatorThread, shift: list[float], session: requests.Session
) -> None:
    """A header signed for one path fails on another, and fails when five minutes old."""
    good = x("GET", "/2/users/me")
    header = {"Authorization": good.request.headers["Authorization"]}

    elsewhere = session.get(f"{emulator.base_url}/2/tweets?ids=1", headers=header, timeout=10)
    shift[0] = 301.0
    late = x("GET", "/2/users/me")

    assert [a.status_code for a in (good, elsewhere, late)] == [200, 401, 401]


def test_a_signed_request_serves_once(x: Ask, emulator: EmulatorThread, session: requests.Session) -> None:
    """The same nonce again is a replay, and posts nothing."""
    good = x("POST", "/2/tweets", json={"text": "hi"})
    header = {"Authorization": good.request.headers["Authorization"]}

    again = session.post(f"{emulator.base_url}/2/tweets", headers=header, json={"text": "hi"}, timeout=10)

    assert [good.status_code, again.status_code] == [201, 401]
    assert len(emulator.world.posts()) == 1


def test_a_user_token_of_oauth2_needs_no_signature(
    emulator: EmulatorThread, session: requests.Session, accounts: dict[str, AccountSpec]
) -> None:
    """It posts, says who we are and reads, all in the account's name."""
    account = accounts["x:dia-migrantes"]
    header = {"Authorization": f"Bearer {x_user_token(account.credentials['ACCESS_TOKEN'])}"}

    def ask(method: str, path: str, **options: Any) -> requests.Response:
        return session.request(method, emulator.base_url + path, headers=header, timeout=10, **options)

    made = ask("POST", "/2/tweets", json={"text": "one #MigrantsDay"})
    me = ask("GET", "/2/users/me")
    listed = ask("GET", f"/2/users/{account.id}/tweets")

    assert (made.status_code, me.json()["data"]["id"]) == (201, account.id)
    assert listed.json()["meta"]["result_count"] == 1
    assert emulator.world.posts()[0].account.channel == "x:dia-migrantes"
    assert "x-access-level" not in me.headers
    assert {r.channel for r in emulator.world.requests()} == {"x:dia-migrantes"}


def test_every_403_is_a_problem_of_a_type(x: Ask, emulator: EmulatorThread) -> None:
    """Whatever was refused: the specification knows no other body, and no type but X's own."""
    other = x("POST", "/2/tweets", json={"text": "hi"}, account="x:dia-migrantes").json()["data"]["id"]
    reply = {"in_reply_to_tweet_id": other}
    x("POST", "/2/tweets", json={"text": "once"})

    refused = [
        x("POST", "/2/tweets", json={"text": "once"}),
        x("POST", "/2/tweets", json={"text": "to others", "reply": reply}),
        x("POST", "/2/tweets", json={"text": "to nobody", "reply": {"in_reply_to_tweet_id": "1"}}),
        x("POST", "/2/tweets", json={"text": "quoted", "quote_tweet_id": other}),
        x("POST", "/2/tweets", json={"text": "$ONE $TWO"}),
        x("DELETE", f"/2/tweets/{other}"),
    ]
    for action in ("forbidden", "duplicate_first", "reply_refused"):
        emulator.faults.clear()
        emulator.faults.add(parse_rules([{"action": action, "stands": False}]))
        refused.append(x("POST", "/2/tweets", json={"text": action}))

    kinds = {answer.json()["type"] for answer in refused}
    assert {answer.status_code for answer in refused} == {403}
    assert {answer.headers["content-type"] for answer in refused} == {"application/problem+json"}
    assert kinds == {
        "https://api.x.com/2/problems/not-authorized-for-resource",
        "https://api.x.com/2/problems/client-forbidden",
    }
    assert all(answer.json().keys() >= {"title", "detail", "type"} for answer in refused)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", None])
def test_a_body_must_be_called_json(
    emulator: EmulatorThread, session: requests.Session, accounts: dict[str, AccountSpec], kind: str | None
) -> None:
    """Many clients call it a form where they are told nothing: X does not look into that."""
    token = x_user_token(accounts["x:migrants-day"].credentials["ACCESS_TOKEN"])
    headers = {"Authorization": f"Bearer {token}"} | ({"Content-Type": kind} if kind else {})

    answer = session.post(
        f"{emulator.base_url}/2/tweets", data=b'{"text": "hi"}', headers=headers, timeout=10
    )

    assert answer.status_code == 400
    assert "application/json" in answer.json()["errors"][0]["message"]


def test_endpoints_that_are_not_emulated_are_not_found(x: Ask) -> None:
    """404 in X's words, and a wrong verb is a 405."""
    unknown = x("GET", "/2/lists/1")
    verb = x("PUT", "/2/tweets")

    assert (unknown.status_code, unknown.json()["title"]) == (404, "Not Found")
    assert verb.status_code == 405
