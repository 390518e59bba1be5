"""The Graph API on the wire: versions, tokens, usage, and which function answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import TYPE_CHECKING, Literal

from starlette.responses import JSONResponse, Response

from stormctl.emulator.core.audience import react
from stormctl.emulator.core.bodies import BadBodyError, is_json, parse_body, parse_json_fields
from stormctl.emulator.core.rates import DAY_S, RateWindow
from stormctl.emulator.facebook import answers as graph_answers
from stormctl.emulator.facebook import nodes as graph_nodes
from stormctl.emulator.facebook import publish as graph_publish
from stormctl.emulator.facebook import tokens as graph_tokens
from stormctl.emulator.facebook import videos as graph_videos
from stormctl.emulator.facebook.answers import GraphAnswer, GraphError
from stormctl.emulator.facebook.call import GraphCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.core.records import UploadedFile
    from stormctl.emulator.core.world import World

NEWEST_VERSION = (26, 0)
"""Source: Graph API changelog, 2026-07-29."""

OLDEST_VERSION = (21, 0)
"""v20.0 ended on 2026-09-24; calls to a dead version are answered by the oldest living one."""

CALLS_PER_ENGAGED_USER = 4_800
"""A Page token's calls in 24 hours for each engaged user (source: Graph API rate limiting)."""

APP_CALLS_PER_HOUR = 200 * 24
"""200 an hour for each user of the app; the emulated app has 24 users."""

HOUR_S = 3_600


async def answer_graph(world: World, request: Request) -> Response:
    """Answer any request to the Graph API."""
    content = await request.body()
    request_id = request.scope["state"]["request_id"]
    headers: dict[str, str] = {}
    try:
        version, path = split_version(request.url.path)
        headers["facebook-api-version"] = f"v{version}"
        call = _make_call(world, request, content, path)
        headers |= _count(call)
        answer = _dispatch(call)
    except GraphError as error:
        answer = error.answer(trace_id(request_id))
    except BadBodyError as error:
        answer = graph_answers.invalid_parameter(str(error)).answer(trace_id(request_id))
    return render(GraphAnswer(answer.status, answer.body, {**headers, **answer.headers}), request_id)


def render(answer: GraphAnswer, request_id: str) -> Response:
    """Return an answer as Facebook sends it."""
    headers = {
        "x-fb-trace-id": trace_id(request_id),
        "x-fb-request-id": request_id,
        "cache-control": "private, no-cache, no-store, must-revalidate",
        **answer.headers,
    }
    return JSONResponse(answer.body, answer.status, headers, media_type="application/json; charset=UTF-8")


def trace_id(request_id: str) -> str:
    """Return the trace id that goes with a request."""
    return "A" + hashlib.sha256(request_id.encode()).hexdigest()[:22]


def split_version(path: str) -> tuple[str, str]:
    """Return the version that answers (`26.0`) and the path without it.

    Raises:
        GraphError: 2500, for a version that doesn't exist yet.
    """
    match = re.match(r"/v(\d+)\.(\d+)(/.*|$)", path)
    if match is None:
        return f"{OLDEST_VERSION[0]}.{OLDEST_VERSION[1]}", path
    asked = (int(match[1]), int(match[2]))
    if asked > NEWEST_VERSION:
        raise GraphError(2500, f"Unknown path components: {path}")
    major, minor = max(asked, OLDEST_VERSION)
    return f"{major}.{minor}", match[3] or "/"


def usage_headers(page: AccountSpec, window: RateWindow, *, regain_minutes: int = 0) -> dict[str, str]:
    """Return the header that says how much of a Page's quota is used, in percent."""
    used = 100 * (window.limit - window.remaining) // window.limit
    usage = {
        "type": "pages",
        "call_count": used,
        "total_cputime": used // 2,
        "total_time": used // 2,
        "estimated_time_to_regain_access": regain_minutes,
    }
    return {"x-business-use-case-usage": json.dumps({page.id: [usage]})}


def _make_call(world: World, request: Request, content: bytes, path: str) -> GraphCall:
    content_type = request.headers.get("content-type", "")
    body = parse_body(content_type, content)
    told = parse_json_fields(content) if is_json(content_type) else body.fields
    parameters = {**request.query_params, **told}
    method = parameters.pop("method", request.method).upper()
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = parameters.pop("access_token", "") or (bearer if scheme.lower() in {"bearer", "oauth"} else "")
    kind, page = _identify(world, token, path)
    if page is not None and 0 < page.expires_at <= world.clock.at():
        raise graph_answers.dead_token(463)
    _check_proof(world, token, parameters.pop("appsecret_proof", None))
    prefix = request.url.path.removesuffix(path)
    return GraphCall(
        world=world,
        method=method,
        token=token,
        kind=kind,
        page=page,
        parameters=parameters,
        files=body.files,
        file_names=body.file_names,
        base_url=f"{request.url.scheme}://{request.url.netloc}{prefix}",
        path=path,
        request_id=request.scope["state"]["request_id"],
        lag_s=request.scope["state"].get("lag_s", 0.0),
        forgets_media=request.scope["state"].get("forgets_media", False),
    )


def _identify(
    world: World, token: str, path: str
) -> tuple[Literal["page", "user", "app", "none"], AccountSpec | None]:
    if path == "/oauth/access_token":
        return "none", None
    if not token:
        raise graph_answers.no_token()
    page = world.find_page(token)
    if page is not None:
        return "page", page
    if world.pages_of_user(token):
        return "user", None
    if world.pages_of_app(token):
        return "app", None
    raise graph_answers.dead_token()


def _check_proof(world: World, token: str, proof: str | None) -> None:
    """Check the proof that the caller knows the app's secret, where it is sent."""
    if proof is None:
        return
    secrets = {a.credentials["APP_SECRET"] for a in world.accounts if a.platform == "facebook"}
    page = world.find_page(token)
    if page is not None:
        secrets = {page.credentials["APP_SECRET"]}
    good = {hmac.digest(secret.encode(), token.encode(), "sha256").hex() for secret in secrets}
    if proof not in good:
        raise GraphError(
            100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException"
        )


def _count(call: GraphCall) -> dict[str, str]:
    """Count a call against its app and its Page."""
    rates = call.world.rates
    app = rates.count("graph-app", "app", limit=APP_CALLS_PER_HOUR, period_s=HOUR_S)
    used = 100 * (app.limit - app.remaining) // app.limit
    app_usage = json.dumps({"call_count": used, "total_time": used // 2, "total_cputime": used // 2})
    headers = {"x-app-usage": app_usage}
    if call.page is None:
        return headers
    engaged = 1 + react(call.page.id, call.world.seed, DAY_S).likes
    limit = CALLS_PER_ENGAGED_USER * engaged
    before = rates.peek("graph-page", call.page.channel, limit=limit, period_s=DAY_S)
    if before.remaining == 0:
        minutes = int((before.reset_at - call.world.clock.at()) // 60) + 1
        raise graph_answers.page_throttled(usage_headers(call.page, before, regain_minutes=minutes))
    window = rates.count("graph-page", call.page.channel, limit=limit, period_s=DAY_S)
    return headers | usage_headers(call.page, window)


_FIXED: dict[tuple[str, str], Callable[[GraphCall], GraphAnswer]] = {
    ("GET", "/oauth/access_token"): graph_tokens.exchange_token,
    ("GET", "/debug_token"): graph_tokens.debug_token,
    ("GET", "/me/accounts"): graph_tokens.read_accounts,
    ("GET", "/"): graph_nodes.read_nodes,
}
_VIDEO: dict[str, Callable[[GraphCall, UploadedFile], GraphAnswer]] = {
    "GET": graph_videos.read_video,
    "DELETE": graph_videos.delete_video,
}
_NODE: dict[str, Callable[[GraphCall, str], GraphAnswer]] = {
    "GET": graph_nodes.read_node,
    "POST": graph_videos.publish_video,
    "DELETE": graph_publish.delete_post,
}
_EDGES: dict[tuple[str, str], Callable[[GraphCall, str], GraphAnswer]] = {
    ("POST", "feed"): graph_publish.publish_post,
    ("POST", "photos"): graph_publish.upload_photo,
    ("POST", "videos"): graph_videos.upload_video,
    ("POST", "captions"): graph_videos.caption_video,
    ("GET", "feed"): graph_nodes.read_posts,
    ("GET", "posts"): graph_nodes.read_posts,
    ("GET", "published_posts"): graph_nodes.read_posts,
    ("GET", "insights"): graph_nodes.read_insights,
}


def _dispatch(call: GraphCall) -> GraphAnswer:
    fixed = _FIXED.get((call.method, call.path))
    if fixed is not None:
        return fixed(call)
    parts = call.path.strip("/").split("/")
    node = call.page.id if parts[0] == "me" and call.page is not None else parts[0]
    video = call.world.find_video(node) if len(parts) == 1 else None
    if video is not None and call.method in _VIDEO:
        return _VIDEO[call.method](call, video)
    if len(parts) == 1 and call.method in _NODE:
        return _NODE[call.method](call, node)
    edge = _EDGES.get((call.method, "/".join(parts[1:])))
    if edge is None:
        raise GraphError(2500, f"Unknown path components: /{'/'.join(parts[1:])}")
    return edge(call, node)
