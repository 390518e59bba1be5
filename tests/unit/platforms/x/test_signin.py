"""Signing in on X: what is sent, and what strange answers are made of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.errors import CredentialsError
from stormctl.platforms.x.signin import RequestToken, XSignIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.platforms.scripted import ScriptedServer

KEYS = ("consumer-key-1", "consumer-secret-2")
GIVEN = b"oauth_token=request-3&oauth_token_secret=secret-4&oauth_callback_confirmed=true"


@pytest.fixture
def x(server: ScriptedServer) -> Iterator[XSignIn]:
    """A sign-in on the scripted server."""
    steps = XSignIn(KEYS, base_url=server.base_url, request_limit=timedelta(seconds=5))
    yield steps
    steps.close()


def test_each_step_is_one_signed_request(server: ScriptedServer, x: XSignIn) -> None:
    """First for a PIN, then with it; nothing stands in the address or the body."""
    server.reply(GIVEN)
    server.reply(b"oauth_token=7-token&oauth_token_secret=last-5&user_id=7&screen_name=acme")

    begun, url = x.begin()
    given = x.finish(begun, "1234567")

    asked, finished = server.requests
    assert (begun.token, begun.secret) == ("request-3", "secret-4")
    assert url == f"{server.base_url}/oauth/authorize?oauth_token=request-3"
    assert (given.token, given.secret) == ("7-token", "last-5")
    assert [(r.method, r.target, r.body) for r in server.requests] == [
        ("POST", "/oauth/request_token", b""),
        ("POST", "/oauth/access_token", b""),
    ]
    assert 'oauth_callback="oob"' in asked.headers["authorization"]
    assert 'oauth_verifier="1234567"' in finished.headers["authorization"]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (
            {"errors": [{"code": 32, "message": "Could not authenticate you."}]},
            401,
            "401: Could not authenticate",
        ),
        ({"title": "Forbidden", "detail": "Not allowed"}, 403, "403: Not allowed"),
        ({"errors": "none"}, 403, "answered 403, and that could not be read"),
        ([1], 401, "answered 401, and that could not be read"),
        (b"<html>Bad gateway</html>", 502, "answered 502, and that could not be read"),
        (b"", 200, "answered 200, and that could not be read"),
        (b"oauth_token=a&oauth_token_secret=b", 200, "answered 200, and that could not be read"),
        (b"said of consumer-secret-2", 401, "said of •••"),
    ],
)
def test_a_refusal_is_a_line(
    server: ScriptedServer, x: XSignIn, body: object, status: int, message: str
) -> None:
    """X's own words where it has any; never a proxy's page, never a key."""
    server.reply(body, status)

    with pytest.raises(CredentialsError) as caught:
        x.begin()

    assert message in caught.value.message
    assert caught.value.hint


def test_no_secret_is_in_what_is_raised(server: ScriptedServer, x: XSignIn) -> None:
    """Not even where the answer quotes it."""
    server.reply(b"secret-4 of consumer-key-1", 401)

    with pytest.raises(CredentialsError) as caught:
        x.finish(RequestToken("request-3", "secret-4"), "1")

    assert caught.value.message == "X answered 401: ••• of •••"


def test_elsewhere_no_key_is_sent() -> None:
    """A host that is neither X nor this machine."""
    with pytest.raises(CredentialsError, match="not sent to"):
        XSignIn(KEYS, base_url="https://example.org", request_limit=timedelta(seconds=5))
