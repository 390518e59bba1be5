"""What a launch would make of a campaign now: around what its ledger has, and whether the day is past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.base.phrase import Phrase
from stormctl.domain.plan.summary import find_end
from stormctl.engine.base.campaign import keep_enrolled
from stormctl.errors import StormctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from stormctl.domain.delivery.delivery import Plan
    from stormctl.domain.plan.fixed import EnrolledSlot
    from stormctl.domain.plan.storm import Storm
    from stormctl.engine.base.campaign import Campaign
    from stormctl.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Preview:
    """A campaign as a launch would plan it now.

    Attributes:
        is_over: whether a launch would be refused because the last post's time is past.
        remarks: what people must know of it, a line each.
    """

    campaign: Campaign
    is_over: bool = False
    remarks: tuple[Phrase, ...] = ()


def preview(
    campaign: Campaign,
    open_known: Callable[[], AbstractContextManager[Ledger | None]],
    now: datetime,
    scrub: Callable[[str], str],
) -> Preview:
    """Plan a campaign as a launch would now; a ledger that can't be read is remarked, and left out.

    Args:
        open_known: opens the ledger to be read; None where there is none.
        now: aware UTC, by this machine's clock.
        scrub: takes secrets out of what a ledger's error says.
    """
    if campaign.storm is None or campaign.plan is None:
        return Preview(campaign)
    remarks = []
    try:
        with open_known() as ledger:
            enrolled = ledger.history.slots(campaign.storm.id) if ledger is not None else ()
        if enrolled:
            kept = keep_enrolled(campaign, enrolled)
            return Preview(kept, remarks=(_count_kept(kept.plan or campaign.plan, enrolled),))
    except StormctlError as error:
        remarks.append(
            Phrase("A fresh plan: the ledger can't be asked: {problem}", problem=scrub(error.message))
        )
    over = _explain_over(campaign.storm, campaign.plan, now)
    if over is not None:
        remarks.insert(0, over)
    return Preview(campaign, over is not None, tuple(remarks))


def _count_kept(plan: Plan, enrolled: Sequence[EnrolledSlot]) -> Phrase:
    """Say how many of the plan's posts are enrolled where they are, and how many move or are new."""
    slots = {(slot.channel, slot.name): slot.slot_at for slot in enrolled}
    had = [slots.get((d.key.channel, f"{d.key.message}.{d.key.tail}")) for d in plan.deliveries]
    kept = sum(at == delivery.slot_at for at, delivery in zip(had, plan.deliveries, strict=True))
    moved = len(had) - had.count(None) - kept
    total = len(plan.deliveries)
    if moved:
        return Phrase(
            "{kept:,} of {total:,} posts are enrolled and keep their times; {moved:,} more are enrolled and"
            " would move",
            kept=kept,
            total=total,
            moved=moved,
        )
    return Phrase("{kept:,} of {total:,} posts are enrolled and keep their times", kept=kept, total=total)


def _explain_over(storm: Storm, plan: Plan, now: datetime) -> Phrase | None:
    """Say of a storm whose last post could not go out any more what follows; None if it could."""
    end = find_end(plan)
    if end is None or end >= now:
        return None
    last = max(delivery.slot_at for delivery in plan.deliveries).astimezone(ZoneInfo(storm.timezone))
    return Phrase(
        "{place}: its day is past, the last post was due {last:%Y-%m-%d %H:%M %Z}: it can be rehearsed and"
        " never launched",
        place=storm.date_place or storm.place,
        last=last,
    )
