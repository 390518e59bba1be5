"""X: reading posts, the caller's account, and timelines in pages."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from stormctl.emulator.x import answers as x_answers
from stormctl.emulator.x.answers import XAnswer, check_id
from stormctl.emulator.x.fields import parse_reader, render_posts, render_user

if TYPE_CHECKING:
    from stormctl.emulator.core.records import EmulatedPost
    from stormctl.emulator.x.call import XCall

NEWEST_READABLE = 3_200
"""How far back a timeline goes (source: docs.x.com, user posts)."""

SIZES = (5, 100)
"""Posts on a page of it (same source)."""


def read_posts(call: XCall) -> XAnswer:
    """GET /2/tweets?ids=: those that exist, and an error for each that doesn't."""
    reader = parse_reader(call.account, call.query, frozenset({"ids"}))
    ids = [part for part in call.query.get("ids", "").split(",") if part]
    if not 1 <= len(ids) <= 100:  # noqa: PLR2004 - source: docs.x.com, post lookup
        message = (
            f"The number of values in the `ids` query parameter list [{len(ids)}] is not between 1 and 100"
        )
        raise x_answers.invalid_request(message, {"ids": ids})
    for post_id in ids:
        check_id(post_id, "ids")
    posts = {post_id: call.world.find_post("x", post_id) for post_id in ids}
    answer = render_posts(call.world, reader, [post for post in posts.values() if post])
    missing = [x_answers.missing(post_id, "tweet", "ids") for post_id, post in posts.items() if not post]
    if missing:
        answer["errors"] = [*answer.get("errors", []), *missing]
    if not answer["data"]:
        del answer["data"]
    return XAnswer(200, answer)


def read_post(call: XCall) -> XAnswer:
    """GET /2/tweets/{id}."""
    reader = parse_reader(call.account, call.query, frozenset())
    check_id(call.path["id"], "id")
    post = call.world.find_post("x", call.path["id"])
    if post is None:
        return XAnswer(200, {"errors": [x_answers.missing(call.path["id"], "tweet", "id")]})
    answer = render_posts(call.world, reader, [post])
    return XAnswer(200, {**answer, "data": answer["data"][0]})


def read_me(call: XCall) -> XAnswer:
    """GET /2/users/me."""
    parse_reader(call.account, call.query, frozenset())
    user = render_user(call.account)
    asked = call.query.get("user.fields", "").split(",")
    told = {"verified": call.account.verified, "protected": call.account.protected}
    return XAnswer(200, {"data": user | {name: value for name, value in told.items() if name in asked}})


def read_timeline(call: XCall) -> XAnswer:
    """GET /2/users/{id}/tweets: newest first, in pages."""
    names = "start_time end_time since_id until_id exclude max_results pagination_token"
    reader = parse_reader(call.account, call.query, frozenset(names.split()))
    check_id(call.path["id"], "id")
    owner = call.world.find_by_id("x", call.path["id"])
    if owner is None:
        raise x_answers.not_found(call.path["id"], "user", "id")
    limit = _parse_max_results(call.query.get("max_results", "10"))
    found = _select(call, call.world.posts_of(owner)[:NEWEST_READABLE])
    start, stop = _cut(found, limit, call.query.get("pagination_token"))
    page = found[start:stop]
    meta: dict[str, Any] = {"result_count": len(page)}
    answer = render_posts(call.world, reader, page)
    if page:
        meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
    else:
        del answer["data"]
    if page and stop < len(found):
        meta["next_token"] = _encode_token("before", page[-1].id)
    if page and start > 0:
        meta["previous_token"] = _encode_token("after", page[0].id)
    return XAnswer(200, {**answer, "meta": meta})


def _select(call: XCall, posts: list[EmulatedPost]) -> list[EmulatedPost]:
    query = call.query
    visible_until = call.world.clock.wall() - call.lag_s
    start, end = (_parse_time(query, name) for name in ("start_time", "end_time"))
    since_id, until_id = (
        int(check_id(query[n], n)) if n in query else None for n in ("since_id", "until_id")
    )
    excluded = {value for value in query.get("exclude", "").split(",") if value}
    if not excluded <= {"replies", "retweets"}:
        message = f"The `exclude` query parameter value [{query['exclude']}] is not one of [replies,retweets]"
        raise x_answers.invalid_request(message, {"exclude": [query["exclude"]]})
    return [
        post
        for post in posts
        if (start is None or post.created_at >= start)
        and (end is None or post.created_at < end)
        and (since_id is None or int(post.id) > since_id)
        and (until_id is None or int(post.id) < until_id)
        and not (post.in_reply_to and "replies" in excluded)
        and post.created_wall <= visible_until
    ]


def _parse_time(query: dict[str, str], name: str) -> float | None:
    """Read a time as X takes it, in Unix seconds; None if it was not given."""
    value = query.get(name)
    if value is None:
        return None
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value):
        message = f"The `{name}` query parameter value [{value}] is not a valid RFC 3339 date-time"
        raise x_answers.invalid_request(message, {name: [value]})
    return datetime.fromisoformat(value).astimezone(UTC).timestamp()


def _parse_max_results(value: str) -> int:
    least, most = SIZES
    if not value.isdigit() or not least <= int(value) <= most:
        message = f"The `max_results` query parameter value [{value}] is not between {least} and {most}"
        raise x_answers.invalid_request(message, {"max_results": [value]})
    return int(value)


def _cut(posts: list[EmulatedPost], limit: int, token: str | None) -> tuple[int, int]:
    """Return from where to where the asked page goes."""
    direction, edge = ("", 0) if token is None else _decode_token(token)
    if direction == "after":
        stop = next((n for n, post in enumerate(posts) if int(post.id) <= edge), len(posts))
        return max(0, stop - limit), stop
    start = next((n for n, post in enumerate(posts) if token is None or int(post.id) < edge), len(posts))
    return start, min(start + limit, len(posts))


def _encode_token(direction: str, post_id: str) -> str:
    return base64.b32encode(f"{direction}:{post_id}".encode()).decode().rstrip("=").lower()


def _decode_token(token: str) -> tuple[str, int]:
    padded = token.upper() + "=" * (-len(token) % 8)
    try:
        kind, _, post_id = base64.b32decode(padded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        kind, post_id = "", ""
    if kind not in {"before", "after"} or not post_id.isdigit():
        message = f"The `pagination_token` query parameter value [{token}] is not valid"
        raise x_answers.invalid_request(message, {"pagination_token": [token]})
    return kind, int(post_id)
