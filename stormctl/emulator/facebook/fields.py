"""Graph: the `fields` language, and Page posts as it shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stormctl.emulator.core.audience import react
from stormctl.emulator.core.clock import graph_time
from stormctl.emulator.facebook import answers as graph_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.core.records import EmulatedPost, UploadedFile
    from stormctl.emulator.facebook.call import GraphCall

PAGE_DEFAULTS = ("name", "id")
POST_DEFAULTS = ("created_time", "message", "id")
PHOTO_DEFAULTS = ("created_time", "id")
VIDEO_DEFAULTS = ("description", "updated_time", "id")
CONTENT_SCOPE = "pages_read_user_content"
"""What reading reactions and comments takes (source: Pages API, Posts, 2026)."""

LEAST_FANS = 300
"""Every emulated Page has more likes than insights ask for (100)."""


@dataclass(frozen=True, slots=True)
class GraphField:
    """One asked field: `reactions.limit(0).summary(true)`, `attachments{media_type,url}`."""

    name: str
    options: Mapping[str, str]
    inner: tuple[GraphField, ...]


def parse_fields(text: str) -> tuple[GraphField, ...]:
    """Read a `fields` parameter.

    Raises:
        GraphError: 100, if it does not parse.
    """
    return tuple(_parse_field(part) for part in _split(text))


def render_page(call: GraphCall, page: AccountSpec) -> dict[str, Any]:
    """Return a Page's asked fields."""
    fans = LEAST_FANS + 10 * react(page.id, call.world.seed, 10**9).likes
    getters: dict[str, Callable[[GraphField], Any]] = {
        "id": lambda _: page.id,
        "name": lambda _: page.display_name,
        "username": lambda _: page.username,
        "link": lambda _: f"{call.origin}/#{page.channel}",
        "about": lambda _: "",
        "category": lambda _: "Nonprofit Organization",
        "fan_count": lambda _: fans,
        "followers_count": lambda _: fans,
        "is_published": lambda _: page.published,
        "verification_status": lambda _: "not_verified",
        "access_token": lambda _: page.credentials["PAGE_TOKEN"] if _manages(call, page) else "",
    }
    return _render(call, "Page", PAGE_DEFAULTS, getters)


def render_post(call: GraphCall, post: EmulatedPost) -> dict[str, Any]:
    """Return a post's asked fields; what is empty is left out, as Graph does."""
    seen = react(post.id, call.world.seed, call.world.clock.at() - post.created_at)

    def count(total: int) -> Callable[[GraphField], Any]:
        def edge(field: GraphField) -> dict[str, Any]:
            if not post.account.may(CONTENT_SCOPE):
                raise graph_answers.scope_missing(CONTENT_SCOPE)
            summary = {"total_count": total, "viewer_reaction": "NONE"}
            return {"data": [], **({"summary": summary} if field.options.get("summary") == "true" else {})}

        return edge

    getters: dict[str, Callable[[GraphField], Any]] = {
        "id": lambda _: post.id,
        "message": lambda _: post.text,
        "created_time": lambda _: graph_time(post.created_at),
        "updated_time": lambda _: graph_time(post.created_at),
        "permalink_url": lambda _: f"{call.origin}/{post.id}",
        "from": lambda _: {"name": post.account.display_name, "id": post.account.id},
        "is_published": lambda _: post.published,
        "is_hidden": lambda _: False,
        "status_type": lambda _: _status_type(post),
        "full_picture": lambda _: _picture(call, post.media[0]) if post.media else "",
        "shares": lambda _: {"count": seen.reposts} if seen.reposts else None,
        "reactions": count(seen.likes),
        "likes": count(seen.likes),
        "comments": count(seen.replies),
        "attachments": lambda field: _attachments(call, post, field),
    }
    return _render(call, "Post", POST_DEFAULTS, getters)


def render_photo(call: GraphCall, media: UploadedFile) -> dict[str, Any]:
    """Return a photo's asked fields."""
    getters: dict[str, Callable[[GraphField], Any]] = {
        "id": lambda _: media.id,
        "name": lambda _: media.caption,
        "alt_text_custom": lambda _: media.alt,
        "link": lambda _: f"{call.origin}/{media.post_id or media.id}",
        "created_time": lambda _: graph_time(media.created_at),
        "page_story_id": lambda _: media.post_id,
    }
    return _render(call, "Photo", PHOTO_DEFAULTS, getters)


def render_video(call: GraphCall, video: UploadedFile) -> dict[str, Any]:
    """Return a video's asked fields."""
    ready = video.ready_wall is not None and video.ready_wall <= call.world.clock.wall()
    state = "ready" if ready else "processing" if video.ready_wall else "uploading"
    getters: dict[str, Callable[[GraphField], Any]] = {
        "id": lambda _: video.id,
        "description": lambda _: video.caption,
        "created_time": lambda _: graph_time(video.created_at),
        "updated_time": lambda _: graph_time(video.created_at),
        "published": lambda _: video.post_id is not None,
        "post_id": lambda _: (video.post_id or "").rpartition("_")[2],
        "permalink_url": lambda _: f"/{video.post_id or video.id}",
        "status": lambda _: {"video_status": state},
    }
    return _render(call, "Video", VIDEO_DEFAULTS, getters)


def _status_type(post: EmulatedPost) -> str:
    if not post.media:
        return "mobile_status_update"
    return "added_video" if post.media[0].kind == "video" else "added_photos"


def _render(
    call: GraphCall, node: str, defaults: tuple[str, ...], getters: Mapping[str, Callable[[GraphField], Any]]
) -> dict[str, Any]:
    fields = parse_fields(call.parameters.get("fields", "") or ",".join(defaults))
    shown: dict[str, Any] = {}
    for field in fields:
        if field.name not in getters:
            detail = f"Tried accessing nonexisting field ({field.name}) on node type ({node})"
            raise graph_answers.invalid_parameter(detail)
        shown[field.name] = getters[field.name](field)
    shown = {name: value for name, value in shown.items() if value not in ("", None, {})}
    return {**shown, "id": getters["id"](GraphField("id", {}, ()))}


def _manages(call: GraphCall, page: AccountSpec) -> bool:
    return call.page == page or page in call.world.pages_of_user(call.token)


def _attachments(call: GraphCall, post: EmulatedPost, field: GraphField) -> dict[str, Any]:
    photos: list[dict[str, Any]] = [
        {
            "description": media.caption or post.text,
            "media": {"image": {"src": _picture(call, media)}},
            "media_type": "video" if media.kind == "video" else "photo",
            "target": {"id": media.id, "url": f"{call.origin}/{media.id}"},
            "type": "video_inline" if media.kind == "video" else "photo",
            "url": f"{call.origin}/{media.id}",
        }
        for media in post.media
    ]
    if len(photos) > 1:
        album = {"media_type": "album", "type": "album", "url": f"{call.origin}/{post.id}"}
        items = [{**album, "subattachments": {"data": photos}}]
    elif photos:
        items = photos
    elif post.link:
        share = {"media_type": "link", "type": "share", "url": post.link, "unshimmed_url": post.link}
        items = [{**share, "title": post.link, "target": {"url": post.link}}]
    else:
        return {}
    return {"data": [_pick(item, field.inner) for item in items]}


def _pick(item: dict[str, Any], inner: tuple[GraphField, ...]) -> dict[str, Any]:
    return {f.name: item[f.name] for f in inner if f.name in item} if inner else item


def _picture(call: GraphCall, media: UploadedFile) -> str:
    return f"{call.origin}/_emulator/media/{media.id}"


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for index, char in enumerate(text):
        depth += (char in "({") - (char in ")}")
        if depth < 0:
            break
        if char == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    if depth:
        raise graph_answers.invalid_parameter(f"Syntax error in fields: {text}")
    return [part.strip() for part in (*parts, text[start:]) if part.strip()]


def _parse_field(text: str) -> GraphField:
    match = re.fullmatch(r"(\w+)((?:\.\w+\([^()]*\))*)(?:\{(.*)\})?", text, re.DOTALL)
    if match is None:
        raise graph_answers.invalid_parameter(f"Syntax error in field: {text}")
    options = dict(re.findall(r"\.(\w+)\(([^()]*)\)", match[2]))
    return GraphField(match[1], options, parse_fields(match[3]) if match[3] else ())
