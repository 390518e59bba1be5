"""A storm and a bank make a plan: pure, the same every time, and never looking at the clock."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING

from stormctl.domain.delivery.delivery import DeliveryKey, Kind, Plan, PlannedDelivery, Unplaced
from stormctl.domain.plan.compose import compose
from stormctl.domain.plan.cost import price_of
from stormctl.domain.plan.fixed import ChannelDraft, FixedPost
from stormctl.domain.plan.placing import Candidate, MessageTimes, Placing
from stormctl.domain.plan.slots import draw, find_slots
from stormctl.domain.plan.wordings import Wordings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from stormctl.domain.bank.message import Bank, Variant
    from stormctl.domain.plan.slots import Slot
    from stormctl.domain.plan.storm import ChannelRule, Storm, Window
    from stormctl.domain.platforms.channel import ChannelId


def plan_storm(storm: Storm, bank: Bank) -> Plan:
    """Plan which wording goes out when, on every channel of a storm.

    Pins claim their times first, then reminders; the slots that remain go to those bound to a deadline in
    time, then by priority, then in an order drawn from seed, channel and message: one message more or less
    leaves the order of the others as it was. Wordings of one message are spread over the day and keep
    `same_message_apart` on all channels; pins and reminders, whose times are set, are exempt from it among
    themselves. Each wording goes out at most once on a channel; spare slots are spread evenly.

    Raises:
        LocalTimeError: if a time in the storm is one that clocks skip or show twice.
    """
    wordings, windows = Wordings(bank), _windows_of(storm)
    drafts = [
        ChannelDraft(replace(storm, windows=tuple(windows[rule.id])), rule, wordings)
        for rule in storm.channels
    ]
    spread = MessageTimes(storm.limits.same_message_apart)
    for draft in drafts:
        draft.fix_pins()
        draft.fix_reminders()
        for post in draft.fixed:
            spread.add(post.variant.message_id, post.at)
    deliveries: list[PlannedDelivery] = []
    unplaced: list[Unplaced] = []
    spare: list[tuple[ChannelId, int]] = []
    for draft in drafts:
        slots = find_slots(draft.storm, draft.rule, [post.at for post in draft.fixed])
        placing = Placing(slots, _line_up(draft, slots), draft.occupancy, spread)
        filled = [_into_slot(slot, variant) for slot, variant in placing.fill()]
        for post in (*draft.fixed, *filled):
            deliveries.extend(_deliver(post, draft.rule, storm))
        unplaced += [
            Unplaced(variant.name, draft.rule.id, why) for variant, why in (*draft.refused, *placing.unplaced)
        ]
        spare.append((draft.rule.id, len(slots) - len(filled)))
    return Plan(
        storm_id=storm.id,
        deliveries=tuple(sorted(deliveries, key=_order)),
        unplaced=tuple(unplaced),
        spare=tuple(spare),
    )


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
            rank = (-variant.priority, (chance + index) / len(wordings), variant.name)
            ranked.append((rank, _candidate(variant, draft, slots)))
    return [candidate for _, candidate in sorted(ranked, key=lambda pair: pair[0])]


def _candidate(variant: Variant, draft: ChannelDraft, slots: tuple[Slot, ...]) -> Candidate:
    before = variant.expires_at
    reminded_at = draft.before.get(variant.message_id)
    if reminded_at is not None and _has_slot(slots, variant.not_before, reminded_at):
        before = reminded_at if before is None else min(before, reminded_at)
    return Candidate(variant, variant.not_before, before, draft.weigh(variant))


def _has_slot(slots: tuple[Slot, ...], after: datetime | None, before: datetime) -> bool:
    low = 0 if after is None else bisect_left(slots, after, key=lambda slot: slot.at)
    return low < len(slots) and slots[low].at < before


def _into_slot(slot: Slot, variant: Variant) -> FixedPost:
    return FixedPost(variant, Kind.SLOT, slot.at, slot.storm_on, slot.window_end_at)


def _deliver(post: FixedPost, rule: ChannelRule, storm: Storm) -> Iterator[PlannedDelivery]:
    variant = post.variant
    posts = compose(variant, rule, storm)
    for number, composed in enumerate(posts, start=1):
        yield PlannedDelivery(
            key=DeliveryKey(
                storm=storm.id,
                channel=str(rule.id),
                message=variant.message_id,
                tail=variant.tail,
                part=number if len(posts) > 1 else None,
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
