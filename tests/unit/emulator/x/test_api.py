"""Tests of X's door: who may ask what."""

from __future__ import annotations

import base64
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


def read_bearer(
    emulator: EmulatorThread, session: requests.Session, account: AccountSpec, secret: str | None = None
) -> requests.Response:
    """Ask for the app's bearer token."""
    key = account.credentials["CONSUMER_KEY"]
    pair = f"{key}:{secret or account.credentials['CONSUMER_SECRET']}"
    return session.post(
        f"{emulator.base_url}/oauth2/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"},
        timeout=10,
    )


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
    """It posts, says who we are, reads and counts, all in the account's name."""
    account = accounts["x:dia-migrantes"]
    header = {"Authorization": f"Bearer {x_user_token(account.credentials['ACCESS_TOKEN'])}"}

    def ask(method: str, path: str, **options: Any) -> requests.Response:
        return session.request(method, emulator.base_url + path, headers=header, timeout=10, **options)

    made = ask("POST", "/2/tweets", json={"text": "one #MigrantsDay"})
    me = ask("GET", "/2/users/me")
    counted = ask("GET", "/2/tweets/counts/recent", params={"query": "#MigrantsDay"})

    assert (made.status_code, me.json()["data"]["id"]) == (201, account.id)
    assert counted.json()["meta"]["total_tweet_count"] == 1
    assert emulator.world.posts()[0].account.channel == "x:dia-migrantes"
    assert "x-access-level" not in me.headers
    assert {r.channel for r in emulator.world.requests()} == {"x:dia-migrantes"}


def test_an_app_has_windows_of_its_own(
    x: Ask, emulator: EmulatorThread, session: requests.Session, accounts: dict[str, AccountSpec]
) -> None:
    """What its bearer reads is counted apart from what its accounts read."""
    account = accounts["x:migrants-day"]
    granted = read_bearer(emulator, session, account).json()
    header = {"Authorization": f"Bearer {granted['access_token']}"}
    path = f"/2/users/{account.id}/tweets"

    by_app = session.get(emulator.base_url + path, headers=header, timeout=10)
    by_account = x("GET", path)

    told = [
        (answer.headers["x-rate-limit-limit"], answer.headers["x-rate-limit-remaining"])
        for answer in (by_app, by_account)
    ]
    assert told == [("10000", "9999"), ("900", "899")]


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
        x("GET", "/2/tweets/counts/recent?query=hi"),
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
        "https://api.x.com/2/problems/unsupported-authentication",
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


def test_the_app_has_a_bearer_token_of_its_own(
    emulator: EmulatorThread, session: requests.Session, accounts: dict[str, AccountSpec]
) -> None:
    """Key and secret bring a token that may count and read, but neither post nor say who we are."""
    account = accounts["x:migrants-day"]
    granted = read_bearer(emulator, session, account).json()
    header = {"Authorization": f"Bearer {granted['access_token']}"}

    def ask(method: str, path: str) -> requests.Response:
        return session.request(method, emulator.base_url + path, headers=header, timeout=10)

    assert granted.keys() == {"token_type", "access_token"}
    assert ask("GET", "/2/tweets/counts/recent?query=hi").status_code == 200
    assert ask("GET", f"/2/users/{account.id}/tweets").status_code == 200
    assert ask("GET", "/2/users/me").json()["title"] == "Unsupported Authentication"
    assert ask("POST", "/2/tweets").status_code == 403


def test_endpoints_that_are_not_emulated_are_not_found(x: Ask) -> None:
    """404 in X's words, and a wrong verb is a 405."""
    unknown = x("GET", "/2/lists/1")
    verb = x("PUT", "/2/tweets")

    assert (unknown.status_code, unknown.json()["title"]) == (404, "Not Found")
    assert verb.status_code == 405


def test_counts_are_not_for_oauth1(x: Ask) -> None:
    """Counting needs the app's bearer."""
    answer = x("GET", "/2/tweets/counts/recent?query=hi")

    assert answer.status_code == 403
    assert "OAuth 2.0 Application-Only" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/oauth2/token", "/2/oauth2/token"])
def test_wrong_app_credentials_bring_no_bearer(
    emulator: EmulatorThread, session: requests.Session, accounts: dict[str, AccountSpec], path: str
) -> None:
    """A wrong secret, no header, a wrong grant."""
    account = accounts["x:migrants-day"]
    wrong = read_bearer(emulator, session, account, secret="no")  # noqa: S106 - a wrong one is the point
    bare = session.post(emulator.base_url + path, timeout=10)
    pair = f"{account.credentials['CONSUMER_KEY']}:{account.credentials['CONSUMER_SECRET']}".encode()
    header = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    grantless = session.post(emulator.base_url + path, headers=header, timeout=10)

    assert [a.status_code for a in (wrong, bare, grantless)] == [403, 403, 403]
    assert [a.json()["errors"][0]["code"] for a in (wrong, bare, grantless)] == [99, 99, 170]
