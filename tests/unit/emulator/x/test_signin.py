"""Signing in on the emulated X: three steps, each signed, each good once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from requests_oauthlib import OAuth1  # type: ignore[import-untyped]  # ships no types

if TYPE_CHECKING:
    import requests

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.server import EmulatorThread

NAME = "x:migrants-day"


class Client:
    """An app that signs in, without our adapter."""

    def __init__(self, emulator: EmulatorThread, session: requests.Session, account: AccountSpec) -> None:
        self.base_url = emulator.base_url
        self._session = session
        self._keys = account.credentials

    def post(self, path: str, secret: str | None = None, **oauth: Any) -> requests.Response:
        """Make a signed request; `secret` replaces the app's."""
        auth = OAuth1(self._keys["CONSUMER_KEY"], secret or self._keys["CONSUMER_SECRET"], **oauth)
        return self._session.post(f"{self.base_url}{path}", auth=auth, timeout=10)

    def begin(self) -> tuple[str, str]:
        """Take a request token and its secret."""
        given = parse_qs(self.post("/oauth/request_token", callback_uri="oob").text)
        assert given["oauth_callback_confirmed"] == ["true"]
        return given["oauth_token"][0], given["oauth_token_secret"][0]

    def see(self, token: str) -> requests.Response:
        """Open the owner's page."""
        return self._session.get(
            f"{self.base_url}/oauth/authorize", params={"oauth_token": token}, timeout=10
        )

    def allow(self, token: str, channel: str = NAME) -> requests.Response:
        """Click on the owner's page."""
        form = {"oauth_token": token, "account": channel}
        return self._session.post(f"{self.base_url}/oauth/authorize", data=form, timeout=10)

    def finish(self, token: str, secret: str, pin: str) -> requests.Response:
        """Exchange the PIN."""
        return self.post(
            "/oauth/access_token", resource_owner_key=token, resource_owner_secret=secret, verifier=pin
        )


@pytest.fixture
def client(emulator: EmulatorThread, session: requests.Session, accounts: dict[str, AccountSpec]) -> Client:
    """Give an app that signs in."""
    return Client(emulator, session, accounts[NAME])


def read_pin(page: requests.Response) -> str:
    """Read the PIN off the owner's page."""
    found = re.search(r'id="pin">(\d+)<', page.text)
    assert found is not None
    return found[1]


def test_a_pin_leads_to_the_accounts_tokens(client: Client, accounts: dict[str, AccountSpec]) -> None:
    """The owner sees the accounts of the app, allows one, and reads out seven digits."""
    token, secret = client.begin()
    asked = client.see(token)
    pin = read_pin(client.allow(token, "x:dia-migrantes"))

    given = parse_qs(client.finish(token, secret, pin).text)

    account = accounts["x:dia-migrantes"]
    assert "Migrants Day" in asked.text
    assert "form-action 'self'" in asked.headers["content-security-policy"]
    assert len(pin) == 7
    assert given == {
        "oauth_token": [account.credentials["ACCESS_TOKEN"]],
        "oauth_token_secret": [account.credentials["ACCESS_TOKEN_SECRET"]],
        "user_id": [account.id],
        "screen_name": ["dia_migrantes"],
    }


def test_everything_is_good_once(client: Client) -> None:
    """A request token is allowed once and redeemed once; a wrong PIN leaves it open."""
    token, secret = client.begin()
    early = client.finish(token, secret, "1234567")
    pin = read_pin(client.allow(token))
    again, seen_again = client.allow(token), client.see(token)
    wrong = client.finish(token, secret, str(int(pin) + 1))
    right, spent = client.finish(token, secret, pin), client.finish(token, secret, pin)

    words = "Error processing your OAuth request: Invalid oauth_verifier parameter"
    assert [(a.status_code, a.text) for a in (early, wrong)] == [(401, words)] * 2
    assert [a.status_code for a in (again, seen_again, right, spent)] == [403, 403, 200, 401]
    assert "This sign-in is over" in seen_again.text
    assert spent.text == "Invalid request token."


def test_every_step_must_be_signed(client: Client) -> None:
    """By the app and, in the last step, for the request token; only a PIN is asked for."""
    token, secret = client.begin()
    pin = read_pin(client.allow(token))

    answers = [
        client.post("/oauth/request_token", "wrong", callback_uri="oob"),
        client.post("/oauth/request_token", callback_uri="https://example.org/back"),
        client.finish(token, "wrong", pin),
    ]

    assert [(a.status_code, a.json()["errors"][0]["code"]) for a in answers] == [
        (401, 32),
        (403, 417),
        (401, 32),
    ]
    assert client.finish(token, secret, pin).ok


def test_strangers_are_not_let_in(client: Client, session: requests.Session) -> None:
    """An unknown app, an unknown account, an unknown token."""
    token, _ = client.begin()
    unknown = session.post(
        f"{client.base_url}/oauth/request_token", auth=OAuth1("none", "none", callback_uri="oob"), timeout=10
    )

    assert unknown.status_code == 401
    assert client.allow(token, "x:nobody").status_code == 403
    assert client.allow("none").status_code == 403
    assert client.see("none").status_code == 403


def test_the_log_keeps_no_secret(client: Client, emulator: EmulatorThread) -> None:
    """Neither the request token's nor the account's."""
    token, secret = client.begin()
    client.finish(token, secret, read_pin(client.allow(token)))

    log = " ".join(f"{r.target} {r.request_body} {r.answer_body}" for r in emulator.world.requests())
    tokens = [
        value for a in emulator.world.accounts for key, value in a.credentials.items() if "TOKEN" in key
    ]

    assert [r.operation for r in emulator.world.requests()] == ["read_token", "read_token"]
    assert not [value for value in [secret, *tokens] if value in log]
