"""X API v2 on the wire: who calls, how often, and which function answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stormctl.emulator.core.bodies import BadBodyError, is_json, parse_body
from stormctl.emulator.core.rates import QUARTER_HOUR_S
from stormctl.emulator.x import answers as x_answers
from stormctl.emulator.x import media as x_media
from stormctl.emulator.x import posts as x_posts
from stormctl.emulator.x import reads as x_reads
from stormctl.emulator.x.answers import XAnswer, XProblem, rate_headers
from stormctl.emulator.x.billing import bill
from stormctl.emulator.x.call import Caller, XCall, authenticate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from stormctl.emulator.core.world import World

LIMITS_PER_QUARTER_HOUR = {
    "create_post": 100,
    "delete_post": 50,
    "read_posts": 5_000,
    "read_me": 75,
    "read_timeline": 900,
    "upload": 1_875,
    "upload_once": 500,
    "describe_media": 500,
}
"""Requests per user in 15 minutes (source: docs.x.com rate limits, 2026-08)."""


def x_routes(world: World) -> list[Route]:
    """Return the routes of X API v2."""
    table: list[tuple[str, str, str, Callable[[XCall], XAnswer]]] = [
        ("POST", "/2/tweets", "create_post", x_posts.create_post),
        ("GET", "/2/tweets", "read_posts", x_reads.read_posts),
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
    return [Route(path, _endpoint(world, name, work), methods=[method]) for method, path, name, work in table]


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
            caller = authenticate(world, request, content)
            limits = _tell_access(caller)
            limits |= _count(world, caller, operation)
            if caller.account.read_only and request.method != "GET":
                raise x_answers.reading_keys()
            call = _make_call(world, request, content, caller)
            answer = work(call)
            bill(call, operation, answer)
        except XProblem as problem:
            answer = problem.answer
        return render(XAnswer(answer.status, answer.body, {**limits, **answer.headers}), request_id)

    return endpoint


def _make_call(world: World, request: Request, content: bytes, caller: Caller) -> XCall:
    content_type = request.headers.get("content-type", "")
    try:
        body = parse_body(content_type, content)
    except BadBodyError as error:
        raise x_answers.invalid_request(str(error)) from error
    return XCall(
        world=world,
        account=caller.account,
        query=dict(request.query_params),
        path={key: str(value) for key, value in request.path_params.items()},
        body=body,
        content=content,
        is_json=is_json(content_type),
        request_id=request.scope["state"]["request_id"],
        lag_s=request.scope["state"].get("lag_s", 0.0),
        forgets_media=request.scope["state"].get("forgets_media", False),
    )


def _tell_access(caller: Caller) -> dict[str, str]:
    """Return the header that tells what keys of OAuth 1.0a may do."""
    if not caller.is_signed:
        return {}
    return {"x-access-level": "read" if caller.account.read_only else "read-write"}


def _count(world: World, caller: Caller, operation: str) -> dict[str, str]:
    limit = LIMITS_PER_QUARTER_HOUR[operation]
    before = world.rates.peek(operation, caller.account.channel, limit=limit, period_s=QUARTER_HOUR_S)
    if before.remaining == 0:
        raise x_answers.too_many_requests(rate_headers("x-rate-limit", limit, 0, before.reset_at))
    after = world.rates.count(operation, caller.account.channel, limit=limit, period_s=QUARTER_HOUR_S)
    return rate_headers("x-rate-limit", limit, after.remaining, after.reset_at)
