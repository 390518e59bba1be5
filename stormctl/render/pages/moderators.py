"""What is out, as a page that those leave open who answer and moderate comments."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.base.amounts import count
from stormctl.domain.delivery.delivery import State
from stormctl.domain.platforms.record import Metric
from stormctl.render.labels import NOT_LIVE, explain_practice
from stormctl.render.pages.templates import hash_script, load_script, make_templates
from stormctl.render.words import clean, read_language, render_day_and_time, render_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from stormctl.domain.report.status import CopyView, PublishedPost, StormStatus

SCRIPT = "moderators.js"
"""What loads the page again each minute, with whatever stands at its address then."""

WORDS = 40
"""How many words of a post are shown: enough to know which one it is."""

SHOWN = (Metric.REACTIONS, Metric.REPLIES, Metric.SHARES, Metric.IMPRESSIONS)


def render_moderators_page(
    storm: StormStatus,
    posts: Sequence[PublishedPost],
    made_at: datetime,
    *,
    thumbnails: Mapping[str, str],
    practice_hosts: Sequence[str] = (),
    renewal: str,
) -> str:
    """Render one HTML file: styles and pictures inside, and nothing fetched but the page itself, anew.

    Args:
        thumbnails: small copies of pictures as `data:` addresses, by digest.
        practice_hosts: where the posts went, if not to the real platforms.
        renewal: how the page is kept fresh, in a sentence.
    """
    zone = ZoneInfo(storm.timezone)
    page = make_templates(zone)
    page.filters["first_words"] = shorten
    page.filters["addresses"] = lambda post: _list_addresses(post, storm.copies)
    page.filters["reactions"] = lambda post: _describe_reactions(post, zone)
    page.tests["retracted"] = lambda state: state is State.RETRACTED
    page.tests["in_doubt"] = lambda state: state is State.IN_DOUBT
    out = sum(post.view.state is State.DELIVERED for post in posts)
    gone = sum(post.view.state is State.RETRACTED for post in posts)
    verdict = f"{count(out, 'post is', 'posts are')} out" + (f", {gone:,} taken down." if gone else ".")
    return page.get_template("moderators.html.j2").render(
        storm=storm,
        posts=posts,
        made_at=made_at,
        verdict=verdict,
        renewal=renewal,
        script=load_script(SCRIPT),
        digest=hash_script(SCRIPT),
        thumbnails=thumbnails,
        practice=explain_practice(practice_hosts) if practice_hosts else "",
        not_live=NOT_LIVE,
        language_of=read_language,
    )


def shorten(text: str) -> str:
    """Return the first words of a post on one line."""
    words = clean(text).split(" ")
    return " ".join(words[:WORDS]) + ("…" if words[WORDS:] else "")


def _list_addresses(post: PublishedPost, copies: Sequence[CopyView]) -> list[str]:
    """Return where a post stands, a second copy of it included; only web addresses can be opened."""
    urls = [post.view.url or "", *(copy.url for copy in copies if copy.key == post.view.key)]
    return [url for url in urls if url.startswith(("https://", "http://"))]


def _describe_reactions(post: PublishedPost, zone: ZoneInfo) -> str:
    """Say what was read of a post so far, and when: what was not read is not 0."""
    if post.read_at is None:
        return "No figures yet: they come an hour after the post."
    given = [f"{m.value} {render_number(post.values[m])}" for m in SHOWN if m in post.values]
    said = ", ".join(given).capitalize() or "Nothing was given"
    return f"{said}, read {render_day_and_time(post.read_at, zone)}"
