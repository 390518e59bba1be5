"""Rules about the plan as a whole."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.base.amounts import count
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.reserved import RESERVED_STORMS
from stormctl.domain.plan.cost import cost_of
from stormctl.domain.plan.occupancy import DAY, QUARTER
from stormctl.domain.platforms.x import X

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from stormctl.checks.case import CheckContext
    from stormctl.domain.base.channel import ChannelId
    from stormctl.domain.delivery.delivery import Plan

_MICROS = 1_000_000


@rule(
    "unplaced",
    Severity.WARNING,
    "Every wording finds a slot on its channels.",
    why="What finds none is not posted.",
    mend="Widen the windows, shorten `every` or `spacing`, raise `per_day`, or take messages out.",
)
def find_unplaced(case: CheckContext) -> Iterator[CheckHit]:
    """Find wordings for which the plan found no slot."""
    if case.plan is None or case.storm is None:
        return
    places = {variant.name: variant.place for variant in case.bank.variants}
    for unplaced in case.plan.unplaced:
        yield CheckHit(
            places.get(unplaced.variant, case.storm.place),
            f"{unplaced.variant} is not posted on {unplaced.channel}: {unplaced.reason}",
        )


@rule(
    "per-day-exceeded",
    Severity.ERROR,
    "No channel plans more than `per_day` posts in any 24 hours.",
    why="The ledger holds back what is beyond the ceiling, and it would be missed.",
    mend="Take pins or messages out, or raise [limits] per_day.",
)
def find_full_days(case: CheckContext) -> Iterator[CheckHit]:
    """Find channels that plan more posts in 24 hours than the storm allows, a thread's parts counted each."""
    if case.plan is None or case.storm is None:
        return
    limit = case.storm.limits.per_day
    for channel, moments in _times_of(case.plan).items():
        if _is_exceeded(moments, limit, DAY):
            yield CheckHit(
                case.storm.rule_of(channel).place,
                f"{channel} plans more than {count(limit, 'post')} in 24 hours",
                "take some out, or raise per_day under [limits]",
            )


@rule(
    "beyond-platform-ceiling",
    Severity.ERROR,
    "No channel plans more posts than its platform allows an account.",
    why=f"X lets an account post {X.ceilings.per_day} times a day, {X.ceilings_verified.per_day:,} times if"
    f" it is verified, and {X.ceilings.per_15min} times in 15 minutes; the ledger holds back what is beyond"
    " that, and it would be missed.",
    mend="Take messages out or widen the windows; say `verified = true` of a channel that X has verified.",
)
def find_overfull_channels(case: CheckContext) -> Iterator[CheckHit]:
    """Find channels that plan more posts than the platform's documented ceilings allow."""
    if case.plan is None or case.storm is None:
        return
    for channel, moments in _times_of(case.plan).items():
        told = case.storm.rule_of(channel)
        ceilings = channel.platform.facts.find_ceilings(verified=told.verified)
        for limit, period, words in (
            (ceilings.per_15min, QUARTER, "15 minutes"),
            (ceilings.per_day, DAY, "24 hours"),
        ):
            if limit is not None and _is_exceeded(moments, limit, period):
                message = (
                    f"{channel} plans more than the {limit:,} posts in {words} that its account may make"
                )
                yield CheckHit(told.place, message, "take some out, or spread them over more time")


def _times_of(plan: Plan) -> dict[ChannelId, list[datetime]]:
    """Return each channel's slots in order."""
    times: dict[ChannelId, list[datetime]] = defaultdict(list)
    for delivery in plan.deliveries:
        times[delivery.channel].append(delivery.slot_at)
    return {channel: sorted(moments) for channel, moments in times.items()}


def _is_exceeded(moments: Sequence[datetime], limit: int, period: timedelta) -> bool:
    return any(later - earlier < period for earlier, later in zip(moments, moments[limit:], strict=False))


@rule(
    "over-budget",
    Severity.ERROR,
    "The plan keeps to the budget.",
    why="The ledger stops publishing when the budget is spent, so that the last posts would be missed.",
    mend="Take links out (a post with one costs 13 times as much on X) or raise [limits] budget_usd.",
)
def find_overspending(case: CheckContext) -> Iterator[CheckHit]:
    """Find a plan that costs more than its storm may."""
    if case.plan is None or case.storm is None or case.storm.limits.budget_usd is None:
        return
    budget = case.storm.limits.budget_usd
    cost = cost_of(case.plan)
    if cost.total_usd_micros > budget * _MICROS:
        yield CheckHit(
            case.storm.place,
            f"the plan costs ${cost.total_usd_micros / _MICROS:.2f}, and the budget is ${budget:.2f}",
            f"{cost.posts_with_link} of {count(cost.posts, 'post')} with a link, which costs most",
        )


@rule(
    "reserved-name",
    Severity.ERROR,
    "A schedule is not called like one of stormctl's own storms.",
    why="Canaries, and posts of the day, are storms of their own in the ledger: two would be mixed.",
    mend="Rename the schedule's file.",
)
def find_reserved_names(case: CheckContext) -> Iterator[CheckHit]:
    """Find a schedule whose name is taken."""
    if case.storm is not None and case.storm.id in RESERVED_STORMS:
        yield CheckHit(case.storm.place, f"“{case.storm.id}” is a name of stormctl's own", "rename the file")
