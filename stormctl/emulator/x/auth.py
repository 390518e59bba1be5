"""X: who calls, and in which of the three ways: OAuth 1.0a, a person's OAuth 2.0 token, an app's bearer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from stormctl.emulator.core.bodies import is_form
from stormctl.emulator.core.oauth1 import MAX_CLOCK_SKEW_S, is_signed_by, parse_authorization, parse_form
from stormctl.emulator.x import answers as x_answers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.core.world import World

OFFICIAL = ("https://api.x.com", "https://api.twitter.com")
"""Hosts that a client may have signed for, since some libraries know no other."""


class AuthContext(StrEnum):
    """In whose name a request is made, in the words of X's refusals."""

    OAUTH_1 = "OAuth 1.0a User Context"
    OAUTH_2 = "OAuth 2.0 User Context"
    APP = "OAuth 2.0 Application-Only"


USER = (AuthContext.OAUTH_1, AuthContext.OAUTH_2)
ALLOWED = {
    "count_posts": (AuthContext.APP, AuthContext.OAUTH_2),
    "read_posts": (*USER, AuthContext.APP),
    "read_timeline": (*USER, AuthContext.APP),
    "search_posts": (*USER, AuthContext.APP),
}
"""What takes other credentials than a user's (source: `security` of docs.x.com's OpenAPI, 2026-08)."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls; for an app-only token, some account of the app."""

    account: AccountSpec
    context: AuthContext

    @property
    def counted_as(self) -> str:
        """Whose window of requests it is: the account's, or the whole app's."""
        if self.context is AuthContext.APP:
            return f"app {self.account.credentials['CONSUMER_KEY']}"
        return self.account.channel


def authenticate(world: World, request: Request, content: bytes, operation: str) -> Caller:
    """Find out who calls.

    Raises:
        XProblem: 401 for nobody known, 403 for credentials of a kind that the operation does not take.
    """
    caller = _identify(world, request, content)
    if caller is None:
        raise x_answers.unauthorized()
    allowed = ALLOWED.get(operation, USER)
    if caller.context not in allowed:
        raise x_answers.unsupported_authentication(caller.context, list(allowed))
    return caller


def is_authentic(
    world: World, request: Request, content: bytes, app: Mapping[str, str], token_secret: str
) -> bool:
    """Say whether a request is signed, freshly and for the first time, by an app and for a token of it.

    Args:
        app: with its CONSUMER_KEY and CONSUMER_SECRET.
        token_secret: empty where there is no token yet.
    """
    fields = parse_authorization(request.headers.get("authorization", ""))
    secrets = (app["CONSUMER_SECRET"], token_secret)
    timestamp = fields.get("oauth_timestamp", "")
    if fields.get("oauth_consumer_key") != app["CONSUMER_KEY"] or not timestamp.isdigit():
        return False
    if abs(world.clock.wall() - int(timestamp)) > MAX_CLOCK_SKEW_S:
        return False
    parameters = parse_form(request.url.query)
    if is_form(request.headers.get("content-type", "")):
        parameters += parse_form(content.decode(errors="replace"))
    own = f"{request.url.scheme}://{request.url.netloc}"
    urls = [f"{base}{request.url.path}" for base in (own, *OFFICIAL)]
    is_signed = is_signed_by(fields, secrets, method=request.method, urls=urls, parameters=parameters)
    return is_signed and world.nonces.take(fields)


def _identify(world: World, request: Request, content: bytes) -> Caller | None:
    header = request.headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() == "bearer":
        user, app = world.find_by_user_token(token.strip()), world.find_by_bearer(token.strip())
        if user is not None:
            return Caller(user, AuthContext.OAUTH_2)
        return None if app is None else Caller(app, AuthContext.APP)
    token = parse_authorization(header).get("oauth_token", "")
    account = world.find_account("x", "ACCESS_TOKEN", token)
    if account is None:
        return None
    keys = account.credentials
    signed = is_authentic(world, request, content, keys, keys["ACCESS_TOKEN_SECRET"])
    return Caller(account, AuthContext.OAUTH_1) if signed else None
