"""Rules about the plan as a whole."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from stormctl.checks.case import Hit
from stormctl.checks.registry import rule
from stormctl.domain.cost import cost_of
from stormctl.domain.finding import Severity
from stormctl.domain.occupancy import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from stormctl.checks.case import Case
    from stormctl.domain.channel import ChannelId

_MICROS = 1_000_000


@rule(
    "unplaced",
    Severity.WARNING,
    "Every wording finds a slot on its channels.",
    why="What finds none is not posted.",
    mend="Widen the windows, shorten `every` or `spacing`, raise `per_day`, or take messages out.",
)
def find_unplaced(case: Case) -> Iterator[Hit]:
    """Find wordings for which the plan found no slot."""
    if case.plan is None or case.storm is None:
        return
    places = {variant.name: variant.place for variant in case.bank.variants}
    for unplaced in case.plan.unplaced:
        yield Hit(
            places.get(unplaced.variant, case.storm.place),
            f"{unplaced.variant} is not posted on {unplaced.channel}: {unplaced.reason}",
        )


@rule(
    "per-day-exceeded",
    Severity.ERROR,
    "No channel plans more than `per_day` posts in any 24 hours.",
    why="X lets unverified accounts post 50 times a day; the ledger holds back what is beyond the ceiling,"
    " and it would be missed.",
    mend="Take pins or messages out, or raise [limits] per_day if the platform allows it.",
)
def find_full_days(case: Case) -> Iterator[Hit]:
    """Find channels that plan more posts in 24 hours than allowed, a thread's parts counted each."""
    if case.plan is None or case.storm is None:
        return
    times: dict[ChannelId, list[datetime]] = defaultdict(list)
    for delivery in case.plan.deliveries:
        times[delivery.channel].append(delivery.slot_at)
    limit = case.storm.limits.per_day
    for channel, moments in times.items():
        moments.sort()
        if any(later - earlier < DAY for earlier, later in zip(moments, moments[limit:], strict=False)):
            yield Hit(
                case.storm.rule_of(channel).place,
                f"{channel} plans more than {limit} posts in 24 hours",
                "take some out, or raise per_day under [limits]",
            )


@rule(
    "over-budget",
    Severity.ERROR,
    "The plan keeps to the budget.",
    why="The ledger stops publishing when the budget is spent, so that the last posts would be missed.",
    mend="Take links out (a post with one costs 13 times as much on X) or raise [limits] budget_usd.",
)
def find_overspending(case: Case) -> Iterator[Hit]:
    """Find a plan that costs more than its storm may."""
    if case.plan is None or case.storm is None or case.storm.limits.budget_usd is None:
        return
    budget = case.storm.limits.budget_usd
    cost = cost_of(case.plan)
    if cost.total_usd_micros > budget * _MICROS:
        yield Hit(
            case.storm.place,
            f"the plan costs ${cost.total_usd_micros / _MICROS:.2f}, and the budget is ${budget:.2f}",
            f"{cost.posts_with_link} of {cost.posts} posts carry a link, which costs most",
        )
