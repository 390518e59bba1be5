"""Requests to X API v2: who makes them, by OAuth 1.0a or a user's token of OAuth 2.0, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stormctl.emulator.core.bodies import is_form, parse_json
from stormctl.emulator.core.oauth1 import MAX_CLOCK_SKEW_S, is_signed_by, parse_authorization, parse_form
from stormctl.emulator.x import answers as x_answers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.core.bodies import Body
    from stormctl.emulator.core.world import World

OFFICIAL = ("https://api.x.com", "https://api.twitter.com")
"""Hosts that a client may have signed for, since some libraries know no other."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and whether by OAuth 1.0a."""

    account: AccountSpec
    is_signed: bool


def authenticate(world: World, request: Request, content: bytes) -> Caller:
    """Find out who calls.

    Raises:
        XProblem: 401 for nobody known.
    """
    header = request.headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() == "bearer":
        account, is_signed = world.find_by_user_token(token.strip()), False
    else:
        token = parse_authorization(header).get("oauth_token", "")
        account, is_signed = world.find_account("x", "ACCESS_TOKEN", token), True
    if account is None:
        raise x_answers.unauthorized()
    keys = account.credentials
    if is_signed and not is_authentic(world, request, content, keys, keys["ACCESS_TOKEN_SECRET"]):
        raise x_answers.unauthorized()
    return Caller(account, is_signed)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class XCall:
    """A request that is signed by a known caller and within its limits.

    Attributes:
        lag_s: real seconds by which lists are behind; a fault sets it.
        forgets_media: whether what the request attaches is forgotten first; a fault sets it.
    """

    world: World
    account: AccountSpec
    query: dict[str, str]
    path: dict[str, str]
    body: Body
    content: bytes
    is_json: bool
    request_id: str
    lag_s: float
    forgets_media: bool

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object.

        Raises:
            XProblem: 400, if it is none, or is not called one.
        """
        try:
            data = parse_json(self.content) if self.is_json else None
        except ValueError:
            data = None
        if not isinstance(data, dict):
            message = "Requests with bodies must have content-type of application/json."
            raise x_answers.invalid_request(message)
        return data
