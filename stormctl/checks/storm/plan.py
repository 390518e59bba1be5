"""Rules about the plan as a whole."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.base.amounts import count_posts
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.localtime import DAY
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.delivery.delivery import RESERVED_STORMS
from stormctl.domain.plan.cost import cost_of
from stormctl.domain.plan.occupancy import Limits, Occupancy, find_key
from stormctl.domain.platforms.x import X

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from stormctl.checks.case import CheckContext
    from stormctl.domain.platforms.record import Ceiling

_MICROS = 1_000_000


@rule(
    "per-day-exceeded",
    Severity.ERROR,
    Phrase("No channel plans more posts than its storm allows in any 24 hours, or any other span."),
    why=Phrase("The ledger holds back what is beyond a ceiling, and it would be missed."),
    fix=Phrase("Take pins or messages out, or raise the ceiling in [limits], such as per_day."),
    bad=Phrase("per_day = 10, and 12 pins on one channel"),
    good="per_day = 15",
)
def find_full_days(case: CheckContext) -> Iterator[CheckHit]:
    """Find channels that plan more posts than the storm allows.

    Of a thread that is longer than a ceiling of less than a day its own rule tells.
    """
    if case.plan is None or case.storm is None:
        return
    for channel, threads in case.threads.items():
        for ceiling in case.storm.limits.ceilings:
            most = ceiling.count if ceiling.period < DAY else len(case.plan.deliveries)
            if _is_exceeded([(at, min(parts, most)) for at, parts in threads], ceiling):
                yield CheckHit(
                    case.storm.rule_of(channel).place,
                    Phrase("{channel} plans more than {ceiling}", channel=channel, ceiling=ceiling.said),
                    Phrase("take some out, or raise {find_key} under [limits]", find_key=find_key(ceiling)),
                )


@rule(
    "beyond-platform-ceiling",
    Severity.ERROR,
    Phrase("No channel plans more posts than its platform allows an account."),
    why=Phrase(
        "X lets an account make {soon} and {daily}, and one that it has verified {verified}; the ledger holds"
        " back posts beyond that, and they would be missed.",
        soon=X.ceilings[0].said,
        daily=X.ceilings[-1].said,
        verified=X.ceilings_verified[-1].said,
    ),
    fix=Phrase(
        "Take messages out or widen the windows; set `verified = true` for a channel that X has verified."
    ),
    bad=Phrase("4,000 posts a day on a channel that X has not verified"),
    good="verified = true",
)
def find_overfull_channels(case: CheckContext) -> Iterator[CheckHit]:
    """Find channels that plan more posts than the platform's documented ceilings allow."""
    if case.plan is None or case.storm is None:
        return
    for channel, threads in case.threads.items():
        told = case.storm.rule_of(channel)
        for ceiling in channel.platform.facts.find_ceilings(verified=told.verified):
            if _is_exceeded(threads, ceiling):
                message = Phrase(
                    "{channel} plans more than the {ceiling} that its account may make",
                    channel=channel,
                    ceiling=ceiling.said,
                )
                yield CheckHit(told.place, message, Phrase("take some out, or spread them over more time"))


def _is_exceeded(threads: Sequence[tuple[datetime, int]], ceiling: Ceiling) -> bool:
    if sum(parts for _, parts in threads) <= ceiling.count:
        return False
    occupancy = Occupancy(Limits(spacing=timedelta(), ceilings=(ceiling,)))
    for at, parts in threads:
        if parts > ceiling.count or not occupancy.is_free(at, parts):
            return True
        occupancy.add(at, parts)
    return False


@rule(
    "over-budget",
    Severity.ERROR,
    Phrase("The plan keeps to the budget."),
    why=Phrase(
        "The ledger stops publishing when the budget is spent, so that the last posts would be missed."
    ),
    fix=Phrase("Take links out (a post with one costs 13 times as much on X) or raise [limits] budget_usd."),
    bad=Phrase("budget_usd = 1.0, and 40 posts with a link on X"),
    good="budget_usd = 10.0",
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
            Phrase(
                "the plan costs ${number:.2f}, and the budget is ${budget:.2f}",
                number=cost.total_usd_micros / _MICROS,
                budget=budget,
            ),
            Phrase(
                "{posts_with_link} of {count} with a link, which costs most",
                posts_with_link=cost.posts_with_link,
                count=count_posts(cost.posts),
            ),
        )


@rule(
    "reserved-name",
    Severity.ERROR,
    Phrase("A schedule does not have the name of one of stormctl's own storms."),
    why=Phrase("Canaries, and posts of the day, are storms of their own in the ledger: two would be mixed."),
    fix=Phrase("Rename the schedule's file."),
    bad="schedules/canary.toml",
    good="schedules/spring-2026.toml",
)
def find_reserved_names(case: CheckContext) -> Iterator[CheckHit]:
    """Find a schedule whose name is taken."""
    if case.storm is not None and case.storm.id in RESERVED_STORMS:
        yield CheckHit(
            case.storm.place,
            Phrase("“{id}” is a name that stormctl uses itself", id=case.storm.id),
            Phrase("rename the file"),
        )
