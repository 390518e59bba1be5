"""What every ledger engine promises of budgets: they are told when they are spent, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import Budget, NotSent
from stormctl.domain.platforms.record import Metric
from tests.contract.conftest import TERMS
from tests.factories import recent_events

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.delivery.delivery import PlannedDelivery
    from tests.contract.conftest import Bench

    Plan = Callable[..., PlannedDelivery]

TOLD = (
    "the budget of $0.03 is spent ($0.015 so far): 2 posts are not sent — "
    "raise budget_usd in the schedule, then: stormctl launch SCHEDULE"
)


def enroll(bench: Bench, plan: Plan, budget: int | None = 30_000) -> None:
    """Enrol a cheap post that is due, two dear ones and a free one."""
    bench.enroll(
        plan("cheap", price_usd_micros=15_000),
        plan("dear", 20, price_usd_micros=20_000),
        plan("dearest", 40, price_usd_micros=200_000),
        plan("free", 60),
        budget_usd_micros=budget,
    )


def tell(bench: Bench, minutes: float) -> list[str]:
    """Return what is told at a moment."""
    return [event.text for event in bench.ledger.budgets.tell_spent(bench.at(minutes))]


def test_a_spent_budget_is_told_once_however_many_runners_look(bench: Bench, plan: Plan) -> None:
    """The history keeps it for all of them, over restarts."""
    enroll(bench, plan, budget=230_000)
    before = tell(bench, 0)
    enroll(bench, plan)
    bench.deliver()

    first = tell(bench, 1)
    other = [event.text for event in bench.reopen().budgets.tell_spent(bench.at(2))]

    (event,) = [e for e in recent_events(bench.ledger, 99) if e.kind is EventKind.BUDGET_SPENT]
    assert (before, first, other) == ([], [TOLD], [])
    assert (event.text, event.storm_id) == (TOLD, "imd")


def test_another_budget_is_told_anew(bench: Bench, plan: Plan) -> None:
    """Whoever raised it by too little hears it again."""
    enroll(bench, plan)
    bench.deliver()
    first = tell(bench, 1)
    enroll(bench, plan, budget=40_000)

    second = tell(bench, 2)

    assert first == [TOLD]
    assert [line.partition(" — ")[0] for line in second] == [
        "the budget of $0.04 is spent ($0.015 so far): 1 post is not sent"
    ]


def test_without_a_budget_nothing_is_told(bench: Bench, plan: Plan) -> None:
    """Nor where everything is paid for."""
    enroll(bench, plan, budget=None)
    bench.deliver()

    assert tell(bench, 1) == []


def test_status_knows_the_budget(bench: Bench, plan: Plan) -> None:
    """What a request that was never made had taken is given back."""
    enroll(bench, plan)
    claim = bench.send()
    sent = find_budget(bench)
    bench.answer(claim, NotSent(reason="the connection was refused"))

    assert sent == Budget(usd_micros=30_000, spent_usd_micros=15_000, unpaid=2)
    assert find_budget(bench) == Budget(usd_micros=30_000, spent_usd_micros=0, unpaid=1)


def test_readings_count_and_what_is_free_goes_on(bench: Bench, plan: Plan) -> None:
    """They may go beyond the budget; what costs nothing is paid for all the same."""
    enroll(bench, plan)
    bench.deliver()
    bench.ledger.budgets.charge("imd", 20_000)

    budget = find_budget(bench)

    assert budget == Budget(usd_micros=30_000, spent_usd_micros=35_000, unpaid=2)
    assert bench.next_due(1) == 60
    assert bench.deliver(60).message_id == "free"


def test_a_lookup_is_charged_to_the_storm_that_posts_next(bench: Bench, plan: Plan) -> None:
    """Nobody else needs the answer; on a channel without a post to come nobody is charged."""
    enroll(bench, plan)

    (channel,) = {view.channel for view in bench.ledger.history.deliveries("imd")}
    for asked in (channel, "x:nobody"):
        bench.ledger.budgets.charge_channel(asked, 10_000)

    assert bench.ledger.budgets.spent("imd") == 10_000


def test_a_free_post_that_is_missed_does_not_blame_the_budget(bench: Bench, plan: Plan) -> None:
    """Nothing was wanting."""
    enroll(bench, plan)
    bench.ledger.budgets.charge("imd", 40_000)
    bench.ledger.sweeping.sweep(bench.at(90))

    reasons = {view.message_id: view.why for view in bench.ledger.history.deliveries("imd")}
    assert reasons["free"] == "its slot passed"


def test_a_reading_is_charged_once_however_often_it_is_recorded(bench: Bench, plan: Plan) -> None:
    """Whether a commit arrived is not always known: the same reading may be written down again."""
    enroll(bench, plan)
    claim = bench.deliver()
    rows = [(claim.key, Metric.IMPRESSIONS, 120), (claim.key, Metric.REACTIONS, 3)]

    for minutes in (10, 10, 20, 24 * 60):
        bench.ledger.metrics.record(rows, bench.at(minutes), price_usd_micros=1_000)

    budget = find_budget(bench)
    assert budget is not None
    assert budget.spent_usd_micros == 15_000 + 2 * 1_000


def test_a_storm_without_a_budget_has_none_in_status(bench: Bench, plan: Plan) -> None:
    """None is not the same as nothing left."""
    enroll(bench, plan, budget=None)

    assert find_budget(bench) is None


def find_budget(bench: Bench) -> Budget | None:
    """Return the budget that `status` shows."""
    status = bench.ledger.overview.status(bench.at(0), storm_id="imd", runner_timeout=TERMS.limits.spacing)
    (storm,) = status.storms
    return storm.budget


def test_an_alert_tells_it(bench: Bench, plan: Plan) -> None:
    """Somebody has to decide whether the rest is worth more money."""
    enroll(bench, plan)
    bench.deliver()
    tell(bench, 1)
    bench.ledger.alerts.gather(bench.at(1), TERMS.limits.spacing)

    alert = bench.ledger.alerts.take(bench.at(2))

    assert alert is not None
    assert [(n.kind, n.storm_id, n.text) for n in alert.notices] == [(EventKind.BUDGET_SPENT, "imd", TOLD)]


def test_what_is_missed_for_want_of_money_says_so(bench: Bench, plan: Plan) -> None:
    """Whoever asks why it did not go out finds the reason at the delivery; others keep theirs."""
    enroll(bench, plan)
    bench.deliver()
    bench.ledger.sweeping.sweep(bench.at(90))

    reasons = {view.message_id: view.why for view in bench.ledger.history.deliveries("imd")}
    assert reasons == {
        "cheap": "",
        "dear": "its slot passed, and the budget did not pay for it",
        "dearest": "its slot passed, and the budget did not pay for it",
        "free": "its slot passed",
    }
