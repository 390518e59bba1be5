"""Posts as X shows them: only the fields asked for, in the words they were asked in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stormctl.emulator.core.audience import react
from stormctl.emulator.core.clock import iso
from stormctl.emulator.core.rates import DAY_S
from stormctl.emulator.x import answers as x_answers
from stormctl.emulator.x.text import describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.core.records import EmulatedPost, UploadedFile
    from stormctl.emulator.core.world import World

OWN_METRICS_DAYS = 30
"""For how long the author may read non-public metrics (source: docs.x.com metrics, 2026-08)."""

NEW_WORDS = {
    "edit_history_tweet_ids": "edit_history_post_ids",
    "referenced_tweets": "referenced_posts",
    "note_tweet": "note_post",
    "retweet_count": "repost_count",
}
"""The specification's renaming of 2026-08-07; the old words are still answered when asked for."""

OLD_FIELDS = frozenset(
    {
        "article", "attachments", "author_id", "card_uri", "community_id", "context_annotations",
        "conversation_id", "created_at", "display_text_range", "edit_controls", "edit_history_tweet_ids",
        "entities", "geo", "id", "in_reply_to_user_id", "lang", "media_metadata", "non_public_metrics",
        "note_tweet", "organic_metrics", "paid_partnership", "possibly_sensitive", "promoted_metrics",
        "public_metrics", "referenced_tweets", "reply_settings", "scopes", "source",
        "suggested_source_links", "text", "withheld",
    }
)  # fmt: skip
EXPANSIONS = frozenset(
    {
        "attachments.media_keys", "attachments.poll_ids", "author_id", "in_reply_to_user_id",
        "referenced_tweets.id", "referenced_posts.id", "referenced_tweets.id.author_id", "geo.place_id",
        "entities.mentions.username", "edit_history_tweet_ids", "edit_history_post_ids",
    }
)  # fmt: skip
USER_FIELDS = frozenset(
    {
        "created_at", "description", "entities", "id", "location", "name", "pinned_tweet_id",
        "profile_image_url", "protected", "public_metrics", "url", "username", "verified", "verified_type",
        "withheld",
    }
)  # fmt: skip
MEDIA_FIELDS = frozenset(
    {
        "alt_text", "duration_ms", "height", "media_key", "preview_image_url", "public_metrics", "type",
        "url", "variants", "width",
    }
)  # fmt: skip
READER_PARAMETERS = frozenset({"tweet.fields", "post.fields", "expansions", "user.fields", "media.fields"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads which fields.

    Attributes:
        account: only the author sees non-public metrics.
        fields: in old words.
        is_new: whether the answer uses the words of August 2026.
    """

    account: AccountSpec
    fields: frozenset[str]
    expansions: frozenset[str]
    is_new: bool


def parse_reader(account: AccountSpec, query: dict[str, str], extra: frozenset[str]) -> Reader:
    """Read what a request wants to see.

    Args:
        extra: the parameters that the endpoint takes beside those of fields and expansions.

    Raises:
        XProblem: 400 for an unknown parameter, field or expansion, or both vocabularies at once.
    """
    known = READER_PARAMETERS | extra
    for name, value in query.items():
        if name not in known:
            message = f"The query parameter [{name}] is not one of [{','.join(sorted(known))}]"
            raise x_answers.invalid_request(message, {name: [value]})
    if "tweet.fields" in query and "post.fields" in query:
        message = "The query parameters [tweet.fields] and [post.fields] exclude each other"
        raise x_answers.invalid_request(message)
    new_fields = {NEW_WORDS.get(name, name): name for name in OLD_FIELDS}
    is_new = "post.fields" in query
    if is_new:
        wanted = _parse_list(query, "post.fields", frozenset(new_fields))
        fields = frozenset(new_fields[name] for name in wanted)
    else:
        fields = _parse_list(query, "tweet.fields", OLD_FIELDS)
    _parse_list(query, "user.fields", USER_FIELDS)
    _parse_list(query, "media.fields", MEDIA_FIELDS)
    return Reader(account, fields, _parse_list(query, "expansions", EXPANSIONS), is_new)


def render_posts(world: World, reader: Reader, posts: Sequence[EmulatedPost]) -> dict[str, Any]:
    """Return `data`, and `includes` and `errors` where there are any."""
    errors: list[dict[str, Any]] = []
    answer: dict[str, Any] = {"data": [_render_post(world, reader, post, errors) for post in posts]}
    includes: dict[str, Any] = {}
    if "attachments.media_keys" in reader.expansions:
        media = [_render_media(item) for post in posts for item in post.media]
        includes |= {"media": media} if media else {}
    if "author_id" in reader.expansions:
        authors = {post.account.id: render_user(post.account) for post in posts}
        includes |= {"users": list(authors.values())} if authors else {}
    if includes:
        answer["includes"] = includes
    if errors:
        answer["errors"] = errors
    return answer


def render_user(account: AccountSpec) -> dict[str, Any]:
    """Return an account's default fields."""
    return {"id": account.id, "name": account.display_name, "username": account.username}


def _rename(data: dict[str, Any], *, is_new: bool) -> dict[str, Any]:
    """Return data with its keys in the vocabulary that was asked for."""
    return {NEW_WORDS.get(key, key): value for key, value in data.items()} if is_new else data


def _render_post(
    world: World, reader: Reader, post: EmulatedPost, errors: list[dict[str, Any]]
) -> dict[str, Any]:
    text, entities = describe(post.shown, post.short_links)
    parent = post.in_reply_to and world.find_post("x", post.in_reply_to)
    every: dict[str, Any] = {
        "created_at": iso(post.created_at),
        "author_id": post.account.id,
        "conversation_id": _find_root(world, post),
        "entities": entities,
        "attachments": {"media_keys": [m.key for m in post.media]} if post.media else {},
        "in_reply_to_user_id": parent.account.id if parent else "",
        "referenced_tweets": [{"type": "replied_to", "id": post.in_reply_to}] if post.in_reply_to else [],
        "reply_settings": post.reply_settings or "everyone",
        "paid_partnership": post.paid_partnership,
        "possibly_sensitive": False,
        **_render_metrics(world, reader, post, errors),
    }
    shown = {
        name: every[name] for name in sorted(reader.fields & every.keys()) if every[name] not in ("", {}, [])
    }
    return _rename(
        {"edit_history_tweet_ids": [post.id], "id": post.id, "text": text, **shown}, is_new=reader.is_new
    )


def _render_metrics(
    world: World, reader: Reader, post: EmulatedPost, errors: list[dict[str, Any]]
) -> dict[str, Any]:
    age_s = world.clock.at() - post.created_at
    seen = react(post.id, world.seed, age_s)
    counts = {"retweet_count": seen.reposts, "reply_count": seen.replies, "like_count": seen.likes}
    public = {
        **counts,
        "quote_count": seen.quotes,
        "bookmark_count": seen.bookmarks,
        "impression_count": seen.impressions,
    }
    clicks = {"url_link_clicks": seen.clicks, "user_profile_clicks": seen.profile_clicks}
    groups: dict[str, dict[str, Any]] = {
        "non_public_metrics": {
            "impression_count": seen.impressions,
            **clicks,
            "engagements": seen.engagements,
        },
        "organic_metrics": {**counts, "impression_count": seen.impressions, **clicks},
    }
    is_own = post.account.channel == reader.account.channel
    if not is_own or age_s > OWN_METRICS_DAYS * DAY_S:
        errors += [
            x_answers.field_refused(post.id, f"{name}.{key}")
            for name, group in groups.items()
            if name in reader.fields
            for key in group
        ]
        groups = {}
    return {
        name: _rename(values, is_new=reader.is_new)
        for name, values in {"public_metrics": public, **groups}.items()
    }


def _render_media(media: UploadedFile) -> dict[str, Any]:
    kind = {"image": "photo", "gif": "animated_gif"}.get(media.kind, "video")
    shown = {"media_key": media.key, "type": kind, "alt_text": media.alt}
    return {key: value for key, value in shown.items() if value}


def _find_root(world: World, post: EmulatedPost) -> str:
    root = post
    while root.in_reply_to and (parent := world.find_post("x", root.in_reply_to)):
        root = parent
    return root.id


def _parse_list(query: dict[str, str], name: str, known: frozenset[str]) -> frozenset[str]:
    values = [value for value in query.get(name, "").split(",") if value]
    for value in values:
        if value not in known:
            message = (
                f"The `{name}` query parameter value [{value}] is not one of [{','.join(sorted(known))}]"
            )
            raise x_answers.invalid_request(message, {name: [value]})
    return frozenset(values)
