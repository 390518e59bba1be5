"""Graph: publishing, photos and deleting."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stormctl.emulator.core.bodies import parse_json, sniff_mime
from stormctl.emulator.core.records import EmulatedPost, UploadedFile
from stormctl.emulator.facebook import answers as graph_answers
from stormctl.emulator.facebook.answers import GraphAnswer, GraphError
from stormctl.emulator.facebook.fields import render_photo, render_post

if TYPE_CHECKING:
    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.facebook.call import GraphCall

PUBLISH_SCOPE = "pages_manage_posts"
"""Source: Pages API, Posts, 2026."""

MAX_MESSAGE = 63_206
"""Widely quoted; Meta's documents give no figure."""

MAX_PHOTOS = 10
MAX_PHOTO_BYTES = 10 * 1024 * 1024
"""Source: developers.facebook.com, Page photos."""


def publish_post(call: GraphCall, node: str) -> GraphAnswer:
    """POST /{page}/feed."""
    page = own_page(call, node)
    message = call.parameters.get("message", "")
    link = call.parameters.get("link") or None
    media = _attached(call, page)
    if not message and not link and not media:
        raise graph_answers.invalid_parameter("Requires one of the params: message, link, attached_media")
    if len(message) > MAX_MESSAGE:
        raise graph_answers.invalid_parameter(f"Param message must be at most {MAX_MESSAGE} characters")
    if link and not re.match(r"https?://[^\s/]+", link):
        raise graph_answers.invalid_parameter("link is not properly formatted")
    if "scheduled_publish_time" in call.parameters:
        raise graph_answers.invalid_parameter("The emulator publishes at once; it keeps no schedule")
    previous = next(iter(call.world.posts_of(page)), None)
    if message and previous and (previous.text, previous.link) == (message, link):
        raise graph_answers.duplicate_status()
    post = add_post(call, page, message, link, media, published=read_flag(call, "published", default=True))
    if "fields" in call.parameters:
        return GraphAnswer(200, render_post(call, post))
    return GraphAnswer(200, {"id": post.id})


def upload_photo(call: GraphCall, node: str) -> GraphAnswer:
    """POST /{page}/photos: with `published=false` it waits for a post that attaches it."""
    page = own_page(call, node)
    published = read_flag(call, "published", default=True)
    read_flag(call, "temporary", default=False)
    if "url" in call.parameters:
        raise graph_answers.invalid_parameter("The emulator fetches nothing: send the photo as source")
    content = call.files.get("source", b"")
    mime = sniff_mime(content)
    if mime is None or mime == "video/mp4" or len(content) > MAX_PHOTO_BYTES:
        raise graph_answers.invalid_image()
    caption = call.parameters.get("caption") or call.parameters.get("message", "")
    photo_id = call.world.next_facebook_id()
    media = UploadedFile(
        id=photo_id,
        key=photo_id,
        account=page,
        kind="image",
        mime=mime,
        total_bytes=len(content),
        content=content,
        alt=call.parameters.get("alt_text_custom", ""),
        caption=caption,
        created_at=call.world.clock.at(),
        ready_wall=call.world.clock.wall(),
    )
    call.world.add_media(media)
    answer: dict[str, Any] = render_photo(call, media) if "fields" in call.parameters else {"id": photo_id}
    if published:
        answer["post_id"] = add_post(call, page, caption, None, [media], published=True).id
    return GraphAnswer(200, answer)


def delete_post(call: GraphCall, node: str) -> GraphAnswer:
    """DELETE /{post}."""
    post = call.world.find_post("facebook", node)
    if post is None:
        raise graph_answers.no_such_object(node, "delete")
    own_page(call, post.account.id)
    post.deleted = True
    return GraphAnswer(200, {"success": True})


def add_post(
    call: GraphCall,
    page: AccountSpec,
    message: str,
    link: str | None,
    media: list[UploadedFile],
    *,
    published: bool,
) -> EmulatedPost:
    """Put a post on a Page."""
    post = EmulatedPost(
        id=f"{page.id}_{call.world.next_facebook_id()}",
        account=page,
        text=message,
        shown=message,
        created_at=call.world.clock.at(),
        created_wall=call.world.clock.wall(),
        request_id=call.request_id,
        link=link,
        media=tuple(media),
        published=published,
    )
    call.world.add_post(post)
    return post


def own_page(call: GraphCall, node: str) -> AccountSpec:
    """Return the Page that the caller's token belongs to, or raise Graph's refusal."""
    page = call.world.find_by_id("facebook", node)
    if page is None:
        raise graph_answers.no_such_object(node, "post")
    if call.kind == "user":
        raise graph_answers.page_token_required()
    if call.page is None or call.page.id != page.id:
        raise graph_answers.permission_missing()
    if not page.may(PUBLISH_SCOPE):
        raise graph_answers.permission_missing()
    return page


def _attached(call: GraphCall, page: AccountSpec) -> list[UploadedFile]:
    """Find the photos of `attached_media[0]`, … or of a JSON list in `attached_media`."""
    values: list[Any] = []
    if "attached_media" in call.parameters:
        values = _parse_json(call.parameters["attached_media"])
        if not isinstance(values, list):
            raise graph_answers.invalid_parameter("Param attached_media must be an array.")
    indexed = (re.fullmatch(r"attached_media\[(\d+)\]", name) for name in call.parameters)
    numbers = sorted(int(match[1]) for match in indexed if match)
    values = [*values, *(_parse_json(call.parameters[f"attached_media[{n}]"]) for n in numbers)]
    if len(values) > MAX_PHOTOS:
        raise graph_answers.invalid_parameter(f"Param attached_media takes at most {MAX_PHOTOS} photos.")
    return [_find_photo(call, page, value) for value in values]


def _find_photo(call: GraphCall, page: AccountSpec, value: Any) -> UploadedFile:
    media_id = str(value.get("media_fbid", "")) if isinstance(value, dict) else ""
    media = call.world.find_media(page, media_id)
    if call.forgets_media and media is not None and media.post_id is None:
        call.world.remove_media(media)
        media = None
    if media is None or media.kind == "video":
        raise graph_answers.invalid_parameter(
            f"Param attached_media[0][media_fbid] must be a valid photo: {media_id}"
        )
    if media.post_id is not None:
        raise GraphError(100, f"(#100) Photo {media_id} was already posted", subcode=1366046)
    return media


def _parse_json(text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError as error:
        raise graph_answers.invalid_parameter("Param attached_media must be an array.") from error


def read_flag(call: GraphCall, name: str, *, default: bool) -> bool:
    """Read a parameter that is true or false in words or figures."""
    value = call.parameters.get(name)
    if value is None:
        return default
    if value not in {"true", "false", "1", "0"}:
        raise graph_answers.invalid_parameter(f"Param {name} must be a boolean")
    return value in {"true", "1"}
