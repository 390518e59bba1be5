"""Rules about what the plan leaves over: wordings without a slot, slots without a wording."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.checks.storm.channels import MOST_NAMED
from stormctl.checks.storm.dates import is_too_late
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.plan.fixed import PIN_IN_QUIET
from stormctl.domain.plan.occupancy import find_key
from stormctl.domain.platforms.channel import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext
    from stormctl.domain.bank.message import Variant
    from stormctl.domain.delivery.delivery import Unplaced
    from stormctl.domain.plan.storm import ChannelRule
    from stormctl.domain.platforms.channel import ChannelId


_FEW, _TOLERATED = 2, 10
"""An account needs more texts from so many empty slots on, and from such a part of all."""


@rule(
    "unplaced",
    Severity.WARNING,
    Phrase("Every wording finds a slot on its channels."),
    why=Phrase("A wording without a slot is not posted."),
    fix=Phrase("Widen the windows, shorten `every` or `spacing`, raise `per_day`, or take messages out."),
    bad=Phrase('40 messages, and a window from 09:00 to 12:00 with every = "20m"'),
    good='from = 08:00:00\nto = 22:00:00\nevery = "20m"',
    silenced_by=SilencedBy.WRITER,
)
def find_unplaced(case: CheckContext) -> Iterator[CheckHit]:
    """Find wordings for which the plan found no slot: once a channel where the schedule is the cause."""
    if case.plan is None or case.storm is None:
        return
    variants = {variant.name: variant for variant in case.bank.variants}
    by_channel: dict[tuple[ChannelId, Phrase], list[Unplaced]] = defaultdict(list)
    by_wording: dict[tuple[str, Phrase], list[str]] = defaultdict(list)
    for unplaced in case.plan.unplaced:
        variant = variants.get(unplaced.variant)
        if unplaced.reason == PIN_IN_QUIET or (variant is not None and is_too_late(variant, case.storm)):
            continue  # the rules of the pin and of the deadline tell of it
        if unplaced.hint:
            by_channel[unplaced.channel, unplaced.reason].append(unplaced)
        else:
            by_wording[unplaced.variant, unplaced.reason].append(str(unplaced.channel))
    totals = {told.id: sum(map(len, messages.values())) for told, messages in case.wordings}
    for (channel, reason), left in by_channel.items():
        languages = sorted({one.variant.split(".")[1] for one in left})
        yield CheckHit(
            case.storm.rule_of(channel).place,
            Phrase(
                "{channel}: {left} of {total} left out, all {languages}: {reason}",
                channel=channel,
                left=len(left),
                total=max(totals[channel], len(left)),
                languages=languages[0],
                reason=reason,
            )
            if len(languages) == 1
            else Phrase(
                "{channel}: {left} of {total} left out, in {languages}: {reason}",
                channel=channel,
                left=len(left),
                total=max(totals[channel], len(left)),
                languages=", ".join(languages),
                reason=reason,
            ),
            left[0].hint,
        )
    for (name, reason), channels in by_wording.items():
        variant = variants.get(name)
        yield CheckHit(
            variant.place if variant else case.storm.place,
            Phrase(
                "{name} is not posted on {channels}: {reason}",
                name=name,
                channels=", ".join(sorted(channels)),
                reason=reason,
            ),
            variant=variant,
        )


@rule(
    "slots-unfilled",
    Severity.WARNING,
    Phrase("X accounts that share a language have a text for each of their slots."),
    why=Phrase("Each text goes to one of these accounts only, so that two of them need twice as many."),
    fix=Phrase("Write more texts, or give the account fewer slots: a longer `every`, or a window less."),
    bad=Phrase("20 texts in es, and two accounts with 16 slots each"),
    good='every = "60m"',
)
def find_unfilled_slots(case: CheckContext) -> Iterator[CheckHit]:
    """Find channels that are dealt fewer texts than they have slots, by a tenth of these at least."""
    if case.plan is None or case.storm is None:
        return
    spare = dict(case.plan.spare)
    for channel in case.storm.channels:
        shared = _shared_languages(channel, case.storm.channels)
        number = spare.get(channel.id, 0)
        slots = number + len(case.threads.get(channel.id, ()))
        if shared and number >= max(_FEW, slots / _TOLERATED):
            yield CheckHit(
                channel.place,
                Phrase(
                    "{where} needs {number} more texts to fill its slots",
                    where=f"{channel.id}/{', '.join(shared)}",
                    number=number,
                ),
                Phrase("write more, or give it fewer slots: a longer `every`"),
            )


def _shared_languages(channel: ChannelRule, channels: tuple[ChannelRule, ...]) -> list[str]:
    """Return the languages of a channel that others of its platform take too, if texts are dealt there."""
    if channel.id.platform.facts.allows_same_text:
        return []
    others = [
        one
        for one in channels
        if one.id.platform == channel.id.platform
        and one.id != channel.id
        and (one.messages == channel.messages or not one.messages or not channel.messages)
    ]
    takes_all = any(not one.languages for one in others)
    taken = {lang for one in others for lang in one.languages}
    return [lang for lang in channel.languages if takes_all or lang in taken]


@rule(
    "message-unused",
    Severity.WARNING,
    Phrase("Every wording whose language a channel takes is some channel's to post."),
    why=Phrase("A wording that no channel takes is never posted, and nobody would notice."),
    fix=Phrase("Correct its `partner`, or add it to `messages` of a channel."),
    bad=Phrase("partner: north in a file, and no channel has partner = “north”"),
    good='partner = "north"',
)
def find_unused_messages(case: CheckContext) -> Iterator[CheckHit]:
    """Find wordings that partners and selectors keep from every channel; other rules tell of languages."""
    if case.storm is None:
        return
    used = {v.name for _, messages in case.wordings for some in messages.values() for v in some}
    labelled = {(v.message_id, v.lang) for v in case.bank.variants if v.label in set(Platform)}
    unused = [
        variant
        for variant in case.bank.variants
        if variant.name not in used
        and (variant.label is not None or (variant.message_id, variant.lang) not in labelled)
        and any(_speaks(channel, variant) for channel in case.storm.channels)
    ]
    if unused:
        names = ", ".join(v.name for v in unused[:MOST_NAMED])
        yield CheckHit(
            case.storm.place,
            Phrase(
                "{left} of {total} wordings go out on no channel: {names}",
                left=len(unused),
                total=len(case.bank.variants),
                names=names if len(unused) <= MOST_NAMED else f"{names} …",
            ),
            Phrase("the channels' `partner` and `messages` leave them out"),
        )


def _speaks(channel: ChannelRule, variant: Variant) -> bool:
    return variant.suits(channel.id.platform) and (not channel.languages or variant.lang in channel.languages)


@rule(
    "thread-too-long",
    Severity.ERROR,
    Phrase("A thread has no more parts than its channels may post at once."),
    why=Phrase("The rest of it would go out a quarter of an hour later, or on another day."),
    fix=Phrase("Raise the ceiling in [limits], such as per_15min, or make the thread shorter."),
    bad=Phrase("per_15min = 2, and a thread of four parts"),
    good="per_15min = 4",
)
def find_heavy_threads(case: CheckContext) -> Iterator[CheckHit]:
    """Find threads that are heavier than a ceiling of the storm, each once."""
    if case.storm is None:
        return
    longest: dict[str, tuple[Variant, int]] = {}
    for composed in case.composed:
        longest.setdefault(composed.variant.name, (composed.variant, len(composed.posts)))
        if len(composed.posts) > longest[composed.variant.name][1]:
            longest[composed.variant.name] = composed.variant, len(composed.posts)
    weights = Counter({name: parts for name, (_, parts) in longest.items()})
    for ceiling in case.storm.limits.ceilings:
        for name, parts in sorted(weights.items()):
            if parts > max(1, ceiling.count):
                yield CheckHit(
                    longest[name][0].place,
                    Phrase(
                        "{name} has {parts} parts, and {key} = {number} lets fewer out at once",
                        name=name,
                        parts=parts,
                        key=find_key(ceiling),
                        number=ceiling.count,
                    ),
                    Phrase(
                        "ask staff for {key} = {parts} in {path}, or make it shorter",
                        key=find_key(ceiling),
                        parts=parts,
                        path=case.storm.place.path,
                    ),
                    longest[name][0],
                )
                del weights[name]
