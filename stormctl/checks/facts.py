"""Rules about figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit, place_of
from stormctl.checks.registry import rule
from stormctl.domain.base.duration import format_duration
from stormctl.domain.base.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext


@rule(
    "old-figures",
    Severity.WARNING,
    "Figures are no older than the schedule's [facts] max_age.",
    why="Numbers age; an old one, posted as if it were current, costs the campaign its credibility.",
    fix="Look up the newest figure and set `as_of` to its date, or name the year in the text.",
)
def find_old_figures(case: CheckContext) -> Iterator[CheckHit]:
    """Find messages whose figures are older on the storm's first day than it allows."""
    if case.storm is None or case.storm.facts_max_age is None:
        return
    limit = case.storm.facts_max_age
    for variant in case.bank.variants:
        if variant.as_of is not None and case.storm.first_on - variant.as_of > limit:
            yield CheckHit(
                place_of(variant, "as_of"),
                f"its figures are from {variant.as_of}, more than {format_duration(limit)} before the storm",
                "look up the newest ones",
            )
