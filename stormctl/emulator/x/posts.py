"""X: making and deleting posts."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stormctl.emulator.core.rates import DAY_S, RateWindow
from stormctl.emulator.core.records import EmulatedPost
from stormctl.emulator.x import answers as x_answers
from stormctl.emulator.x import text as x_text
from stormctl.emulator.x.answers import XAnswer, check_id, rate_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.core.records import UploadedFile
    from stormctl.emulator.core.world import World
    from stormctl.emulator.x.call import XCall

DUPLICATE_WINDOW_S = 60 * 60
"""For how long a text can't be repeated, in emulated seconds. X keeps the figure secret; third parties
say 30 to 60 minutes."""

APP_POSTS_PER_DAY = 10_000
"""Source: docs.x.com rate limits, 2026-08."""

POSTS_PER_DAY = {False: 50, True: 2_400}
"""An account's own posts a day, by whether it is verified (source: help.x.com as quoted, 2026-05-18)."""

REPLIES_PER_DAY = {False: 200, True: 2_400}

NOT_CARRIED_OUT = frozenset(
    [
        *("card_uri", "community_id", "direct_message_deep_link", "edit_options", "for_super_followers_only"),
        *("geo", "nullcast", "poll", "share_with_followers"),
    ]
)
"""Keys of the specification's body that campaigns have no use for (docs.x.com, 2026-08)."""

PostId = Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Reply(_Strict):
    in_reply_to_tweet_id: PostId
    exclude_reply_user_ids: list[PostId] = []


class _AttachedMedia(_Strict):
    media_ids: Annotated[list[PostId], Field(min_length=1, max_length=4)]
    tagged_user_ids: Annotated[list[PostId], Field(max_length=10)] = []


class _NewPost(_Strict):
    """The body of POST /2/tweets as far as self-serve apps may use it; any other key is refused."""

    text: str = ""
    reply: _Reply | None = None
    media: _AttachedMedia | None = None
    quote_tweet_id: PostId | None = None
    reply_settings: Literal["following", "mentionedUsers", "subscribers", "verified"] | None = None
    made_with_ai: bool = False
    paid_partnership: bool = False


def create_post(call: XCall) -> XAnswer:
    """POST /2/tweets."""
    world, account = call.world, call.account
    wanted = _parse_new_post(call.json())
    media = _find_media(call, wanted)
    _check_text(wanted, media)
    _check_context(world, account, wanted)
    if _is_duplicate(world, account, wanted.text, media):
        raise x_answers.duplicate()
    headers = _count_day(call, is_reply=wanted.reply is not None)
    post_id = world.next_snowflake()
    shown, links = x_text.shorten_links(wanted.text, post_id)
    if media:
        link = x_text.media_link(account.username, post_id, tuple(m.key for m in media))
        shown, links = f"{shown} {link.url}".lstrip(), (*links, link)
    post = EmulatedPost(
        id=post_id,
        account=account,
        text=wanted.text,
        shown=shown,
        created_at=world.clock.at(),
        created_wall=world.clock.wall(),
        request_id=call.request_id,
        short_links=links,
        media=tuple(media),
        in_reply_to=wanted.reply.in_reply_to_tweet_id if wanted.reply else None,
        reply_settings=wanted.reply_settings,
        made_with_ai=wanted.made_with_ai,
        paid_partnership=wanted.paid_partnership,
    )
    world.add_post(post)
    return XAnswer(201, render_receipt(post), headers)


def render_receipt(post: EmulatedPost) -> dict[str, Any]:
    """Return the body of the answer to a new post."""
    text, _ = x_text.describe(post.shown, post.short_links)
    return {"data": {"edit_history_tweet_ids": [post.id], "id": post.id, "text": text}}


def delete_post(call: XCall) -> XAnswer:
    """DELETE /2/tweets/{id}: own posts only."""
    check_id(call.path["id"], "id")
    post = call.world.find_post("x", call.path["id"])
    if post is None:
        raise x_answers.not_found(call.path["id"], "tweet", "id")
    if post.account.channel != call.account.channel:
        raise x_answers.forbidden("You are not allowed to delete this Tweet.")
    post.deleted = True
    return XAnswer(200, {"data": {"deleted": True}})


def _parse_new_post(data: dict[str, Any]) -> _NewPost:
    try:
        return _NewPost.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = "$." + ".".join(str(part) for part in first["loc"])
        if first["loc"][0] in NOT_CARRIED_OUT:
            message = f"{where}: X knows it, and this emulator does not carry it out"
            raise x_answers.invalid_request(message) from error
        reason = (
            "is not defined in the schema and the schema does not allow additional properties"
            if first["type"] == "extra_forbidden"
            else first["msg"]
        )
        raise x_answers.invalid_request(f"{where}: {reason}") from error


def _find_media(call: XCall, wanted: _NewPost) -> list[UploadedFile]:
    found: list[UploadedFile] = []
    for media_id in wanted.media.media_ids if wanted.media else []:
        media = call.world.find_media(call.account, media_id)
        if call.forgets_media and media is not None:
            call.world.remove_media(media)
            media = None
        is_ready = media is not None and (media.ready_wall or math.inf) <= call.world.clock.wall()
        if media is None or not is_ready or media.kind == "subtitles":
            raise x_answers.invalid_request("Your media IDs are invalid.", {"media.media_ids": [media_id]})
        found.append(media)
    if len(found) > 1 and any(m.kind != "image" for m in found):
        raise x_answers.invalid_request("A post takes up to 4 photos, or 1 animated GIF, or 1 video.")
    return found


def _check_text(wanted: _NewPost, media: Sequence[UploadedFile]) -> None:
    if not wanted.text.strip() and not media:
        raise x_answers.invalid_request("$: at least one of text, media is required")
    if wanted.text and x_text.weighted_length(wanted.text) > x_text.MAX_WEIGHTED_LENGTH:
        raise x_answers.text_too_long()
    if x_text.count_cashtags(wanted.text) > x_text.MAX_CASHTAGS:
        raise x_answers.forbidden("Posts are limited to one cashtag.")


def _check_context(world: World, account: AccountSpec, wanted: _NewPost) -> None:
    """Refuse quotes, and replies to anyone but ourselves (source: docs.x.com changelog, 2026)."""
    if wanted.quote_tweet_id is not None:
        raise x_answers.reply_refused()
    if wanted.reply is not None:
        parent = world.find_post("x", wanted.reply.in_reply_to_tweet_id)
        if parent is None:
            raise x_answers.forbidden(
                "You attempted to reply to a Tweet that is deleted or not visible to you."
            )
        is_asked = re.search(rf"@{account.username}\b", parent.text, re.IGNORECASE)
        if parent.account.channel != account.channel and not is_asked:
            raise x_answers.reply_refused()


def _is_duplicate(world: World, account: AccountSpec, text: str, media: Sequence[UploadedFile]) -> bool:
    since = world.clock.at() - DUPLICATE_WINDOW_S
    if not text.strip():
        return False
    same = x_text.normalise(text)
    files = [m.content for m in media]
    return any(
        post.created_at > since
        and x_text.normalise(post.text) == same
        and [m.content for m in post.media] == files
        for post in world.posts_of(account)
    )


def _count_day(call: XCall, *, is_reply: bool) -> dict[str, str]:
    """Count a post in the 24-hour windows of account and app.

    Raises:
        XProblem: 429, while the plain window still shows requests remaining, as X does.
    """
    account, rates = call.account, call.world.rates
    limits = REPLIES_PER_DAY if is_reply else POSTS_PER_DAY
    key = account.credentials["CONSUMER_KEY"]
    windows = {
        "x-user-limit-24hour": (
            "replies" if is_reply else "posts",
            account.channel,
            limits[account.verified],
        ),
        "x-app-limit-24hour": ("app", key, APP_POSTS_PER_DAY),
    }
    before = {
        prefix: rates.peek(name, who, limit=limit, period_s=DAY_S)
        for prefix, (name, who, limit) in windows.items()
    }
    if any(window.remaining == 0 for window in before.values()):
        raise x_answers.too_many_requests(_day_headers(before))
    return _day_headers(
        {
            prefix: rates.count(name, who, limit=limit, period_s=DAY_S)
            for prefix, (name, who, limit) in windows.items()
        }
    )


def _day_headers(windows: dict[str, RateWindow]) -> dict[str, str]:
    return {
        name: value
        for prefix, window in windows.items()
        for name, value in rate_headers(prefix, window.limit, window.remaining, window.reset_at).items()
    }
