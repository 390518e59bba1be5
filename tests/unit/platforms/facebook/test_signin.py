"""Signing in on Facebook: what is sent, and what strange answers are made of."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.delivery.signin import ManagedPage
from stormctl.errors import CredentialsError
from stormctl.platforms.facebook.signin import GraphSignIn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.platforms.scripted import ScriptedServer

NOW = datetime(2026, 12, 18, 12, 0, tzinfo=UTC)


@pytest.fixture
def graph(server: ScriptedServer) -> Iterator[GraphSignIn]:
    """A sign-in on the scripted server."""
    made = GraphSignIn(
        ("7007", "app-secret-6"),
        base_url=server.base_url,
        request_limit=timedelta(seconds=5),
        now=lambda: NOW,
        learn=lambda _: None,
    )
    yield made
    made.close()


def test_the_exchange_takes_the_app_and_the_token(server: ScriptedServer, graph: GraphSignIn) -> None:
    """One GET; what comes back may be the token that was sent."""
    server.reply({"access_token": "user-token-1", "expires_in": 5_183_944})

    token = graph.extend("user-token-1")

    (asked,) = server.requests
    assert token == "user-token-1"  # noqa: S105 - throw-away
    assert asked.path == "/v26.0/oauth/access_token"
    assert asked.query == {
        "grant_type": "fb_exchange_token",
        "client_id": "7007",
        "client_secret": "app-secret-6",
        "fb_exchange_token": "user-token-1",
    }


def test_the_list_is_asked_for_with_a_proof(server: ScriptedServer, graph: GraphSignIn) -> None:
    """Apps may demand it; rows that are none are passed over, and one without a token is named."""
    server.reply(
        {"data": [{"id": "1", "name": "One\u200b\nPage"}, "nonsense", {"name": "none"}, {"id": "1"}]}
    )

    pages = graph.read_pages("user-token-1")

    proof = hmac.new(b"app-secret-6", b"user-token-1", hashlib.sha256).hexdigest()
    assert [(page.page, page.token) for page in pages] == [(ManagedPage("1", "One Page", ()), None)]
    assert server.requests[0].query["appsecret_proof"] == proof


def test_a_list_without_an_end_is_given_up(server: ScriptedServer, graph: GraphSignIn) -> None:
    """Forty answers that each promise more."""
    for _ in range(40):
        server.reply({"data": [], "paging": {"next": "more", "cursors": {"after": "x"}}})

    with pytest.raises(CredentialsError, match="more than 4000 Pages"):
        graph.read_pages("user-token-1")


@pytest.mark.parametrize(
    ("ask", "body", "message"),
    [
        (lambda g: g.extend("t"), {"access_token": ""}, "did not exchange the user token"),
        (lambda g: g.extend("t"), [1], "could not be read"),
        (lambda g: g.read_pages("t"), {"data": "none"}, "list of Pages could not be read"),
        (lambda g: g.inspect("t"), {"data": []}, "about the token could not be read"),
        (lambda g: g.inspect("t"), b"<html></html>", "could not be read"),
    ],
)
def test_a_strange_answer_is_a_line(
    server: ScriptedServer, graph: GraphSignIn, ask: Callable[[GraphSignIn], Any], body: object, message: str
) -> None:
    """What can't be read is no credential."""
    server.reply(body)

    with pytest.raises(CredentialsError, match=message):
        ask(graph)


def test_what_a_token_is(server: ScriptedServer, graph: GraphSignIn) -> None:
    """A person's token names no Page; one that ends is not endless; the app itself asks."""
    server.reply({"data": {"type": "USER", "is_valid": True, "expires_at": 1_800_000_000}})

    facts = graph.inspect("user-token-1")

    assert (facts.kind, facts.owner_id, facts.is_valid, facts.is_endless) == ("USER", None, True, False)
    assert server.requests[0].query["access_token"] == "7007|app-secret-6"  # noqa: S105 - throw-away
