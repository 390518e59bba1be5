"""What every ledger engine tells of a resumption beforehand: it is what happens then, and nothing yet."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.report.halts import LateOutcome, Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.delivery.delivery import PlannedDelivery
    from tests.contract.conftest import Bench

    Plan = Callable[..., PlannedDelivery]

PAGE = "facebook:migrants-day"
SEA = Scope("topic", "sea")


def _halt_late(bench: Bench, plan: Plan) -> None:
    """Halt a storm at noon of which, at one, six posts are late, one of them past its deadline."""
    end = bench.at(300).at
    bench.enroll(
        plan("old", window_end_at=end, topic="sea"),
        plan("older", -5, window_end_at=end, topic="sea"),
        plan("homeless", 1, topic="sea"),
        plan("sent", 2, late=LatePolicy.SEND, topic="sea"),
        plan("over", 3, expires_at=bench.at(50).at, late=LatePolicy.SEND, topic="sea"),
        plan("recent", 55, window_end_at=end, topic="sea"),
        plan("coming", 90, topic="sea"),
        plan("other", 5, channel=PAGE, topic="sea"),
        plan("elsewhere", 5, topic="land"),
        spacing=timedelta(),
    )
    bench.ledger.halts.halt("all", None, "a tragedy", "ana", bench.at(-10))


@pytest.mark.parametrize("policy", [*LatePolicy, None])
def test_what_is_told_of_a_policy_is_what_it_does(
    bench: Bench, plan: Plan, policy: LatePolicy | None
) -> None:
    """Missed, moved, past the deadline or to be sent: as many of each as the next sweep makes."""
    _halt_late(bench, plan)
    before = bench.ledger.history.deliveries("imd")
    slots = {view.key: view.slot_at for view in before}

    told = bench.ledger.resuming.try_policy(policy, bench.at(60), SEA)
    untouched = bench.ledger.history.deliveries("imd")
    halts = len(bench.ledger.halts.active())
    bench.ledger.halts.resume(bench.at(60), "ana", scope="topic", target="sea", late=policy)
    bench.ledger.sweeping.sweep(bench.at(60))

    states = {view.key: view.state for view in bench.ledger.history.deliveries("imd")}
    after = {view.key: view.slot_at for view in bench.ledger.history.deliveries("imd")}
    moved = sum(after[key] != slot_at for key, slot_at in slots.items())
    missed = sum(state == "missed" for state in states.values())
    expired = sum(state == "expired" for state in states.values())
    assert (untouched, halts) == (before, 1)
    assert told == LateOutcome(missed=missed, expired=expired, moved=moved, sent=7 - missed - expired - moved)


def test_the_four_ways_differ(bench: Bench, plan: Plan) -> None:
    """In numbers, by which a person decides."""
    _halt_late(bench, plan)

    told = [bench.ledger.resuming.try_policy(policy, bench.at(60), SEA) for policy in (*LatePolicy, None)]

    assert told == [
        LateOutcome(missed=5, expired=1, moved=0, sent=1),
        LateOutcome(missed=0, expired=1, moved=0, sent=6),
        LateOutcome(missed=3, expired=1, moved=2, sent=1),
        LateOutcome(missed=4, expired=1, moved=0, sent=2),
    ]


def test_it_tells_of_its_own_scope_alone(bench: Bench, plan: Plan) -> None:
    """What stays halted or suspended is not counted; a channel that is named is released for it."""
    _halt_late(bench, plan)
    bench.ledger.channels.suspend(PAGE, "its token is dead", bench.at(0))

    def count(scope: Scope) -> int:
        return bench.ledger.resuming.try_policy(LatePolicy.SEND, bench.at(60), scope).sent

    assert [count(Scope("topic", "land")), count(Scope("channel", PAGE)), count(SEA)] == [1, 1, 5]
    assert list(bench.ledger.channels.suspended()) == [PAGE]


def test_one_halt_is_lifted_alone(bench: Bench, plan: Plan) -> None:
    """Whatever else is halted stays so, also where the lifted one is wider."""
    bench.enroll(plan("a", topic="sea"), plan("b"))
    bench.ledger.halts.halt("topic", "sea", "fog", "ana", bench.at(0))
    number = bench.ledger.halts.halt("all", None, "a tragedy", "ben", bench.at(0))
    scope = Scope("all", None, number)

    preview = bench.ledger.resuming.preview(bench.at(5), scope)
    resumed = bench.ledger.halts.resume(bench.at(5), "ana", only=number)

    assert [halt.reason for halt in preview.halts] == ["a tragedy"]
    coming = {view.message_id for storm in preview.storms for view in storm.upcoming}
    assert coming & {"a", "b"} == {"b"}
    assert (resumed.lifted, resumed.narrowed) == (1, 0)
    assert [halt.reason for halt in bench.ledger.halts.active()] == ["fog"]
