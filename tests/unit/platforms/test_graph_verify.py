"""Whose a Page token is: what is proved bad, and what only could not be learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.channel import parse_channel_id
from stormctl.platforms.adapter import Account, Certainty, Verification
from stormctl.platforms.credentials import FacebookCredentials
from stormctl.platforms.facebook import FacebookAdapter
from tests.unit.platforms.conftest import LIMIT, NOW

if TYPE_CHECKING:
    from tests.unit.platforms.scripted import ScriptedServer

PAGE = {"id": "1001", "name": "Migrants Day", "link": "https://www.facebook.com/migrantsday"}
SCOPES = ["pages_manage_posts", "pages_read_engagement"]
TOKEN = {"is_valid": True, "type": "PAGE", "profile_id": "1001", "expires_at": 0, "scopes": SCOPES}
NOON = int(NOW.timestamp())


def token(**changes: object) -> dict[str, Any]:
    """Return an answer of /debug_token."""
    return {"data": TOKEN | changes}


def error(code: int, message: str = "No.") -> dict[str, Any]:
    """Return a Graph error body."""
    return {"error": {"code": code, "message": message}}


def said(verification: Verification) -> list[tuple[Certainty, str]]:
    """Return what was found."""
    return [(problem.certainty, problem.message) for problem in verification.problems]


def test_a_good_token(server: ScriptedServer, page: FacebookAdapter) -> None:
    """Two questions tell the account; the app's own token asks the first, the Page's the second."""
    server.reply(token(), Date="Fri, 18 Dec 2026 12:00:03 GMT")
    server.reply(PAGE)

    verification = page.verify()

    assert verification == Verification(
        account=Account("1001", "Migrants Day", "https://www.facebook.com/migrantsday"), clock_offset_s=3.0
    )
    first, second = server.requests
    assert (first.path, second.path) == ("/v26.0/debug_token", "/v26.0/1001")
    assert first.query == {"input_token": "page-token-5", "access_token": "7007|app-secret-6"}
    assert second.query.keys() == {"fields", "access_token", "appsecret_proof"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": "USER"}, "this is a user token; a Page token is due"),
        ({"profile_id": "2002"}, "the token belongs to another Page (2002)"),
        ({"is_valid": False}, "the token is not valid"),
        ({"is_valid": False, "error": {"message": "Logged out"}}, "the token is not valid: Logged out"),
        ({"expires_at": NOON - 60}, "the token expired at 2026-12-18 11:59 UTC"),
        ({"scopes": ["pages_read_engagement"]}, "the token lacks the permission pages_manage_posts"),
    ],
)
def test_what_the_token_tells_is_proof(
    server: ScriptedServer, page: FacebookAdapter, changes: dict[str, object], message: str
) -> None:
    """Kind, owner, life and permission of a token are proved by Facebook itself."""
    server.reply(token(**changes))
    server.reply(PAGE)

    verification = page.verify()

    assert said(verification) == [(Certainty.BAD, message)]
    assert verification.problems[0].hint


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"expires_at": NOON + 3600}, "the token expires at 2026-12-18 13:00 UTC"),
        (
            {"scopes": ["pages_manage_posts"]},
            "the token lacks pages_read_engagement: posts can't be read back",
        ),
    ],
)
def test_what_may_hurt_later_is_a_warning(
    server: ScriptedServer, page: FacebookAdapter, changes: dict[str, object], message: str
) -> None:
    """A token that ends soon, or can't read back, may still publish."""
    server.reply(token(**changes))
    server.reply(PAGE)

    assert said(page.verify()) == [(Certainty.UNKNOWN, message)]


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 404), (error(10), 403), (error(190), 400), (b"<html>", 200)]
)
def test_a_server_without_debug_token_is_asked_who_we_are(
    server: ScriptedServer, page: FacebookAdapter, body: object, status: int
) -> None:
    """What a server does not offer is a warning; `/me` shows whether it is a Page token."""
    server.reply(body, status)
    server.reply(PAGE)
    server.reply({"id": "1001"})

    verification = page.verify()

    assert verification.account is not None
    assert [problem.certainty for problem in verification.problems] == [Certainty.UNKNOWN]
    assert server.requests[2].path == "/v26.0/me"


def test_a_user_token_is_found_by_who_it_is(server: ScriptedServer, page: FacebookAdapter) -> None:
    """Where `/me` is a person, it is no Page token; what is bad comes first."""
    server.reply(b"", 404)
    server.reply(PAGE)
    server.reply({"id": "31337"})

    verification = page.verify()

    assert [problem.certainty for problem in verification.problems] == [Certainty.BAD, Certainty.UNKNOWN]


def test_a_server_that_only_shows_the_page(server: ScriptedServer, page: FacebookAdapter) -> None:
    """Neither question about the token is answered: two warnings, and still an account."""
    server.reply(b"", 404)
    server.reply({"id": "1001"})
    server.reply(b"", 404)

    verification = page.verify()

    assert verification.account == Account("1001", "1001", f"{server.base_url}/1001")
    assert not verification.is_bad
    assert len(verification.problems) == 2


@pytest.mark.parametrize(
    ("body", "certainty"),
    [
        (error(190, "Error validating access token"), Certainty.BAD),
        (error(100, "Unsupported get request"), Certainty.BAD),
        (error(803), Certainty.BAD),
        (error(100, "Invalid appsecret_proof provided in the API argument"), Certainty.BAD),
        (error(10), Certainty.UNKNOWN),
        (error(4), Certainty.UNKNOWN),
        (error(2), Certainty.UNKNOWN),
        (b"", Certainty.UNKNOWN),
    ],
)
def test_a_page_that_cannot_be_read(
    server: ScriptedServer, page: FacebookAdapter, body: object, certainty: Certainty
) -> None:
    """A dead token, a wrong secret or a Page that isn't there are proof; a permission or a throttle isn't."""
    server.reply(token())
    server.reply(body, 400)

    verification = page.verify()

    assert verification.account is None
    assert [problem.certainty for problem in verification.problems] == [certainty]


def test_without_an_app_the_page_token_asks_for_itself(server: ScriptedServer) -> None:
    """A dead token is proved by the first question already, and said once."""
    adapter = FacebookAdapter(
        parse_channel_id("facebook:acme"),
        FacebookCredentials(page_id="1001", page_token="page-token-5"),  # noqa: S106 - throw-away
        base_url=server.base_url,
        request_limit=LIMIT,
        now=lambda: NOW,
    )
    server.reply(error(190), 400)
    server.reply(error(190), 400)

    verification = adapter.verify()
    adapter.close()

    assert said(verification) == [(Certainty.BAD, "Facebook answered (#190): No.")]
    assert server.requests[0].query == {"input_token": "page-token-5", "access_token": "page-token-5"}


def test_without_a_server(server: ScriptedServer, page: FacebookAdapter) -> None:
    """A network that is down proves nothing about the token."""
    server.stop()

    verification = page.verify()

    assert (verification.account, verification.is_bad) == (None, False)
