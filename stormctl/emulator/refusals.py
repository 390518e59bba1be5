"""The answers that a scripted fault gives in a platform's name."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from stormctl.emulator.core.faults import Action
from stormctl.emulator.core.rates import DAY_S, QUARTER_HOUR_S, RateWindow
from stormctl.emulator.facebook import answers as graph_answers
from stormctl.emulator.facebook import api as graph_api
from stormctl.emulator.facebook.answers import GraphAnswer
from stormctl.emulator.x import answers as x_answers
from stormctl.emulator.x import api as x_api
from stormctl.emulator.x import posts as x_posts
from stormctl.emulator.x.answers import XAnswer

if TYPE_CHECKING:
    from stormctl.emulator.core.faults import Call, FaultRule
    from stormctl.emulator.core.records import EmulatedPost
    from stormctl.emulator.core.world import World
    from stormctl.emulator.facebook.answers import GraphError
    from stormctl.emulator.x.answers import XProblem

MINUTE_S = 60

BAD_GATEWAY = (
    "<!DOCTYPE html><html><head><title>{status} Server Error</title></head>"
    "<body><center><h1>{status} Server Error</h1></center></body></html>"
)


def refuse(world: World, rule: FaultRule, call: Call, request_id: str) -> Response:
    """Return the answer of a fault that answers by itself."""
    if rule.action is Action.ANSWER:
        return Response(rule.text, rule.status, dict(rule.headers), media_type=rule.kind)
    if rule.action is Action.REDIRECT:
        return RedirectResponse("/elsewhere", status_code=307)
    if rule.action in {Action.ERROR_BEFORE, Action.ERROR_AFTER}:
        return break_down(rule, call, request_id)
    if call.platform == "x":
        return x_api.render(_x_problem(world, rule).answer, request_id)
    error = _graph_error(world, rule, call)
    return graph_api.render(error.answer(graph_api.trace_id(request_id)), request_id)


def find_earlier(world: World, call: Call) -> EmulatedPost | None:
    """Return the newest post of the account; None where a receipt would not be one of a post's."""
    account = next((a for a in world.accounts if a.channel == call.channel), None)
    names_post = call.operation == "create_post" and re.fullmatch(r"/2/tweets|/[^/]+/feed", call.path)
    return next(iter(world.posts_of(account)), None) if account and names_post else None


def give_receipt(post: EmulatedPost, request_id: str) -> Response:
    """Return the answer that a post was accepted, with its own id and text."""
    if post.account.platform == "facebook":
        return graph_api.render(GraphAnswer(200, {"id": post.id}), request_id)
    return x_api.render(XAnswer(201, x_posts.render_receipt(post)), request_id)


def break_down(rule: FaultRule, call: Call, request_id: str) -> Response:
    """Return a 5xx: JSON, plain text or a proxy's HTML."""
    if rule.body == "html":
        return Response(BAD_GATEWAY.format(status=rule.status), rule.status, media_type="text/html")
    if rule.body == "text":
        return PlainTextResponse("Service Unavailable", rule.status)
    if call.platform == "facebook":
        answer = graph_answers.service_down().answer(graph_api.trace_id(request_id))
        return JSONResponse(answer.body, rule.status)
    body = {"title": "Internal Server Error", "detail": "Internal Server Error", "type": "about:blank"}
    return JSONResponse({**body, "status": rule.status}, rule.status, media_type="application/problem+json")


def _x_problem(world: World, rule: FaultRule) -> XProblem:
    plain = {
        Action.UNAUTHORIZED: x_answers.unauthorized,
        Action.CREDITS_DEPLETED: x_answers.credits_depleted,
        Action.DUPLICATE_FIRST: x_answers.duplicate,
        Action.REPLY_REFUSED: x_answers.reply_refused,
    }
    if rule.action not in {Action.RATE_LIMITED, Action.DAY_LIMITED}:
        return plain.get(rule.action, x_answers.client_forbidden)()
    now = world.clock.at()
    headers: dict[str, str] = {}
    if rule.action is Action.DAY_LIMITED:
        headers = x_answers.rate_headers("x-rate-limit", 100, 60, now + QUARTER_HOUR_S)
        headers |= x_answers.rate_headers("x-user-limit-24hour", 50, 0, now + DAY_S)
    elif rule.reset != "none":
        reset_s = rule.reset_s if rule.reset == "future" else -QUARTER_HOUR_S
        headers = x_answers.rate_headers("x-rate-limit", 100, 0, now + reset_s)
    return x_answers.too_many_requests(headers)


def _graph_error(world: World, rule: FaultRule, call: Call) -> GraphError:
    match rule.action:
        case Action.RATE_LIMITED | Action.DAY_LIMITED:
            page = next((a for a in world.accounts if a.channel == call.channel), None)
            headers: dict[str, str] = {}
            if page is not None and rule.reset != "none":
                used_up = RateWindow(limit=100, remaining=0, reset_at=world.clock.at())
                minutes = math.ceil(rule.reset_s / MINUTE_S) if rule.reset == "future" else 0
                headers = graph_api.usage_headers(page, used_up, regain_minutes=minutes)
            return graph_answers.page_throttled(headers)
        case Action.UNAUTHORIZED:
            return graph_answers.dead_token(rule.subcode)
        case Action.DUPLICATE_FIRST:
            return graph_answers.duplicate_status()
        case Action.BLOCKED:
            return graph_answers.temporarily_blocked()
        case _:
            return graph_answers.permission_missing()
