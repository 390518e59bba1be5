"""Whose a Page token is: what is proved bad, and what only could not be learnt."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.platforms.adapter import Account, Certainty, Ending, Verification
from stormctl.platforms.credentials import FacebookCredentials
from stormctl.platforms.facebook.adapter import FacebookAdapter
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
        account=Account("1001", "Migrants Day", "https://www.facebook.com/migrantsday"),
        clock_offset_s=3.0,
        kind="a Page token, which does not expire",
        may_post=True,
        permissions=frozenset(SCOPES),
        is_as_signed_in=True,
    )
    first, second = server.requests
    assert (first.path, second.path) == ("/v26.0/debug_token", "/v26.0/1001")
    assert first.query == {"input_token": "page-token-5", "access_token": "7007|app-secret-6"}
    assert second.query.keys() == {"fields", "access_token", "appsecret_proof"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": "USER"}, "this is a user token; a Page token is needed"),
        ({"profile_id": "2002"}, "the token belongs to another Page (2002)"),
        ({"is_valid": False}, "the token is not valid"),
        ({"is_valid": False, "error": {"message": "Logged out"}}, "the token is not valid: Logged out"),
        ({"expires_at": NOON - 60}, "the token expired at 2026-12-18 11:59 UTC"),
        ({"expires_at": NOON - 60, "is_valid": False}, "the token expired at 2026-12-18 11:59 UTC"),
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
    assert "stormctl auth facebook migrants-day" in verification.problems[0].hint
    assert not verification.is_as_signed_in


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"data_access_expires_at": NOON - 3600},
            "the app's access to the Page's data ended at 2026-12-18 11:00 UTC: posts may not be readable",
        ),
        (
            {"scopes": ["pages_manage_posts"]},
            "the token lacks pages_read_engagement: posts can't be read back",
        ),
    ],
)
def test_what_may_hurt_later_is_a_warning(
    server: ScriptedServer, page: FacebookAdapter, changes: dict[str, object], message: str
) -> None:
    """A token that can't read back may still publish."""
    server.reply(token(**changes))
    server.reply(PAGE)

    (problem,) = page.verify().problems

    assert (problem.certainty, problem.message) == (Certainty.UNKNOWN, message)
    assert problem.hint.endswith("stormctl auth facebook migrants-day")


def test_a_dead_token_is_proved_once(server: ScriptedServer, page: FacebookAdapter) -> None:
    """That the Page can't be read with it either is no news; nor what a token of another Page may not do."""
    server.reply(token(is_valid=False))
    server.reply(error(190), 400)
    dead = page.verify()
    other_pages = [{"scope": scope, "target_ids": ["2002"]} for scope in SCOPES]
    server.reply(token(profile_id="2002", granular_scopes=other_pages))
    server.reply(PAGE)

    other = page.verify()

    assert said(dead) == [(Certainty.BAD, "the token is not valid")]
    assert said(other) == [(Certainty.BAD, "the token belongs to another Page (2002)")]


def test_what_ends_is_told_with_its_moment(server: ScriptedServer, page: FacebookAdapter) -> None:
    """Nothing goes out after the token's end; the end of data access only hides posts. Two days are near."""
    server.reply(token(expires_at=NOON + 3600, data_access_expires_at=NOON + 90 * 86_400))
    server.reply(PAGE)

    verification = page.verify()

    hour, days = NOW + timedelta(hours=1), NOW + timedelta(days=90)
    assert verification.problems == ()
    assert verification.endings == (
        Ending("the token", hour, stops=True, is_near=True),
        Ending("the app's access to the Page's data", days, stops=False, is_near=False),
    )


@pytest.mark.parametrize(
    ("targets", "problems"),
    [
        (["1001", "2002"], []),
        ([], []),
        (["2002"], [(Certainty.BAD, "pages_manage_posts was granted for other Pages, not for 1001")]),
    ],
)
def test_a_permission_for_other_pages_is_none(
    server: ScriptedServer,
    page: FacebookAdapter,
    targets: list[str],
    problems: list[tuple[Certainty, str]],
) -> None:
    """People grant permissions Page by Page; a list that names ours, or no list, is as good as before."""
    server.reply(token(granular_scopes=[{"scope": "pages_manage_posts", "target_ids": targets}]))
    server.reply(PAGE)

    assert said(page.verify()) == problems


def test_a_page_that_is_not_published_is_seen_by_nobody_else(
    server: ScriptedServer, page: FacebookAdapter
) -> None:
    """It takes posts all the same: a warning."""
    server.reply(token())
    server.reply({**PAGE, "is_published": False})

    assert said(page.verify()) == [
        (Certainty.UNKNOWN, "the Page is not published: only those who manage it see it")
    ]


def test_a_version_that_has_ended_is_found_by_who_answers(
    server: ScriptedServer, page: FacebookAdapter
) -> None:
    """Calls to an ended version are answered by the oldest living one, whose rules may differ."""
    server.reply(token(), facebook_api_version="v27.0")
    server.reply(PAGE)

    ((certainty, message),) = said(page.verify())

    assert (certainty, message.partition(":")[0]) == (Certainty.UNKNOWN, "Facebook answers as v27.0")


def test_what_is_left_of_quotas_comes_with_the_page(server: ScriptedServer, page: FacebookAdapter) -> None:
    """Facebook tells it in percent used, in the headers of any answer."""
    server.reply(token())
    server.reply(PAGE, X_App_Usage='{"call_count": 28, "total_time": 25, "total_cputime": 25}')

    (limit,) = page.verify().limits

    assert (limit.name, limit.limit, limit.remaining) == ("app-usage", 100, 72)


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
