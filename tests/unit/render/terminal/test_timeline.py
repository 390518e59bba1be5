"""The plan on the screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from stormctl.domain.delivery.delivery import Plan
from stormctl.domain.plan.cost import cost_of
from stormctl.domain.plan.occupancy import Limits
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.render.terminal.timeline import render_plan
from tests.fakes import Walked

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.plan.cost import Cost
    from stormctl.domain.plan.storm import Storm

EXPECTED = """\
International Migrants Day 2026 (imd-2026)
Fri 18 Dec 2026, 08:00 EST to 17:00 EST, times in America/New_York

x:migrants-day  5 posts
  Time       Kind      Message            With         Text
  08:00 EST  slot      dignity.en         picture      Everyone who moves has rights. #MigrantsDay
  08:20 EST  slot      story.en/1         part 1 of 2  Thirty-six years ago a promise was made.
  08:20 EST  slot      story.en/2         part 2 of 2  It is still waiting for signatures.
  12:00 EST  pin       noon-statement.en               Today at noon we stand still, and then we sp…
  17:00 EST  reminder  sign-on.en         link         Three hours left to sign: https://example.or…

facebook:migrants-day  2 posts
  Time       Kind  Message            With        Text
  08:07 EST  slot  dignity.en         2 pictures  Everyone who moves has rights.
  12:00 EST  pin   noon-statement.en              Today at noon we stand still, and then we speak.

In numbers
  Channel                Posts  Pins  Reminders  Spare  No slot   Cost
  x:migrants-day             5     1          1     31        1  $0.36
  facebook:migrants-day      2     1          0     34        0  $0.00
  in all                     7     2          1     65        1  $0.36

Without a slot
  harvest.en on x:migrants-day: its deadline is before 08:00

Cost $0.36: $0.26 for publishing, $0.005 for alt texts, $0.075 for readings, $0.02 for account
lookups; within the budget of $10.00
1 of 5 posts carries a link: $0.20 of $0.36
At most, not proved: a bare domain is counted as a link; X usually bills a post's readings once a
UTC day, but does not promise it
Prices: docs.x.com, X API pricing, pay-per-use, 2026-08-22
"""


def test_the_plan_shows_each_channel_its_day_the_counts_and_the_cost(
    show: Callable[..., str], plan: Plan, storm: Storm, cost: Cost
) -> None:
    """Times are the storm's; what a post carries beside its text is named."""
    shown = show(render_plan(plan, storm, cost))

    assert shown + "\n" == EXPECTED


def test_several_days_have_headings(show: Callable[..., str], plan: Plan, storm: Storm, cost: Cost) -> None:
    """A time alone would not say on which day it is."""
    last = plan.deliveries[-1]
    later = replace(last, slot_at=last.slot_at + timedelta(days=1))

    lines = show(
        render_plan(replace(plan, deliveries=(*plan.deliveries[:-1], later)), storm, cost)
    ).splitlines()

    assert lines[1].startswith("Fri 18 Dec 2026 to Sat 19 Dec 2026, ")
    assert "  Fri 18 Dec 2026" in lines
    assert lines[lines.index("  Sat 19 Dec 2026") + 1].startswith("  17:00 EST  reminder  sign-on.en")


def test_a_narrow_screen_gets_a_list(show: Callable[..., str], plan: Plan, storm: Storm, cost: Cost) -> None:
    """Nothing is cut off where there is no room for columns."""
    lines = show(render_plan(plan, storm, cost), width=40).splitlines()

    first = lines.index("  08:00 EST")
    assert lines[first + 1 : first + 5] == [
        "    Kind: slot",
        "    Message: dignity.en",
        "    With: picture",
        "    Text: Everyone who moves has rights.",
    ]
    assert max(map(len, lines)) <= 40


def test_a_plan_over_budget_says_so(show: Callable[..., str], plan: Plan, storm: Storm, cost: Cost) -> None:
    """The word is in capitals, for those who see no colour."""
    poor = replace(storm, limits=Limits(budget_usd=Decimal("0.10")))

    assert "OVER the budget of $0.10" in show(render_plan(plan, poor, cost))


def test_an_empty_plan_is_said_so(show: Callable[..., str], storm: Storm) -> None:
    """Channels without posts still have their row in the numbers."""
    empty = Plan(storm_id=storm.id, deliveries=())

    shown = show(render_plan(empty, storm, cost_of(empty)))

    assert "Nothing is planned." in shown
    assert "x:migrants-day             0     0          0      0        0  $0.00" in shown


def test_a_plan_is_gone_through_as_often_for_many_channels_as_for_one(
    show: Callable[..., str], plan: Plan, storm: Storm, cost: Cost
) -> None:
    """A storm may have hundreds; they are shown in the schedule's order."""
    many = [replace(storm.channels[0], id=parse_channel_id(f"x:c{number:02}")) for number in range(30)]
    walks = []
    for channels in (storm.channels[:1], (*storm.channels, *many)):
        deliveries = Walked(
            replace(delivery, channel=rule.id) for rule in channels for delivery in plan.deliveries
        )
        shown = show(
            render_plan(replace(plan, deliveries=deliveries), replace(storm, channels=channels), cost)
        )
        walks.append(deliveries.walks)

    assert walks[0] == walks[1] > 0
    headings = [line.partition("  ")[0] for line in shown.splitlines() if line.endswith("  7 posts")]
    assert headings == [str(rule.id) for rule in channels]
