"""X API v2 on the wire: who calls, how often, and which function answers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stormctl.emulator import x_answers, x_counts, x_media, x_posts, x_reads
from stormctl.emulator.accounts import app_bearer
from stormctl.emulator.bodies import BadBodyError, is_form, parse_body
from stormctl.emulator.oauth1 import MAX_CLOCK_SKEW_S, is_signed_by, parse_authorization, parse_form
from stormctl.emulator.rates import QUARTER_HOUR_S
from stormctl.emulator.x_answers import XAnswer, XProblem, rate_headers
from stormctl.emulator.x_call import XCall

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from stormctl.emulator.accounts import AccountSpec
    from stormctl.emulator.world import World

OFFICIAL = ("https://api.x.com", "https://api.twitter.com")
"""Hosts that a client may have signed for, since some libraries know no other."""

USER_CONTEXT = ["OAuth 1.0a User Context", "OAuth 2.0 User Context"]
APP_ONLY = "OAuth 2.0 Application-Only"

LIMITS_PER_QUARTER_HOUR = {
    "create_post": 100,
    "delete_post": 50,
    "read_posts": 5_000,
    "read_me": 75,
    "read_timeline": 900,
    "upload": 1_875,
    "upload_once": 500,
    "describe_media": 500,
    "count_posts": 300,
}
"""Requests per user (counts: per app) in 15 minutes (source: docs.x.com rate limits, 2026-08)."""


def x_routes(world: World) -> list[Route]:
    """Return the routes of X API v2."""
    token = _token_endpoint(world)
    table: list[tuple[str, str, str, Callable[[XCall], XAnswer]]] = [
        ("POST", "/2/tweets", "create_post", x_posts.create_post),
        ("GET", "/2/tweets", "read_posts", x_reads.read_posts),
        ("GET", "/2/tweets/counts/recent", "count_posts", x_counts.count_recent),
        ("GET", "/2/tweets/{id}", "read_posts", x_reads.read_post),
        ("DELETE", "/2/tweets/{id}", "delete_post", x_posts.delete_post),
        ("GET", "/2/users/me", "read_me", x_reads.read_me),
        ("GET", "/2/users/{id}/tweets", "read_timeline", x_reads.read_timeline),
        ("POST", "/2/media/upload/initialize", "upload", x_media.initialize),
        ("POST", "/2/media/upload/{id}/append", "upload", x_media.append),
        ("POST", "/2/media/upload/{id}/finalize", "upload", x_media.finalize),
        ("GET", "/2/media/upload", "upload", x_media.read_status),
        ("POST", "/2/media/upload", "upload_once", x_media.upload_once),
        ("POST", "/2/media/metadata", "describe_media", x_media.describe_media),
        ("POST", "/2/media/subtitles", "describe_media", x_media.add_subtitles),
    ]
    routes = [
        Route(path, _endpoint(world, name, work), methods=[method]) for method, path, name, work in table
    ]
    return [*routes, *(Route(path, token, methods=["POST"]) for path in ("/oauth2/token", "/2/oauth2/token"))]


def render(answer: XAnswer, request_id: str) -> Response:
    """Return an answer as X sends it."""
    headers = {"x-transaction-id": request_id, "cache-control": "no-store", **answer.headers}
    problem = answer.status >= 400 and "type" in answer.body  # noqa: PLR2004 - HTTP
    media_type = "application/problem+json" if problem else "application/json; charset=utf-8"
    return JSONResponse(answer.body, answer.status, headers, media_type=media_type)


def _endpoint(
    world: World, operation: str, work: Callable[[XCall], XAnswer]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        content = await request.body()
        request_id = request.scope["state"]["request_id"]
        limits: dict[str, str] = {}
        try:
            account = _authenticate(world, request, content, operation)
            limits = _tell_access(request, account)
            limits |= _count(world, account, operation)
            if account.read_only and request.method != "GET":
                raise x_answers.reading_keys()
            answer = work(_make_call(world, request, content, account))
        except XProblem as problem:
            answer = problem.answer
        return render(XAnswer(answer.status, answer.body, {**limits, **answer.headers}), request_id)

    return endpoint


def _make_call(world: World, request: Request, content: bytes, account: AccountSpec) -> XCall:
    content_type = request.headers.get("content-type", "")
    try:
        body = parse_body(content_type, content)
    except BadBodyError as error:
        raise x_answers.invalid_request(str(error)) from error
    return XCall(
        world=world,
        account=account,
        query=dict(request.query_params),
        path={key: str(value) for key, value in request.path_params.items()},
        body=body,
        content=content,
        is_json=content_type.startswith("application/json"),
        request_id=request.scope["state"]["request_id"],
        lag_s=request.scope["state"].get("lag_s", 0.0),
    )


def _authenticate(world: World, request: Request, content: bytes, operation: str) -> AccountSpec:
    header = request.headers.get("authorization", "")
    if header.lower().startswith("bearer "):
        account = world.find_by_bearer(header.split(" ", 1)[1].strip())
        if account is None:
            raise x_answers.unauthorized()
        if operation not in {"count_posts", "read_posts", "read_timeline"}:
            raise x_answers.unsupported_authentication(APP_ONLY, USER_CONTEXT)
        return account
    fields = parse_authorization(header)
    account = world.find_account("x", "ACCESS_TOKEN", fields.get("oauth_token", ""))
    if account is None or not is_authentic(
        world, request, content, account.credentials, account.credentials["ACCESS_TOKEN_SECRET"]
    ):
        raise x_answers.unauthorized()
    if operation == "count_posts":
        raise x_answers.unsupported_authentication(USER_CONTEXT[0], [APP_ONLY, USER_CONTEXT[1]])
    return account


def is_authentic(
    world: World, request: Request, content: bytes, app: Mapping[str, str], token_secret: str
) -> bool:
    """Say whether a request is signed, freshly, by an app and for a token of it.

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
    return is_signed_by(fields, secrets, method=request.method, urls=urls, parameters=parameters)


def _tell_access(request: Request, account: AccountSpec) -> dict[str, str]:
    """Return the header that tells what keys of OAuth 1.0a may do."""
    if request.headers.get("authorization", "").lower().startswith("bearer "):
        return {}
    return {"x-access-level": "read" if account.read_only else "read-write"}


def _count(world: World, account: AccountSpec, operation: str) -> dict[str, str]:
    limit = LIMITS_PER_QUARTER_HOUR[operation]
    before = world.rates.peek(operation, account.channel, limit=limit, period_s=QUARTER_HOUR_S)
    if before.remaining == 0:
        raise x_answers.too_many_requests(rate_headers("x-rate-limit", limit, 0, before.reset_at))
    after = world.rates.count(operation, account.channel, limit=limit, period_s=QUARTER_HOUR_S)
    return rate_headers("x-rate-limit", limit, after.remaining, after.reset_at)


def _token_endpoint(world: World) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        """Exchange an app's key and secret for its bearer token."""
        request_id = request.scope["state"]["request_id"]
        form = parse_body(request.headers.get("content-type", ""), await request.body()).fields
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            key, secret = "", ""
        account = world.find_account("x", "CONSUMER_KEY", key)
        known = account is not None and account.credentials["CONSUMER_SECRET"] == secret
        if scheme.lower() != "basic" or not known:
            error = {
                "code": 99,
                "message": "Unable to verify your credentials",
                "label": "authenticity_token_error",
            }
            return render(XAnswer(403, {"errors": [error]}), request_id)
        if form.get("grant_type") != "client_credentials":
            error = {
                "code": 170,
                "message": "Missing required parameter: grant_type",
                "label": "forbidden_missing_parameter",
            }
            return render(XAnswer(403, {"errors": [error]}), request_id)
        return render(
            XAnswer(200, {"token_type": "bearer", "access_token": app_bearer(key, secret)}), request_id
        )

    return endpoint
