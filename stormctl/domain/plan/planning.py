"""A storm and a bank make a plan: pure, the same every time, and never looking at the clock."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING

from stormctl.domain.delivery.delivery import DeliveryKey, Kind, Plan, PlannedDelivery, Unplaced
from stormctl.domain.plan.causes import find_cause
from stormctl.domain.plan.compose import compose
from stormctl.domain.plan.cost import price_of
from stormctl.domain.plan.dealing import deal
from stormctl.domain.plan.fixed import ChannelDraft, FixedPost
from stormctl.domain.plan.placing import NO_SLOT, MessageTimes, Placing
from stormctl.domain.plan.slots import draw, find_slots
from stormctl.domain.plan.turns import Candidate
from stormctl.domain.plan.wordings import Wordings
from stormctl.domain.platforms.channel import parse_channel_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from stormctl.domain.bank.message import Bank, Variant
    from stormctl.domain.base.phrase import Phrase
    from stormctl.domain.plan.fixed import EnrolledSlot
    from stormctl.domain.plan.slots import Slot
    from stormctl.domain.plan.storm import ChannelRule, Storm, Window
    from stormctl.domain.platforms.channel import ChannelId


def plan_storm(storm: Storm, bank: Bank, enrolled: Iterable[EnrolledSlot] = ()) -> Plan:
    """Plan which wording goes out when, on every channel of a storm.

    Wordings that several X accounts may post are dealt first: each goes to one of them. Pins claim their
    times, then reminders; the slots that remain go to those bound to a deadline in time, then by priority,
    then near to a time drawn from seed, channel and message: one message more or less moves few others.
    No topic comes twice in a row on a channel as long as it has another one to post. Wordings of one message
    are spread over the day and keep `same_message_apart` on all channels; pins and reminders, whose times
    are set, are exempt from it among themselves. Each wording goes out at most once on a channel; spare
    slots are spread evenly.

    What is enrolled keeps its channel and its slot as long as the schedule allows that slot: only what is
    new, or can't stay, is dealt and placed.

    Args:
        enrolled: what a ledger has of the storm, without what an earlier plan withdrew.

    Raises:
        LocalTimeError: if a time in the storm is one that clocks skip or show twice.
    """
    windows = _windows_of(storm)
    own = {rule.id: replace(storm, windows=tuple(windows[rule.id])) for rule in storm.channels}
    enrolled_on: dict[str, list[EnrolledSlot]] = defaultdict(list)
    held: dict[str, set[ChannelId]] = defaultdict(set)
    for slot in enrolled:
        enrolled_on[slot.channel].append(slot)
        held[slot.name].add(parse_channel_id(slot.channel))
    known: dict[ChannelId, tuple[Slot, ...]] = {}

    def find_room(rule: ChannelRule) -> int:
        known[rule.id] = find_slots(own[rule.id], rule)
        return len(known[rule.id])

    hands = deal(storm, Wordings(bank), find_room, held)
    # What a channel needed is let go once it is planned: a large storm is not to be held twice.
    drafts = deque(ChannelDraft(own[rule.id], rule, hands.pop(rule.id)) for rule in storm.channels)
    spread = MessageTimes(storm.limits.same_message_apart)
    for draft in drafts:
        draft.fix_enrolled(enrolled_on[str(draft.rule.id)])
        draft.fix_pins()
        draft.fix_reminders()
        for post in draft.fixed:
            spread.add(post.variant.message_id, post.at)
    deliveries: list[PlannedDelivery] = []
    unplaced: list[Unplaced] = []
    spare: list[tuple[ChannelId, int]] = []
    while drafts:
        draft = drafts.popleft()
        slots = _find_free_slots(draft, known.pop(draft.rule.id, None))
        fixed = sorted(((post.at, post.variant.topic) for post in draft.fixed), key=itemgetter(0))
        placing = Placing(slots, _line_up(draft, slots), draft.occupancy, spread, fixed)
        filled = [_into_slot(slot, variant) for slot, variant in placing.fill()]
        deliveries.extend(_deliver((*draft.fixed, *filled), draft.rule, storm))
        unplaced += [Unplaced(variant.name, draft.rule.id, why) for variant, why in draft.refused]
        unplaced += _explain(draft, placing.unplaced)
        spare.append((draft.rule.id, len(slots) - len(filled)))
    return Plan(
        storm_id=storm.id,
        deliveries=tuple(sorted(deliveries, key=_order)),
        unplaced=tuple(unplaced),
        spare=tuple(spare),
    )


def _explain(draft: ChannelDraft, left: Sequence[tuple[Variant, Phrase]]) -> Iterator[Unplaced]:
    """Say of what found no slot what the cause is, looked for once a channel."""
    cause = None
    for variant, why in left:
        if why is NO_SLOT:
            if cause is None:
                cause = find_cause(draft.storm, draft.rule, [post.at for post in draft.fixed])
            yield Unplaced(variant.name, draft.rule.id, cause.reason, cause.hint)
        else:
            yield Unplaced(variant.name, draft.rule.id, why)


def _find_free_slots(draft: ChannelDraft, known: tuple[Slot, ...] | None) -> tuple[Slot, ...]:
    """Find the slots that nothing enrolled has; beside a slot that is had no other one is made.

    Args:
        known: the channel's slots as long as nothing has a set time, if they were looked for already.
    """
    set_times = [post.at for post in draft.fixed if post.kind is not Kind.SLOT]
    had = {post.at for post in draft.fixed if post.kind is Kind.SLOT}
    slots = known if known and not set_times else find_slots(draft.storm, draft.rule, set_times)
    elsewhere = had - {slot.at for slot in slots}
    if elsewhere:
        slots = find_slots(draft.storm, draft.rule, [*set_times, *elsewhere])
    return tuple(slot for slot in slots if slot.at not in had)


def _windows_of(storm: Storm) -> dict[ChannelId, list[Window]]:
    """Return each channel's own windows, so that none is asked of those of all the others."""
    found: dict[ChannelId, list[Window]] = {rule.id: [] for rule in storm.channels}
    for window in storm.windows:
        for channel in found.keys() & window.channels if window.channels else found:
            found[channel].append(window)
    return found


def _line_up(draft: ChannelDraft, slots: tuple[Slot, ...]) -> list[Candidate]:
    """Order a channel's wordings: by priority, then mixed so that a message's wordings are far apart."""
    ranked = []
    for message, wordings in draft.queue.items():
        chance = draw(draft.storm.seed, "order", draft.rule.id, message)
        for index, variant in enumerate(wordings):
            share = (chance + index) / len(wordings)
            rank = (-variant.priority, share, variant.name)
            turn = draw(draft.storm.seed, "turn", draft.rule.id, variant.name) - len(wordings)
            ranked.append((rank, _candidate(variant, draft, slots, share, turn)))
    return [candidate for _, candidate in sorted(ranked, key=lambda pair: pair[0])]


def _candidate(
    variant: Variant, draft: ChannelDraft, slots: tuple[Slot, ...], share: float, turn: float
) -> Candidate:
    before = variant.expires_at
    reminded_at = draft.before.get(variant.message_id)
    if reminded_at is not None and _has_slot(slots, variant.not_before, reminded_at):
        before = reminded_at if before is None else min(before, reminded_at)
    return Candidate(variant, variant.not_before, before, draft.weigh(variant), share, turn)


def _has_slot(slots: tuple[Slot, ...], after: datetime | None, before: datetime) -> bool:
    low = 0 if after is None else bisect_left(slots, after, key=lambda slot: slot.at)
    return low < len(slots) and slots[low].at < before


def _into_slot(slot: Slot, variant: Variant) -> FixedPost:
    return FixedPost(variant, Kind.SLOT, slot.at, slot.storm_on, slot.window_end_at)


def _deliver(posts: Iterable[FixedPost], rule: ChannelRule, storm: Storm) -> Iterator[PlannedDelivery]:
    channel = str(rule.id)
    for post in posts:
        variant = post.variant
        parts = compose(variant, rule, storm)
        for number, composed in enumerate(parts, start=1):
            yield PlannedDelivery(
                key=DeliveryKey(
                    storm=storm.id,
                    channel=channel,
                    message=variant.message_id,
                    tail=variant.tail,
                    part=number if len(parts) > 1 else None,
                ),
                channel=rule.id,
                post=composed,
                slot_at=post.at,
                storm_on=post.storm_on,
                kind=post.kind,
                late=variant.late or storm.late.policy,
                grace=storm.late.grace,
                priority=variant.priority,
                topic=variant.topic,
                not_before=variant.not_before,
                expires_at=variant.expires_at,
                window_end_at=post.window_end_at,
                price_usd_micros=price_of(composed, rule.id),
            )


def _order(delivery: PlannedDelivery) -> tuple[datetime, str, str, str, int]:
    key = delivery.key
    return delivery.slot_at, key.channel, key.message, key.tail, key.part or 0
