"""Accounts with troubles of their own: keys that only read, tokens that end, Pages that nobody sees."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import requests
import tweepy

from stormctl.emulator.core.accounts import parse_account
from stormctl.emulator.server import EmulatorThread, make_accounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.emulator.core.accounts import AccountSpec

X, PAGE, OTHER = make_accounts(["x:acme", "facebook:acme", "facebook:writer"], seed=7)
READER = replace(X, read_only=True, protected=True)
WRITER = replace(OTHER, scopes=("pages_manage_posts",))
MUTE = replace(PAGE, scopes=("pages_read_engagement",), published=False)


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """An emulator of accounts with troubles."""
    with EmulatorThread((READER, MUTE, WRITER)) as running:
        yield running.base_url


def ask_x(base_url: str, method: str, path: str, **options: Any) -> requests.Response:
    """Ask as the X account, signed by tweepy's own handler."""
    keys = [READER.credentials[name] for name in ("CONSUMER_KEY", "CONSUMER_SECRET")]
    tokens = [READER.credentials[name] for name in ("ACCESS_TOKEN", "ACCESS_TOKEN_SECRET")]
    auth = tweepy.OAuth1UserHandler(*keys, *tokens).apply_auth()
    return requests.request(method, base_url + path, auth=auth, timeout=10, **options)


def ask_graph(base_url: str, account: AccountSpec, path: str, method: str = "GET", **args: str) -> Any:
    """Ask Graph with the Page's token; return the answer's JSON."""
    params = {"access_token": account.credentials["PAGE_TOKEN"], **args}
    return requests.request(method, f"{base_url}/v26.0/{path}", params=params, timeout=10).json()


def test_keys_that_only_read_say_so_and_post_nothing(base_url: str) -> None:
    """A header tells it with every answer; whatever is not reading is refused for the app."""
    me = ask_x(base_url, "GET", "/2/users/me?user.fields=protected")
    post = ask_x(base_url, "POST", "/2/tweets", json={"text": "hi"})

    assert (me.status_code, me.headers["x-access-level"]) == (200, "read")
    assert me.json()["data"]["protected"] is True
    assert post.status_code == 403
    assert post.headers["content-type"] == "application/problem+json"
    assert post.json()["type"] == "https://api.x.com/2/problems/oauth1-permissions"


def test_a_page_without_the_permission_takes_no_post(base_url: str) -> None:
    """The token tells it of itself; (#200) is the answer."""
    page_id, token = MUTE.id, MUTE.credentials["PAGE_TOKEN"]

    told = ask_graph(base_url, MUTE, "debug_token", input_token=token)["data"]
    refused = ask_graph(base_url, MUTE, f"{page_id}/feed", "POST", message="hi")

    assert told["scopes"] == ["pages_read_engagement", "public_profile"]
    assert [row["scope"] for row in told["granular_scopes"]] == ["pages_read_engagement"]
    assert refused["error"]["code"] == 200


def test_a_page_is_read_by_permission(base_url: str) -> None:
    """Its posts, what people did with them, and insights: each has its own; (#10) names it."""
    post = ask_graph(base_url, WRITER, f"{WRITER.id}/feed", "POST", message="hi")["id"]

    refused = [
        ask_graph(base_url, WRITER, f"{WRITER.id}/published_posts"),
        ask_graph(base_url, WRITER, post, fields="message"),
        ask_graph(base_url, WRITER, f"{post}/insights", metric="post_clicks"),
    ]

    assert [answer["error"]["code"] for answer in refused] == [10, 10, 10]
    assert "pages_read_engagement" in refused[0]["error"]["message"]


def test_a_page_may_be_unpublished(base_url: str) -> None:
    """Those who manage it can ask."""
    assert ask_graph(base_url, MUTE, MUTE.id, fields="is_published") == {
        "is_published": False,
        "id": MUTE.id,
    }


def test_a_token_that_has_ended_is_dead() -> None:
    """Its app learns that it is not valid; whoever uses it meets 190 with the subcode for that."""
    ended = replace(PAGE, expires_at=1_600_000_000)  # in 2020
    app = f"{PAGE.credentials['APP_ID']}|{PAGE.credentials['APP_SECRET']}"

    with EmulatorThread((ended,)) as running:
        error = ask_graph(running.base_url, ended, ended.id)["error"]
        token = ended.credentials["PAGE_TOKEN"]
        told = ask_graph(running.base_url, ended, "debug_token", input_token=token, access_token=app)["data"]

    assert (error["code"], error["error_subcode"]) == (190, 463)
    assert (told["is_valid"], told["expires_at"]) == (False, ended.expires_at)


@pytest.mark.parametrize("account", [READER, MUTE, X, PAGE])
def test_troubles_travel_to_an_emulator_of_its_own_process(account: AccountSpec) -> None:
    """As plain values, there and back."""
    assert parse_account(account.as_dict()) == account
