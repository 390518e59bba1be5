"""What every ledger engine counts against a channel: troubles, pauses, the trial after them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import InDoubt, NotSent, RateLimit, Refused, State
from stormctl.ledger.control.channels import VERIFYING
from stormctl.ledger.delivery.openings import BACKOFF
from tests.contract.conftest import LEASE, NOON, at
from tests.factories import release

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.delivery.delivery import Outcome, PlannedDelivery
    from tests.contract.conftest import Bench

    Plan = Callable[..., PlannedDelivery]

X = "x:migrants-day"
DOUBT = InDoubt(reason="timed out")
DUPLICATE = Refused(reason="duplicate text", code="403", for_good=True)
SLOW_DOWN = Refused(reason="slow down", code="429", for_good=False)
DEAD = Refused(reason="the token is dead", code="401", for_good=True, suspends=True)
UNSENT = NotSent(reason="no such host")
PAUSE = 0.5
"""The first pause in minutes."""


def enroll(bench: Bench, plan: Plan, count: int = 9) -> None:
    """Plan so many deliveries that nothing but troubles keeps back."""
    late = [plan(f"m{n}", late=LatePolicy.SEND) for n in range(count)]
    bench.enroll(*late, spacing=timedelta(), per_15min=99)


def answer(bench: Bench, *outcomes: Outcome, minutes: float = 0) -> None:
    """Publish, and take these answers one after the other."""
    for outcome in outcomes:
        bench.answer(bench.send(minutes), outcome, minutes)


class TestTroubles:
    """Answers in a row, counted with the answer itself."""

    def test_three_in_a_row_pause(self, bench: Bench, plan: Plan) -> None:
        """In doubt or refused for good, duplicates included; the same transaction closes the channel."""
        enroll(bench, plan)
        answer(bench, DOUBT, DUPLICATE, DOUBT)

        assert bench.find_claim(PAUSE - 0.01) is None
        assert bench.next_due(0) == PAUSE

    def test_what_says_nothing_of_the_account_is_none(self, bench: Bench, plan: Plan) -> None:
        """Not sent, or slow down: the row of troubles neither grows nor ends."""
        enroll(bench, plan)
        answer(bench, DOUBT, UNSENT, SLOW_DOWN, DOUBT, UNSENT)
        before = bench.next_due(0)

        answer(bench, DOUBT)

        assert (before, bench.next_due(0)) == (0, PAUSE)

    def test_a_lost_lease_is_none(self, bench: Bench, plan: Plan) -> None:
        """Runners that die say nothing of the account."""
        enroll(bench, plan)
        for n in range(4):
            bench.send(n)
            bench.ledger.sweeping.sweep(bench.at(n + 0.9))

        assert bench.next_due(4) == 4

    def test_an_answer_said_again_counts_once(self, bench: Bench, plan: Plan) -> None:
        """A runner that could not know whether it was written may repeat it."""
        enroll(bench, plan)
        claim = bench.send()
        for _ in range(3):
            bench.answer(claim, DOUBT)

        assert bench.next_due(0) == 0

    def test_a_success_ends_the_row(self, bench: Bench, plan: Plan) -> None:
        """Two, a success, two more: no pause."""
        enroll(bench, plan)
        answer(bench, DOUBT, DOUBT, bench.receipt(), DOUBT, DOUBT)

        assert bench.next_due(0) == 0

    def test_what_must_stop_suspends_at_once(self, bench: Bench, plan: Plan) -> None:
        """A dead token needs a person; the verdict is found by the attempt that brought it."""
        enroll(bench, plan)
        claim = bench.send()
        bench.answer(claim, DEAD)

        verdict = bench.ledger.channels.find_verdict(claim)

        assert bench.ledger.channels.suspended() == {X: "the token is dead"}
        assert verdict is not None
        assert (verdict.kind, verdict.attempt_id) == (EventKind.SUSPENDED, claim.attempt_id)
        assert "stormctl resume --channel x:migrants-day" in verdict.text


class TestTrial:
    """After a pause the account is verified first, then one answer decides."""

    def test_nobody_claims_before_it_is_verified(self, bench: Bench, plan: Plan) -> None:
        """Something is due, so that runners wake; one of them gets the turn to ask, and others wait."""
        enroll(bench, plan)
        answer(bench, DOUBT, DOUBT, DOUBT)

        claim, due = bench.find_claim(1), bench.next_due(1)
        turns = [ledger.channels.take_verification(X, at(1)) for ledger in (bench.ledger, bench.reopen())]

        assert (claim, due, turns) == (None, 1, [True, False])
        assert bench.next_due(1) == 1 + VERIFYING / timedelta(minutes=1)

    def test_a_runner_that_dies_while_it_asks_is_followed(self, bench: Bench, plan: Plan) -> None:
        """The turn comes back after a while; a restart in between forgets nothing."""
        enroll(bench, plan)
        answer(bench, DOUBT, DOUBT, DOUBT)
        bench.ledger.channels.take_verification(X, bench.at(1))

        later = bench.reopen().channels

        assert not later.take_verification(X, bench.at(1.4))
        assert later.take_verification(X, bench.at(1.5))

    def test_one_success_forgets_everything(self, bench: Bench, plan: Plan) -> None:
        """Three troubles are needed again."""
        enroll(bench, plan)
        answer(bench, DOUBT, DOUBT, DOUBT)
        bench.ledger.channels.take_verification(X, bench.at(1))
        bench.ledger.channels.start_trial(X)

        answer(bench, bench.receipt(), DOUBT, DOUBT, minutes=1)

        assert bench.next_due(1) == 1

    def test_one_trouble_is_enough_for_a_longer_pause_and_the_third_suspends(
        self, bench: Bench, plan: Plan
    ) -> None:
        """Thirty seconds, two minutes, then a person; a further answer after the limit changes no pause."""
        enroll(bench, plan)
        answer(bench, DOUBT, DOUBT, DOUBT)
        waits = [bench.next_due(0)]
        for minutes in (1.0, 4.0):
            bench.ledger.channels.take_verification(X, bench.at(minutes))
            bench.ledger.channels.start_trial(X)
            answer(bench, SLOW_DOWN, DOUBT, minutes=minutes)
            waits.append(bench.next_due(minutes))

        assert waits == [PAUSE, 3, None]
        assert bench.ledger.channels.suspended() == {X: "still in trouble after 2 pauses: timed out"}

    def test_rest_is_no_further_pause(self, bench: Bench, plan: Plan) -> None:
        """A channel that nobody could verify is asked again, and the next pause is the second one."""
        enroll(bench, plan)
        answer(bench, DOUBT, DOUBT, DOUBT)
        channels = bench.ledger.channels
        channels.take_verification(X, bench.at(1))
        channels.rest(X, timedelta(seconds=30), "unreachable", bench.at(1))
        rested = bench.next_due(1)
        channels.take_verification(X, bench.at(2))
        channels.start_trial(X)

        answer(bench, DOUBT, minutes=2)

        assert (rested, bench.next_due(2)) == (1.5, 4)

    def test_late_answers_of_a_paused_channel_change_nothing(self, bench: Bench, plan: Plan) -> None:
        """What was under way when the pause began neither ends nor lengthens it."""
        enroll(bench, plan)
        lost = [bench.send(0)]
        bench.ledger.sweeping.sweep(bench.at(0.9))
        lost.append(bench.send(0.9))
        bench.ledger.sweeping.sweep(bench.at(1.8))
        answer(bench, DOUBT, DOUBT, DOUBT, minutes=2)

        bench.answer(lost[0], bench.receipt(), 2.1)
        bench.answer(lost[1], DOUBT, 2.1)

        assert bench.next_due(2.1) == 2 + PAUSE

    def test_a_person_ends_it(self, bench: Bench, plan: Plan) -> None:
        """Released, a paused channel posts at once, without being asked first."""
        enroll(bench, plan)
        answer(bench, DOUBT, DOUBT, DOUBT)

        released = release(bench.ledger, X, bench.at(0.1))

        assert released
        assert bench.ledger.outbox.claim(X, "r1", bench.at(0.1), LEASE) is not None


class TestStatus:
    """Why a channel waits, and until when."""

    def find_wait(self, bench: Bench, minutes: float) -> tuple[float, str] | None:
        """Return what status says of the channel."""
        standing = bench.ledger.overview.status(bench.at(minutes), runner_timeout=timedelta(seconds=15))
        channel = standing.storms[0].channels[0]
        if channel.waits_until is None:
            return None
        return (channel.waits_until - NOON) / timedelta(minutes=1), channel.waits_why

    def test_a_pause_is_told_and_a_trial_after_it(self, bench: Bench, plan: Plan) -> None:
        """With the reason while it lasts; then that the next answer decides."""
        enroll(bench, plan)
        answer(bench, DOUBT, DOUBT, DOUBT)

        paused = self.find_wait(bench, 0.1)
        standing = bench.ledger.overview.status(bench.at(1), runner_timeout=timedelta(seconds=15))

        assert paused == (PAUSE, "paused: timed out")
        assert standing.storms[0].channels[0].on_trial
        assert standing.storms[0].channels[0].paused_until is None

    def test_a_ceiling_is_told(self, bench: Bench, plan: Plan) -> None:
        """When the window has room again."""
        bench.enroll(plan("a"), plan("b", 1), spacing=timedelta(), per_15min=1)
        bench.deliver()

        assert self.find_wait(bench, 2) == (15, "1 post in 15 minutes")

    def test_a_refusal_for_now_is_told(self, bench: Bench, plan: Plan) -> None:
        """Our own rest is no limit that people could look up."""
        enroll(bench, plan)
        rest = RateLimit(name=BACKOFF, limit=None, remaining=0, reset_at=at(1).at)
        answer(bench, replace(SLOW_DOWN, limits=(rest,)))

        assert self.find_wait(bench, 0.5) == (1, "the platform refused for now")

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("x-user-limit-24hour", "what X allows the account in 24 hours is used up"),
            ("calls", "the platform's limit “calls” is used up"),
        ],
    )
    def test_a_limit_of_the_platform_is_told_in_words(
        self, bench: Bench, plan: Plan, name: str, told: str
    ) -> None:
        """Nobody knows the names of headers by heart; of one that is new to us there is no better word."""
        enroll(bench, plan)
        limit = RateLimit(name=name, limit=50, remaining=0, reset_at=at(30).at)
        answer(bench, replace(SLOW_DOWN, limits=(limit,)))

        assert self.find_wait(bench, 0.5) == (30, told)

    def test_the_usual_rhythm_is_not_told(self, bench: Bench, plan: Plan) -> None:
        """A spacing that lets the next slot out in time, or within a minute, is nothing to tell."""
        bench.enroll(plan("a"), plan("b", 1), plan("c", 6), spacing=timedelta(minutes=5), per_15min=9)
        bench.deliver()

        told = [self.find_wait(bench, minutes) for minutes in (2, 4.5)]
        bench.deliver(5)

        assert told == [(5, "the spacing to the post before it"), None]
        assert self.find_wait(bench, 9.5) is None
        assert bench.states()["b"] == State.DELIVERED
