"""Rules that the platforms and the schedule set for what goes out."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit, place_of
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext
    from stormctl.domain.bank.message import Variant
    from stormctl.domain.platforms.channel import ChannelId


@rule(
    "same-text-on-channel",
    Severity.ERROR,
    Phrase("No channel posts the same text twice."),
    why=Phrase("X and Facebook refuse repeated posts, and readers see them as spam."),
    fix=Phrase("Say it in other words, or remove one of the two."),
    bad=Phrase("hope.en.md and door.en.md both say: Every crossing begins with hope."),
    good="door.en.md: Every open door is a beginning.",
)
def find_repeated_texts(case: CheckContext) -> Iterator[CheckHit]:
    """Find texts, compared without regard to case and white space, that are planned twice on a channel."""
    seen: dict[tuple[ChannelId, str], Variant] = {}
    pairs: dict[tuple[str, str], tuple[Variant, list[str]]] = {}
    for composed in case.composed:
        if not composed.is_planned:
            continue
        variant, texts = composed.variant, composed.compared
        for text in texts:
            first = seen.setdefault((composed.rule.id, text), variant)
            if first is not variant:
                pairs.setdefault((variant.name, first.name), (variant, []))[1].append(str(composed.rule.id))
        if len(set(texts)) < len(texts):
            pairs.setdefault((variant.name, ""), (variant, []))[1].append(str(composed.rule.id))
    for (name, first_name), (variant, channels) in pairs.items():
        on = ", ".join(dict.fromkeys(channels))
        message = (
            Phrase("{name} reads the same as {other} on {channels}", name=name, other=first_name, channels=on)
            if first_name
            else Phrase("two parts of the thread read the same on {channels}", channels=on)
        )
        yield CheckHit(variant.place, message, Phrase("say it in other words"), variant)


@rule(
    "same-text-on-x-channels",
    Severity.ERROR,
    Phrase("No two channels on X post the same text."),
    why=Phrase(
        "X forbids the same content from several accounts, and suspends them for it (source: X developer"
        " guidelines, 2026)."
    ),
    fix=Phrase(
        "Say it in other words: each wording goes to one account only, and two that are alike must not go"
        " to two."
    ),
    bad=Phrase(
        "hope.en.md goes to x:acme, door.en.md to x:partner, and both say: Every crossing begins with hope."
    ),
    good="door.en.md: Every open door is a beginning.",
)
def find_texts_on_many_channels(case: CheckContext) -> Iterator[CheckHit]:
    """Find texts that are planned on several X channels, from wordings that are alike."""
    seen: dict[tuple[str, str], tuple[Variant, list[str]]] = {}
    for composed in case.composed:
        if composed.is_planned and not composed.rule.id.platform.facts.allows_same_text:
            for text in composed.compared:
                _, channels = seen.setdefault((composed.variant.name, text), (composed.variant, []))
                channels.append(str(composed.rule.id))
    by_text: dict[str, list[tuple[Variant, list[str]]]] = defaultdict(list)
    for (_, text), found in seen.items():
        by_text[text].append(found)
    for wordings in by_text.values():
        channels = list(dict.fromkeys(channel for _, some in wordings for channel in some))
        if len(channels) > 1:
            variant = wordings[-1][0]
            yield CheckHit(
                variant.place,
                Phrase("{channels} would post the same text", channels=", ".join(channels)),
                Phrase("say it in other words"),
                variant,
            )


@rule(
    "trust-scheduling",
    Severity.ERROR,
    Phrase(
        "Only staff decide when and to whom messages go out, unless the schedule trusts the bank with it."
    ),
    why=Phrase(
        "A contributed file that sets its own priority or delay can push the campaign's own posts aside."
    ),
    fix=Phrase("Remove the key, or have staff set `scheduling = true` under [trust] in the schedule."),
    bad="---\npriority: 5\n---\nSign today.",
    good="[trust]\nscheduling = true",
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
            source = case.source_of(variant, key)
            yield CheckHit(
                place_of(source, key),
                Phrase("{key} is for staff to decide", key=key),
                Phrase("remove it, or set “scheduling = true” under [trust]"),
                variant=source,
            )
