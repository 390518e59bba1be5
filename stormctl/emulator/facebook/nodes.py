"""Graph: reading Pages, posts, photos, lists and insights."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from stormctl.emulator.core.audience import Reactions, react
from stormctl.emulator.core.rates import DAY_S
from stormctl.emulator.facebook import answers as graph_answers
from stormctl.emulator.facebook.answers import GraphAnswer, GraphError
from stormctl.emulator.facebook.fields import render_page, render_photo, render_post
from stormctl.emulator.facebook.tokens import USER_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.core.records import EmulatedPost
    from stormctl.emulator.facebook.call import GraphCall

READ_SCOPE, INSIGHTS_SCOPE = "pages_read_engagement", "read_insights"
"""What reading posts and their insights takes (source: Pages API, Posts, and insights, 2026)."""

DEFAULT_LIMIT = 25
MAX_LIMIT = 100
"""Source: developers.facebook.com, Page feed."""

MAX_IDS = 50
"""Source: developers.facebook.com, batch requests and multiple ids."""


def _actions(seen: Reactions) -> dict[str, int]:
    """Return what people did with a post, by kind."""
    return {"like": seen.likes, "share": seen.reposts, "comment": seen.replies}


METRICS: Mapping[str, Callable[[Reactions], Any]] = {
    "post_media_view": lambda seen: seen.impressions,
    "post_total_media_view_unique": lambda seen: seen.reach,
    "post_clicks": lambda seen: seen.clicks,
    "post_clicks_by_type": lambda seen: {"link clicks": seen.clicks},
    "post_reactions_by_type_total": lambda seen: {"like": seen.likes},
    "post_reactions_like_total": lambda seen: seen.likes,
    **{f"post_reactions_{kind}_total": lambda _: 0 for kind in ("love", "wow", "haha", "sorry", "anger")},
    "post_activity_by_action_type": _actions,
    "post_activity_by_action_type_unique": _actions,
    "post_video_views": lambda _: 0,
}
"""The metrics of posts that are alive (source: a probe of each on v25.0, 2026-09-01); every other one is
refused, the `post_impressions` family among them."""


def read_node(call: GraphCall, node: str) -> GraphAnswer:
    """GET /{page}, /{post}, /{photo} or /me."""
    if node == "me" and call.kind == "user":
        return GraphAnswer(200, {"id": USER_ID, "name": "Emulated User"})
    page = call.world.find_by_id("facebook", node)
    if page is not None:
        return GraphAnswer(200, render_page(call, page))
    post = call.world.find_post("facebook", node)
    if post is not None:
        _check_owner(call, post.account)
        return GraphAnswer(200, render_post(call, post))
    media = call.world.find_media(call.page, node) if call.page else None
    if media is not None:
        return GraphAnswer(200, render_photo(call, media))
    raise graph_answers.no_such_object(node)


def read_nodes(call: GraphCall) -> GraphAnswer:
    """GET /?ids=: several nodes at once, by their ids; one that is not there fails the whole call."""
    ids = [part for part in call.parameters.get("ids", "").split(",") if part]
    if not 1 <= len(ids) <= MAX_IDS:
        raise graph_answers.invalid_parameter(f"The parameter ids takes 1 to {MAX_IDS} ids")
    found: dict[str, Any] = {}
    for node in ids:
        try:
            found[node] = read_node(call, node).body
        except GraphError as error:
            if error.error.get("error_subcode") != graph_answers.NO_OBJECT:
                raise
            message = f"(#803) Some of the aliases you requested do not exist: {node}"
            raise GraphError(803, message) from error
    return GraphAnswer(200, found)


def read_posts(call: GraphCall, node: str) -> GraphAnswer:
    """GET /{page}/published_posts, /feed or /posts: newest first, in pages with cursors."""
    page = call.world.find_by_id("facebook", node)
    if page is None:
        raise graph_answers.no_such_object(node)
    _check_owner(call, page)
    limit = _parse_limit(call.parameters.get("limit", str(DEFAULT_LIMIT)))
    posts = _select(call, call.world.posts_of(page))
    start, stop = _cut(call, posts, limit)
    shown = posts[start:stop]
    answer: dict[str, Any] = {"data": [render_post(call, post) for post in shown]}
    if shown:
        cursors = {"before": _encode_cursor(shown[0].id), "after": _encode_cursor(shown[-1].id)}
        answer["paging"] = {"cursors": cursors}
        if stop < len(posts):
            answer["paging"]["next"] = _address(call, limit, "after", cursors["after"])
        if start > 0:
            answer["paging"]["previous"] = _address(call, limit, "before", cursors["before"])
    return GraphAnswer(200, answer)


def read_insights(call: GraphCall, node: str) -> GraphAnswer:
    """GET /{post}/insights: one bad metric fails the whole call, and values are a day old.

    They show what had happened by the last midnight UTC; a post of today has none yet
    (source: Graph API insights reference, 2026-02).
    """
    post = call.world.find_post("facebook", node)
    if post is None:
        raise graph_answers.no_such_object(node)
    _check_owner(call, post.account)
    _check_owner(call, post.account, INSIGHTS_SCOPE)
    names = re.findall(r"\w+", call.parameters.get("metric", ""))  # a,b or ["a","b"]
    if not names:
        raise graph_answers.no_metric()
    if any(name not in METRICS for name in names):
        raise graph_answers.invalid_parameter("The value must be a valid insights metric")
    if call.parameters.get("period", "lifetime") != "lifetime":
        return GraphAnswer(200, {"data": []})
    midnight = call.world.clock.at() // DAY_S * DAY_S
    if post.created_at >= midnight:
        return GraphAnswer(200, {"data": []})
    seen = react(post.id, call.world.seed, midnight - post.created_at)
    data = [
        {
            "name": name,
            "period": "lifetime",
            "values": [{"value": METRICS[name](seen)}],
            "title": name.replace("_", " ").capitalize(),
            "id": f"{post.id}/insights/{name}/lifetime",
        }
        for name in names
    ]
    return GraphAnswer(200, {"data": data})


def _check_owner(call: GraphCall, page: AccountSpec, scope: str = READ_SCOPE) -> None:
    if call.kind == "user":
        raise graph_answers.page_token_required()
    if call.page is None or call.page.id != page.id:
        raise graph_answers.permission_missing()
    if not page.may(scope):
        raise graph_answers.scope_missing(scope)


def _select(call: GraphCall, posts: list[EmulatedPost]) -> list[EmulatedPost]:
    since, until = (_parse_time(call, name) for name in ("since", "until"))
    visible_until = call.world.clock.wall() - call.lag_s
    return [
        post
        for post in posts
        if (since is None or int(post.created_at) >= since)
        and (until is None or int(post.created_at) <= until)
        and post.created_wall <= visible_until
    ]


def _parse_limit(value: str) -> int:
    if not value.isdigit() or int(value) < 1:
        raise graph_answers.invalid_parameter("Param limit must be an integer greater than 0")
    if int(value) > MAX_LIMIT:
        raise graph_answers.invalid_parameter(f"Param limit must be at most {MAX_LIMIT}")
    return int(value)


def _parse_time(call: GraphCall, name: str) -> float | None:
    """Read Unix seconds or ISO 8601."""
    value = call.parameters.get(name)
    if value is None:
        return None
    if value.isdigit():
        return float(value)
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise graph_answers.invalid_parameter(f"Param {name} is not a valid time: {value}") from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _encode_cursor(post_id: str) -> str:
    return base64.urlsafe_b64encode(f"after:{post_id}".encode()).decode()


def _address(call: GraphCall, limit: int, direction: str, cursor: str) -> str:
    """Return the whole address of a neighbouring page, with the token, as Graph gives it."""
    others = {key: value for key, value in call.parameters.items() if key not in {"after", "before"}}
    query = {**others, "limit": limit, direction: cursor, "access_token": call.token}
    return f"{call.base_url}{call.path}?{urlencode(query)}"


def _cut(call: GraphCall, posts: list[EmulatedPost], limit: int) -> tuple[int, int]:
    """Return from where to where the asked page goes."""
    if "before" in call.parameters:
        newer = _decode_cursor(call.parameters["before"])
        stop = next((n for n, post in enumerate(posts) if _order(post.id) <= newer), len(posts))
        return max(0, stop - limit), stop
    start = 0
    if "after" in call.parameters:
        older = _decode_cursor(call.parameters["after"])
        start = next((n for n, post in enumerate(posts) if _order(post.id) < older), len(posts))
    return start, min(start + limit, len(posts))


def _decode_cursor(cursor: str) -> int:
    try:
        kind, _, post_id = base64.urlsafe_b64decode(cursor).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        kind, post_id = "", ""
    if kind != "after" or not post_id.rpartition("_")[2].isdigit():
        raise graph_answers.invalid_parameter("Invalid cursors values provided")
    return _order(post_id)


def _order(post_id: str) -> int:
    return int(post_id.rpartition("_")[2])
