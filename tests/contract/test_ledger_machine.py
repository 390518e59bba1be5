"""Whatever runners, answers, crashes and clocks do, in any order: the ledger's invariants hold."""

from __future__ import annotations

import itertools
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.clock import Moment
from stormctl.domain.delivery.delivery import (
    Claim,
    Delivered,
    DeliveryKey,
    InDoubt,
    Kind,
    NotSent,
    PlannedDelivery,
    Post,
    Refused,
    SendForbidden,
    State,
)
from stormctl.domain.plan.occupancy import make_limits
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.ledger.delivery.enrolment import StormTerms

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.delivery.delivery import Outcome
    from tests.contract.places import Place

NOON = datetime(2026, 12, 18, 12, tzinfo=UTC)
SPACING = timedelta(minutes=2)
PER_15MIN = 3
PER_DAY = 8
LEASE = timedelta(seconds=20)
PATIENCE = {"request_limit": timedelta(seconds=10), "settling": timedelta(seconds=60)}
BUDGET = 350
CHANNELS = ("x:migrants-day", "facebook:migrants-day")
QUIET = (NOON + timedelta(minutes=12), NOON + timedelta(minutes=16))
TERMS = StormTerms(
    storm_id="imd",
    name="imd",
    timezone="UTC",
    limits=make_limits(
        spacing=SPACING, per_15min=PER_15MIN, per_day=PER_DAY, budget_usd=Decimal(BUDGET) / 1_000_000
    ),
    quiet=(QUIET,),
    channels=CHANNELS,
)


def plan_of(texts: str = "") -> list[PlannedDelivery]:
    """Plan twelve messages on two channels, closer than the ceilings allow, with and without deadlines."""
    policies = (LatePolicy.SEND, LatePolicy.SKIP, LatePolicy.SPREAD)
    return [
        PlannedDelivery(
            key=DeliveryKey(storm="imd", channel=channel, message=f"m{n}", tail="en"),
            channel=parse_channel_id(channel),
            post=Post(text=f"{n}{texts}"),
            slot_at=NOON + timedelta(minutes=n / 2),
            storm_on=NOON.date(),
            kind=Kind.PIN if n == 5 else Kind.SLOT,
            late=policies[n % 3],
            grace=timedelta(minutes=20),
            window_end_at=NOON + timedelta(minutes=40),
            expires_at=NOON + timedelta(minutes=30) if n % 4 == 0 else None,
            priority=n % 2,
            price_usd_micros=100 if n % 5 == 0 else 0,
        )
        for channel in CHANNELS
        for n in range(12)
    ]


@dataclass
class World:
    """What really happened: requests that began, and posts that a platform accepted."""

    sent: defaultdict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    posts: Counter[str] = field(default_factory=Counter)


class Runners(RuleBasedStateMachine):
    """Two runners on two channels, with everything that can go wrong."""

    outcomes: ClassVar[tuple[Outcome, ...]] = (
        NotSent(reason="no such host"),
        Refused(reason="slow down", code="429", for_good=False),
        Refused(reason="no", code="403", for_good=True),
        InDoubt(reason="timed out"),
    )

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.ledger = place.open()
        self.at = NOON
        self.wall_at = NOON
        self.claims: list[Claim] = []
        self.sending: list[tuple[Claim, datetime]] = []
        self.world = World()
        self.halted = False
        self.ledger.enrolment.enroll(TERMS, plan_of(), self.moment)

    @property
    def moment(self) -> Moment:
        """Now."""
        return Moment(self.at, self.wall_at)

    @rule(minutes=st.sampled_from([0.5, 1, 2, 5, -1]), seconds=st.sampled_from([1, 9, 30]))
    def time_passes(self, minutes: float, seconds: int) -> None:
        """The storm's clock may jump back; the wall clock goes on."""
        self.at += timedelta(minutes=minutes)
        self.wall_at += timedelta(seconds=seconds)

    @rule(channel=st.sampled_from(CHANNELS), runner=st.sampled_from(["r1", "r2"]))
    def claim(self, channel: str, runner: str) -> None:
        """What is due may be claimed, and nothing else: the two answers agree."""
        due_at = self.ledger.backlog.next_dues(self.moment, [channel]).get(channel)
        if due_at is not None and self.ledger.channels.take_verification(channel, self.moment):
            self.ledger.channels.start_trial(channel)
        claim = self.ledger.outbox.claim(channel, runner, self.moment, LEASE)

        assert (claim is not None) == (due_at is not None and due_at <= self.at and not self.halted)
        if claim is not None:
            assert not QUIET[0] <= self.at < QUIET[1]
            self.claims.append(claim)

    @rule(
        spell=st.lists(
            st.tuples(
                st.sampled_from(CHANNELS),
                st.sampled_from([None, None, None, *outcomes]),
                st.booleans(),
                st.sampled_from([0, 0.5, 1, 2, 3]),
            ),
            min_size=4,
            max_size=12,
        )
    )
    def publish(self, spell: list[tuple[str, Outcome | None, bool, float]]) -> None:
        """A runner does its work undisturbed for a while: claim, request, answer, and on."""
        for channel, outcome, accepted, minutes in spell:
            self.time_passes(minutes, 1)
            self.claim(channel, "r1")
            if self.claims and str(self.claims[-1].channel) == channel:
                self.begin_request(len(self.claims) - 1)
            if self.sending and str(self.sending[-1][0].channel) == channel:
                self.answer(len(self.sending) - 1, outcome, accepted=accepted)

    @rule(which=st.integers(0, 9))
    def begin_request(self, which: int) -> None:
        """The oldest claims may begin late; the last check decides."""
        if not self.claims:
            return
        claim = self.claims.pop(which % len(self.claims))
        try:
            self.ledger.outbox.mark_sending(claim, self.moment)
        except SendForbidden:
            self.ledger.outbox.record(claim, NotSent(reason="forbidden"), self.moment)
            return
        assert not self.halted
        assert self.world.posts[claim.key] == 0, "a second request for what is already posted"
        self.sending.append((claim, self.at))

    @rule(which=st.integers(0, 9), outcome=st.sampled_from([None, *outcomes]), accepted=st.booleans())
    def answer(self, which: int, outcome: Outcome | None, accepted: bool) -> None:
        """The platform accepts or not; the answer tells it, or leaves it in doubt."""
        if not self.sending:
            return
        claim, at = self.sending.pop(which % len(self.sending))
        self.finish_request(claim, at, outcome, accepted=accepted)

    def finish_request(self, claim: Claim, at: datetime, outcome: Outcome | None, *, accepted: bool) -> None:
        """Record an answer that is true to what the platform did."""
        channel = str(claim.channel)
        if isinstance(outcome, InDoubt) or outcome is None:
            self.world.sent[channel].append(at)
        if outcome is None or (isinstance(outcome, InDoubt) and accepted):
            self.world.posts[claim.key] += 1
        receipt = Delivered(post_id=f"p{claim.attempt_id}", url="https://example.org/p")
        self.ledger.outbox.record(claim, receipt if outcome is None else outcome, self.moment)

    @rule(which=st.integers(0, 9), accepted=st.booleans())
    def crash_in_mid_request(self, which: int, accepted: bool) -> None:
        """A runner vanishes after the request began: nobody records what came of it."""
        if self.sending:
            claim, at = self.sending.pop(which % len(self.sending))
            self.world.sent[str(claim.channel)].append(at)
            self.world.posts[claim.key] += accepted

    @rule(which=st.integers(0, 9))
    def crash_before_the_request(self, which: int) -> None:
        """A runner vanishes with a claim."""
        if self.claims:
            self.claims.pop(which % len(self.claims))

    @rule()
    def sweep(self) -> None:
        """Time decides."""
        self.ledger.sweeping.sweep(self.moment)

    @rule(runner=st.sampled_from(["r1", "r2"]))
    def take_over(self, runner: str) -> None:
        """A runner is held for dead; it may come back late and must not send."""
        self.ledger.sweeping.take_over([runner], self.moment)

    @rule()
    def reconcile(self) -> None:
        """The account is read twice, long after, and told truly."""
        in_the_air = {claim.key for claim, _ in self.sending}
        for doubt in self.ledger.doubts.open(CHANNELS):
            if doubt.key in in_the_air:
                continue
            if self.world.posts[doubt.key]:
                post_id = f"p{doubt.attempt_id}"
                self.ledger.doubts.settle_delivered(
                    doubt, post_id, "https://example.org/p", self.moment, "found"
                )
                continue
            for wait_s in (60, 120):
                later = Moment(self.at, doubt.sending_wall_at + timedelta(seconds=wait_s))
                self.ledger.doubts.record_reading(doubt, later, complete=True, reason="")
            assert self.ledger.doubts.settle_not_there(doubt, self.moment, **PATIENCE)

    @rule(texts=st.sampled_from(["", " reworded"]))
    def plan_again(self, texts: str) -> None:
        """The plan is reworded and enrolled again, at any time."""
        self.ledger.enrolment.enroll(TERMS, plan_of(texts), self.moment)

    @rule(halting=st.sampled_from([False, False, True]))
    def halt_or_resume(self, *, halting: bool) -> None:
        """Somebody halts everything, or lets it flow again."""
        if halting:
            self.ledger.halts.halt("all", None, "wait", "ana", self.moment)
        else:
            self.ledger.halts.resume(self.moment, "ana")
        self.halted = halting

    @invariant()
    def nothing_is_posted_twice(self) -> None:
        """At most one post a delivery: what is delivered is there, what is there is so or in question."""
        assert max(self.world.posts.values(), default=0) <= 1
        for view in self.ledger.history.deliveries("imd"):
            if view.state is State.DELIVERED:
                assert self.world.posts[view.key] == 1
            elif self.world.posts[view.key]:
                assert view.state in {State.CLAIMED, State.IN_DOUBT}

    @invariant()
    def ceilings_hold(self) -> None:
        """Of the requests that count, no two are closer than the spacing, and no window holds too many."""
        for channel in CHANNELS:
            times = sorted(
                self.world.sent[channel] + [at for c, at in self.sending if str(c.channel) == channel]
            )
            assert all(b - a >= SPACING for a, b in itertools.pairwise(times))
            quarter = zip(times, times[PER_15MIN:], strict=False)
            assert all(b - a >= timedelta(minutes=15) for a, b in quarter)
            assert len(times) <= PER_DAY

    @invariant()
    def spent_is_what_counts(self) -> None:
        """The budget's sum is that of the attempts that count, and stays within."""
        ((spent, counted),) = self.place.execute(
            "SELECT (SELECT spent_usd_micros FROM storms),"
            " (SELECT coalesce(sum(price_usd_micros), 0) FROM attempts WHERE counts = 1)"
        )
        assert spent == counted <= BUDGET

    def teardown(self) -> None:
        """With all runners gone and all accounts read, what is delivered is what is there, and no more."""
        self.sending.clear()
        self.take_over("r1")
        self.take_over("r2")
        self.reconcile()
        for view in self.ledger.history.deliveries("imd"):
            assert (view.state is State.DELIVERED) == (self.world.posts[view.key] == 1)
            assert view.state not in {State.CLAIMED, State.IN_DOUBT}
        self.ledger.close()


@pytest.mark.slow
@pytest.mark.timeout(400)  # thorough, it takes minutes
def test_invariants_hold_whatever_happens(new_place: Callable[..., Place]) -> None:
    """Claims, answers, crashes, clock steps and people, in any order that the machine thinks of."""

    class OnNewPlace(Runners):
        def __init__(self) -> None:
            super().__init__(new_place(founded=True))

    run_state_machine_as_test(
        OnNewPlace,
        settings=settings(
            max_examples=settings().max_examples // 8,  # each is thirty steps on a real database
            stateful_step_count=30,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


@pytest.mark.slow
def test_eight_threads_break_no_ceiling(new_place: Callable[..., Place]) -> None:
    """Eight real threads on two openings of one ledger send each delivery once, within the ceilings."""
    place = new_place(founded=True)
    ledgers = [place.open() for _ in range(2)]
    terms = StormTerms(
        storm_id="imd",
        name="imd",
        timezone="UTC",
        limits=make_limits(spacing=timedelta(seconds=30), per_15min=7, per_day=99),
        quiet=(),
        channels=CHANNELS,
    )
    plan = [replace(d, slot_at=NOON, late=LatePolicy.SEND, expires_at=None) for d in plan_of()]
    ledgers[0].enrolment.enroll(terms, plan, Moment(NOON, NOON))
    sent: defaultdict[str, list[datetime]] = defaultdict(list)
    keys: Counter[str] = Counter()
    lock, ticks = threading.Lock(), iter(range(10**6))

    def run(number: int) -> None:
        runner, outbox = f"r{number}", ledgers[number % 2].outbox
        for step in range(120):  # so many that whoever is held up with a claim is waited for
            with lock:
                now = NOON + timedelta(seconds=2 * next(ticks))
            moment = Moment(now, NOON)
            claim = outbox.claim(CHANNELS[step % 2], runner, moment, LEASE)
            if claim is None:
                continue
            try:
                outbox.mark_sending(claim, moment)
            except SendForbidden:
                outbox.record(claim, NotSent(reason="forbidden"), moment)
                continue
            with lock:
                sent[str(claim.channel)].append(now)
                keys[claim.key] += 1
            receipt = Delivered(post_id=f"p{claim.attempt_id}", url="https://example.org/p")
            outbox.record(claim, receipt, moment)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    states = {view.key: view.state for view in ledgers[0].history.deliveries("imd")}
    for ledger in ledgers:
        ledger.close()

    assert len(keys) >= 14
    assert set(keys.values()) == {1}
    assert states == {str(d.key): State.DELIVERED if str(d.key) in keys else State.PLANNED for d in plan}
    for times in sent.values():
        ordered = sorted(times)
        assert all(b - a >= timedelta(seconds=30) for a, b in itertools.pairwise(ordered))
        assert all(b - a >= timedelta(minutes=15) for a, b in zip(ordered, ordered[7:], strict=False))
