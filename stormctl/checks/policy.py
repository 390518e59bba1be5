"""Rules that the platforms and the schedule set for what goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit, place_of
from stormctl.checks.registry import rule
from stormctl.domain.bank.resemblance import comparable
from stormctl.domain.base.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext, Composed
    from stormctl.domain.bank.message import Variant
    from stormctl.domain.platforms.channel import ChannelId


@rule(
    "same-text-on-channel",
    Severity.ERROR,
    "No channel posts the same text twice.",
    why="X and Facebook refuse repeated posts, and readers see them as spam.",
    fix="Say it in other words, or remove one of the two.",
)
def find_repeated_texts(case: CheckContext) -> Iterator[CheckHit]:
    """Find texts, compared without regard to case and white space, that a channel would post twice."""
    seen: dict[tuple[ChannelId, str], Variant] = {}
    for composed in case.composed:
        for text in _texts(composed):
            first = seen.setdefault((composed.rule.id, text), composed.variant)
            if first is not composed.variant:
                message = f"{composed.variant.name} reads the same as {first.name} on {composed.rule.id}"
                yield CheckHit(composed.variant.place, message, "say it in other words")
        if len(set(_texts(composed))) < len(composed.posts):
            message = f"two parts of the thread read the same on {composed.rule.id}"
            yield CheckHit(composed.variant.place, message, "say it in other words")


@rule(
    "same-text-on-x-channels",
    Severity.ERROR,
    "No two channels on X post the same text.",
    why="X forbids the same content from several accounts, and suspends them for it"
    " (source: X developer guidelines, 2026).",
    fix="Give each account a wording of its own, or choose with `messages` and `languages` who posts what.",
)
def find_texts_on_many_channels(case: CheckContext) -> Iterator[CheckHit]:
    """Find texts that several X channels would post."""
    seen: dict[str, Composed] = {}
    for composed in case.composed:
        if not composed.rule.id.platform.facts.allows_same_text:
            for text in _texts(composed):
                first = seen.setdefault(text, composed)
                if first.rule.id != composed.rule.id:
                    yield CheckHit(
                        composed.variant.place,
                        f"{composed.rule.id} would post the same text as {first.rule.id}",
                        "give each account a wording of its own",
                    )


@rule(
    "trust-scheduling",
    Severity.ERROR,
    "Only staff decide when and to whom messages go out, unless the schedule trusts the bank with it.",
    why="A contributed file that sets its own priority or delay can push the campaign's own posts aside.",
    fix="Remove the key, or have staff set `scheduling = true` under [trust] in the schedule.",
)
def find_untrusted_scheduling(case: CheckContext) -> Iterator[CheckHit]:
    """Find files that set priority, not_before, late or reply_settings without permission."""
    if case.storm is None or case.storm.trust.scheduling:
        return
    for variant in case.bank.variants:
        is_set = {
            "priority": variant.priority != 0,
            "not_before": variant.not_before is not None,
            "late": variant.late is not None,
            "reply_settings": variant.reply_settings is not None,
        }
        for key in (key for key, value in is_set.items() if value):
            yield CheckHit(
                place_of(variant, key),
                f"{key} is for staff to decide",
                "remove it, or set “scheduling = true” under [trust]",
            )


def _texts(composed: Composed) -> list[str]:
    return [f"{comparable(post.text)} {post.link or ''}".casefold() for post in composed.posts]
