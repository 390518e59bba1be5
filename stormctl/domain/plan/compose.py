"""A variant and a channel make posts: the exact texts, links and media; nothing alters them afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.bank.deadline import render_deadline
from stormctl.domain.delivery.delivery import Post
from stormctl.domain.plan.link_tags import LinkTagger
from stormctl.domain.text.hosts import find_host, is_under, plain_host, with_scheme
from stormctl.domain.text.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stormctl.domain.bank.message import Variant
    from stormctl.domain.plan.storm import ChannelRule, Storm
    from stormctl.domain.platforms.record import PlatformFacts

DEADLINE = "{deadline}"
"""The one placeholder: the variant's deadline, written for its language."""


def compose(variant: Variant, rule: ChannelRule, storm: Storm) -> tuple[Post, ...]:
    """Compose what a channel posts of a variant: one post, or one per part of a thread.

    A post is the body, a blank line, then the link on a line of its own and the hashtags on the next:
    the message's own, then the storm's, in order, until one doesn't fit. Tags that a storm knows are
    written as it spells them; a tag or link that stands in the body already is not repeated.
    Of a thread, the first part, which is the one that travels, carries link, tags and media.
    Where a platform has no threads, the parts become one text. Where it has a link field, the link goes into
    that, or into the text where there is media; a link that was typed in the text stays there, and fills the
    field too if it is the text's only one and trusted. A text that is too long is composed all the same: the
    checks say so. Last, trusted links get the storm's tags, wherever they stand.
    """
    facts = rule.id.platform.facts
    bodies = tuple(_fill(part, variant, storm) for part in variant.parts) or ("",)
    if not facts.has_threads:
        bodies = ("\n\n".join(bodies),)
    in_field = facts.has_link_field and not variant.media
    link = None if in_field or _holds(bodies, variant.link) else variant.link
    first = _append(bodies[0], link, _choose_tags(bodies, link, variant, storm, facts))
    target = variant.link or _find_typed(bodies, storm) if in_field else None
    tagger = LinkTagger(storm, rule.id, variant.lang)
    return (
        Post(
            text=tagger.tag_text(first),
            link=tagger.tag(target) if target is not None else None,
            media=variant.media,
            reply_settings=(variant.reply_settings or rule.reply_settings)
            if facts.has_reply_settings
            else None,
            made_with_ai=variant.made_with_ai,
            paid_partnership=variant.paid_partnership,
        ),
        *(Post(text=tagger.tag_text(body)) for body in bodies[1:]),
    )


def _fill(part: str, variant: Variant, storm: Storm) -> str:
    if DEADLINE not in part or variant.expires_at is None:
        return part
    zone = variant.expires_zone or storm.timezone
    return part.replace(DEADLINE, render_deadline(variant.expires_at, zone, variant.lang))


def _find_typed(bodies: Iterable[str], storm: Storm) -> str | None:
    """Find the link that a text has, if it is the only one and leads to a trusted host."""
    found = {link.text for body in bodies for link in read(body).all_links}
    trusted = [plain_host(host) for host in storm.trust.links]
    links = [link for link in found if len(found) == 1 and is_under(find_host(link), trusted)]
    return with_scheme(links[0]) if links else None


def _holds(bodies: Iterable[str], link: str | None) -> bool:
    return link is not None and any(link == found.text for body in bodies for found in read(body).links)


def _choose_tags(
    bodies: tuple[str, ...], link: str | None, variant: Variant, storm: Storm, facts: PlatformFacts
) -> tuple[str, ...]:
    """Choose the tags that fit; adding one is counted on the text without tags, once."""
    offered = tuple(_offered_tags(bodies, variant, storm))
    if not offered:
        return ()
    room = facts.max_length - facts.measure(_append(bodies[0], link, ()))
    room -= len("\n") if link else len("\n\n")
    chosen: list[str] = []
    for tag in offered:
        room -= facts.measure(f"#{tag}") + (len(" ") if chosen else 0)
        if room < 0:
            break
        chosen.append(tag)
    return tuple(chosen)


def _offered_tags(bodies: Iterable[str], variant: Variant, storm: Storm) -> Iterable[str]:
    canonical = {tag.casefold(): tag for tag in (*storm.trust.hashtags, *storm.hashtags)}
    seen = {tag.text.casefold() for body in bodies for tag in read(body).hashtags}
    for tag in (*variant.hashtags, *storm.hashtags):
        folded = tag.casefold()
        if folded not in seen:
            seen.add(folded)
            yield canonical.get(folded, tag)


def _append(body: str, link: str | None, tags: tuple[str, ...]) -> str:
    footer = [*([link] if link else []), *([" ".join(f"#{tag}" for tag in tags)] if tags else [])]
    return "\n\n".join([body, "\n".join(footer)]) if footer else body
