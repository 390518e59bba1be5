"""The emulator's pages: the timelines as followers would see them, single posts, the requests."""

from __future__ import annotations

import functools
import hashlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from stormctl.emulator.core.audience import react
from stormctl.emulator.core.clock import iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jinja2 import Environment
    from markupsafe import Markup
    from starlette.requests import Request

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.core.records import EmulatedPost
    from stormctl.emulator.core.world import World

COLUMN_LENGTH = 60
"""How many posts a column shows."""

LOG_PAGE = 200
"""How many requests the log's page shows; /_emulator/requests has all that are kept."""

LATEST = 25
"""How many of them stand beside the timelines."""

REPLIERS = {
    "following": "Accounts it follows can reply",
    "mentionedUsers": "Accounts it mentions can reply",
    "subscribers": "Subscribers can reply",
    "verified": "Verified accounts can reply",
}
"""In words, who may reply to a post of X; everyone where it does not say."""

REFRESH_S = 4
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)

_PIECE = re.compile(r"(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)'])|(?<![\w&])(?P<tag>[#@]\w+)")


def page_routes(world: World) -> list[Route]:
    """Return the routes of all pages but those of Facebook posts, which share the Graph API's paths."""

    async def timeline(request: Request) -> Response:
        refresh = 0 if request.query_params.get("refresh") == "0" else REFRESH_S
        latest = world.requests()[:LATEST]
        return respond(
            "timeline.html", columns=_columns(world), requests=latest, refresh=refresh, now=world.clock.at()
        )

    async def requests(_: Request) -> Response:
        return respond("requests.html", requests=world.requests()[:LOG_PAGE], refresh=0, now=world.clock.at())

    async def status(request: Request) -> Response:
        return show_post(world, "x", request.path_params["id"])

    async def icon(_: Request) -> Response:
        drawing = _environment().get_template("icon.svg").render()
        return Response(drawing, media_type="image/svg+xml")

    return [
        Route("/", timeline),
        Route("/_emulator/icon.svg", icon),
        Route("/requests", requests),
        Route("/{username}/status/{id}", status),
    ]


def show_post(world: World, platform: str, post_id: str) -> Response:
    """Return the page of one post; 404 if there is none."""
    post = world.find_post("x" if platform == "x" else "facebook", post_id)
    if post is None:
        return respond("missing.html", status=404, refresh=0, now=world.clock.at())
    of_platform = [p for p in reversed(world.posts()) if p.account.platform == platform and not p.deleted]
    thread = next(thread for thread in gather_threads(of_platform) if post in thread)
    return respond(
        "post.html",
        thread=_cards(world, thread),
        here=post.id,
        account=post.account,
        refresh=0,
        now=world.clock.at(),
    )


def render_text(post: EmulatedPost) -> Markup:
    """Return a post's text as HTML: escaped, with links and tags marked, without the link of its media."""
    from markupsafe import Markup, escape

    short = {link.url: link for link in post.short_links}
    html, end = Markup(), 0
    for match in _PIECE.finditer(post.shown):
        html += escape(post.shown[end : match.start()])
        end = match.end()
        link = short.get(match[0])
        if match["tag"]:
            html += Markup('<span class="tag">{}</span>').format(match[0])
        elif link is None or not link.media_keys:
            address, label = (link.expanded, link.display) if link else (match[0], match[0])
            html += Markup('<a href="{}" rel="noreferrer nofollow">{}</a>').format(address, label)
    html += escape(post.shown[end:])
    return html.strip()


def _columns(world: World) -> list[dict[str, Any]]:
    return [
        {
            "account": account,
            "total": len(posts),
            "threads": [_cards(world, thread) for thread in gather_threads(posts[:COLUMN_LENGTH])],
        }
        for account in world.accounts
        for posts in [world.posts_of(account)]
    ]


def _cards(world: World, thread: list[EmulatedPost]) -> list[dict[str, Any]]:
    """Return what the cards of a thread show; what continues the one above says nothing of it."""
    above = [None, *thread]
    return [_card(world, post, before) for before, post in zip(above, thread, strict=False)]


def _card(world: World, post: EmulatedPost, above: EmulatedPost | None) -> dict[str, Any]:
    parent = world.find_post(post.account.platform, post.in_reply_to) if post.in_reply_to else None
    path = f"/{post.account.username}/status/{post.id}" if post.account.platform == "x" else f"/{post.id}"
    return {
        "post": post,
        "html": render_text(post),
        "href": path,
        "parent": None if parent is above else parent,
        "notes": _notes(post),
        "seen": react(post.id, world.seed, world.clock.at() - post.created_at),
    }


def _notes(post: EmulatedPost) -> list[str]:
    """Return what the platform says of a post beside its text: disclosures, and who may reply."""
    by_machine = post.made_with_ai or any(media.made_with_ai for media in post.media)
    notes = {
        "Made with AI": by_machine,
        "Paid partnership": post.paid_partnership,
        REPLIERS.get(post.reply_settings or "", ""): True,
    }
    return [words for words, holds in notes.items() if words and holds]


def respond(template: str, *, status: int = 200, has_form: bool = False, **values: Any) -> Response:
    """Return a page; only one with a form may send one."""
    html = _environment().get_template(template).render(**values)
    policy = POLICY.replace("form-action 'none'", "form-action 'self'") if has_form else POLICY
    headers = {"content-security-policy": policy, "x-frame-options": "DENY", "cache-control": "no-store"}
    return HTMLResponse(html, status, headers)


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("stormctl.emulator"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clock": _clock,
        "moment": _moment,
        "seconds": _seconds,
        "iso": iso,
        "hue": _hue,
        "initials": _initials,
        "count": _count,
    }
    return environment


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M")


def _seconds(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _hue(account: AccountSpec) -> int:
    return int.from_bytes(hashlib.sha256(account.channel.encode()).digest()[:2], "big") % 360


def _initials(account: AccountSpec) -> str:
    words = account.display_name.split() or ["?"]
    return "".join(word[0] for word in words[:2]).upper()


def _count(number: int) -> str:
    thousand = 1_000
    return str(number) if number < thousand else f"{number / thousand:.1f}k".replace(".0k", "k")


def gather_threads(posts: Iterable[EmulatedPost]) -> list[list[EmulatedPost]]:
    """Put posts, given newest first, into threads; the one that was continued last comes first."""
    newest_first = list(posts)
    by_id = {post.id: post for post in newest_first}
    threads: dict[str, list[EmulatedPost]] = {}
    for post in newest_first:
        threads.setdefault(_find_root(by_id, post).id, []).append(post)
    return [thread[::-1] for thread in threads.values()]


def _find_root(by_id: Mapping[str, EmulatedPost], post: EmulatedPost) -> EmulatedPost:
    """Return the first post of a thread, as far as it is there."""
    while post.in_reply_to is not None and (parent := by_id.get(post.in_reply_to)):
        post = parent
    return post
