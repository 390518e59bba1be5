"""What every ledger engine promises of a claim: exclusive, in order, within every ceiling."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.bank.message import LatePolicy, Media, MediaKind
from stormctl.domain.delivery.delivery import (
    InDoubt,
    Kind,
    NotSent,
    RateLimit,
    Refused,
    SendForbidden,
)
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.domain.platforms.record import Ceiling
from tests.contract.conftest import LEASE
from tests.factories import DAY, QUARTER, learn_limits, release

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.delivery.delivery import Claim, PlannedDelivery
    from tests.contract.conftest import Bench

    Plan = Callable[..., PlannedDelivery]

X = "x:migrants-day"
X_ES = "x:migrants-day-es"
PAGE = "facebook:migrants-day"
FOR_GOOD = Refused(reason="the text is not allowed", code="403", for_good=True)
DOUBT = InDoubt(reason="timed out")
PICTURE = Media(
    file="images/boat.png", alt="A paper boat", kind=MediaKind.IMAGE, mime="image/png", digest="d1", size=3
)


def forbidden(bench: Bench, claim: Claim, moment: Moment) -> str:
    """Return why a claim must not be sent."""
    with pytest.raises(SendForbidden) as caught:
        bench.ledger.outbox.mark_sending(claim, moment)
    return caught.value.reason


class TestClaim:
    """A claim is exclusive and keeps every ceiling, whatever the plan says."""

    def test_not_before_its_slot(self, bench: Bench, plan: Plan) -> None:
        """A slot in the future is due then, and not earlier."""
        bench.enroll(plan("a", 10))

        early = bench.find_claim(9.99)

        assert (early, bench.next_due(0)) == (None, 10)
        assert bench.claim(10).message_id == "a"

    def test_one_in_flight_a_channel(self, bench: Bench, plan: Plan) -> None:
        """While a claim is in flight on a channel there is no second one, and no due moment."""
        bench.enroll(plan("a"), plan("b"), plan("c", channel=PAGE), spacing=timedelta())
        bench.claim()

        assert None is bench.find_claim()
        assert None is bench.next_due(0)
        assert bench.claim(channel=PAGE).message_id == "c"

    def test_carries_all_that_the_attempt_needs(self, bench: Bench, plan: Plan) -> None:
        """Post with media, key, kind, runner, lease and a token of its own."""
        bench.enroll(plan("a", media=(PICTURE,), kind=Kind.PIN))

        claim = bench.claim(runner="r7")

        assert (
            claim.key,
            claim.storm_id,
            claim.runner_id,
            claim.kind,
        ) == ("imd/x:migrants-day/a/en", "imd", "r7", Kind.PIN)
        assert claim.post.media == (PICTURE,)
        assert parse_channel_id(X) == claim.channel
        assert timedelta(seconds=20) == claim.lease_until - bench.at(0).wall_at

    def test_order(self, bench: Bench, plan: Plan) -> None:
        """Posts of the moment, pins, priority, nearest deadline, newest slot."""
        deadline = bench.at(60).at
        bench.enroll(
            plan("newer", 2),
            plan("older", 1),
            plan("urgent", expires_at=deadline),
            plan("later", expires_at=deadline + timedelta(minutes=1)),
            plan("first", priority=1),
            plan("reminder", priority=2, kind=Kind.REMINDER),
            plan("pin", kind=Kind.PIN),
            plan("post", kind=Kind.POST),
            spacing=timedelta(),
            per_15min=99,
        )

        order = [bench.deliver(3).message_id for _ in range(8)]

        assert order == ["post", "pin", "reminder", "first", "urgent", "later", "newer", "older"]

    def test_best_of_two_storms(self, bench: Bench, plan: Plan) -> None:
        """Storms share a channel: the better delivery goes first, whosever it is."""
        bench.enroll(plan("a"), storm_id="imd", spacing=timedelta())
        bench.enroll(plan("b", storm="vigil", priority=1), storm_id="vigil", spacing=timedelta())

        order = [bench.deliver(1).message_id for _ in range(2)]

        assert order == ["b", "a"]

    def test_nearest_deadline_and_newest_slot_of_several_storms(self, bench: Bench, plan: Plan) -> None:
        """Among equals the nearest deadline goes first, then the newest slot, whichever storm has them."""
        free: dict[str, Any] = {"spacing": timedelta(), "per_15min": 99}
        bench.enroll(plan("a", expires_at=bench.at(60).at), plan("d", 1), plan("f"), **free)
        bench.enroll(
            plan("b", storm="vigil", expires_at=bench.at(30).at),
            plan("c", 2, storm="vigil"),
            plan("e", 0.5, storm="vigil"),
            storm_id="vigil",
            **free,
        )

        order = [bench.deliver(3).message_id for _ in range(6)]

        assert order == ["b", "a", "c", "d", "e", "f"]

    def test_spacing_holds_across_storms(self, bench: Bench, plan: Plan) -> None:
        """The account is one: another storm's send keeps this one waiting."""
        bench.enroll(plan("a"))
        bench.deliver()
        bench.enroll(plan("b", storm="vigil"), storm_id="vigil")

        assert None is bench.find_claim(4.9)
        assert bench.next_due(1) == 5
        assert bench.claim(5).message_id == "b"

    @pytest.mark.parametrize("limits", [{"spacing": timedelta(minutes=5)}, {"per_15min": 1}, {"per_day": 1}])
    def test_what_was_refused_counts_for_nothing(
        self, bench: Bench, plan: Plan, limits: dict[str, Any]
    ) -> None:
        """A refusal leaves the next slot free, whatever limits a storm."""
        bench.enroll(plan("a", priority=1), plan("b"), **{"spacing": timedelta()} | limits)
        bench.answer(bench.send(), FOR_GOOD)

        assert bench.claim(1).message_id == "b"

    def test_ceiling_of_fifteen_minutes(self, bench: Bench, plan: Plan) -> None:
        """The n-th post waits until the window has room."""
        bench.enroll(
            *(plan(f"m{n}", late=LatePolicy.SEND) for n in range(3)), spacing=timedelta(), per_15min=2
        )
        bench.deliver(0)
        bench.deliver(1)

        assert bench.next_due(2) == 15
        assert None is bench.find_claim(14.9)
        assert None is not bench.find_claim(15)

    def test_ceiling_of_a_day(self, bench: Bench, plan: Plan) -> None:
        """The rolling day is kept, not the calendar's."""
        bench.enroll(plan("a"), plan("b", late=LatePolicy.SEND), spacing=timedelta(), per_day=1)
        bench.deliver(1)

        assert bench.next_due(2) == 24 * 60 + 1
        assert None is bench.find_claim(24 * 60)

    def test_deadline(self, bench: Bench, plan: Plan) -> None:
        """At its deadline a delivery can't be claimed any more."""
        bench.enroll(plan("a", expires_at=bench.at(5).at))

        assert None is bench.next_due(5)
        assert None is bench.find_claim(5)
        assert bench.claim(4.99).message_id == "a"

    def test_not_before(self, bench: Bench, plan: Plan) -> None:
        """A message's own embargo holds at send time."""
        bench.enroll(plan("a", not_before=bench.at(7).at))

        assert (bench.next_due(0), bench.find_claim(6)) == (7, None)

    def test_late_beyond_grace_is_not_claimed(self, bench: Bench, plan: Plan) -> None:
        """`skip` and `spread` end with the grace (the sweep moves what may be spread), `send` never."""
        bench.enroll(
            plan("skip"),
            plan("spread", late=LatePolicy.SPREAD, window_end_at=bench.at(60).at),
            plan("pinned", late=LatePolicy.SPREAD),
            plan("send", late=LatePolicy.SEND),
            spacing=timedelta(),
        )

        late = bench.deliver(30).message_id

        assert late == "send"
        assert None is bench.find_claim(32)

    def test_silence(self, bench: Bench, plan: Plan) -> None:
        """Nothing goes out in a silence; what was due goes at its end, overlapping silences included."""
        silences = ((bench.at(0).at, bench.at(5).at), (bench.at(4).at, bench.at(8).at))
        bench.enroll(plan("a"), quiet=silences)

        assert (bench.next_due(-1), bench.next_due(6)) == (8, 8)
        assert None is bench.find_claim(7.99)
        assert bench.claim(8).message_id == "a"

    def test_silence_beyond_the_grace_leaves_nothing_due(self, bench: Bench, plan: Plan) -> None:
        """What a silence outlasts will be missed, so that nobody waits for it."""
        bench.enroll(plan("a"), quiet=((bench.at(-1).at, bench.at(20).at),))

        assert None is bench.next_due(0)

    def test_suspended_channel(self, bench: Bench, plan: Plan) -> None:
        """A suspended channel has nothing due until it is released."""
        bench.enroll(plan("a"))
        bench.ledger.channels.suspend(X, "the token is dead", bench.at(0))

        suspended = (bench.next_due(0), bench.find_claim(0))
        release(bench.ledger, X, bench.at(1))

        assert suspended == (None, None)
        assert bench.claim(1).message_id == "a"

    def test_exhausted_limit(self, bench: Bench, plan: Plan) -> None:
        """A ceiling learnt from the platform keeps the channel waiting until its reset; the latest counts."""
        bench.enroll(plan("a"))
        limits = [
            RateLimit(name="window", limit=100, remaining=0, reset_at=bench.at(3).at),
            RateLimit(name="day", limit=50, remaining=0, reset_at=bench.at(9).at),
            RateLimit(name="app", limit=50, remaining=1, reset_at=bench.at(99).at),
            RateLimit(name="unknown", limit=None, remaining=None, reset_at=None),
        ]
        learn_limits(bench.ledger, X, limits, bench.at(0))

        assert (bench.next_due(0), bench.find_claim(8.9)) == (9, None)
        assert bench.claim(9).message_id == "a"

    def test_limit_without_a_reset_to_come_closes_nothing(self, bench: Bench, plan: Plan) -> None:
        """A reset that is past, or was never told, doesn't close a channel for ever."""
        bench.enroll(plan("a"))
        limits = [
            RateLimit(name="past", limit=100, remaining=0, reset_at=bench.at(-1).at),
            RateLimit(name="untold", limit=50, remaining=0, reset_at=None),
        ]
        learn_limits(bench.ledger, X, limits, bench.at(0))

        assert bench.next_due(0) == 0
        assert bench.claim(0).message_id == "a"

    def test_exhausted_limit_holds_for_others_and_after_a_restart(self, bench: Bench, plan: Plan) -> None:
        """It is closed in the very transaction that records the answer, for every opening of the ledger."""
        bench.enroll(plan("a"), plan("b", late=LatePolicy.SEND), spacing=timedelta())
        claim = bench.send()
        day = RateLimit(name="x-app-limit-24hour", limit=17, remaining=0, reset_at=bench.at(600).at)
        window = RateLimit(name="x-rate-limit", limit=100, remaining=83, reset_at=bench.at(15).at)
        bench.answer(claim, replace(bench.receipt(), limits=(day, window)))

        other = bench.reopen()

        assert other.backlog.next_dues(bench.at(1), [X]).get(X) == bench.at(600).at
        assert other.outbox.claim(X, "r2", bench.at(10), LEASE) is None

    def test_account_ceilings_hold_over_all_storms(self, bench: Bench, plan: Plan) -> None:
        """What the platform allows the account is less than each storm allows itself: it counts for both."""
        account = {X: (Ceiling(2, QUARTER), Ceiling(3, DAY))}
        terms: dict[str, Any] = {"spacing": timedelta(), "per_15min": 99, "per_day": 99, "ceilings": account}
        bench.enroll(*(plan(f"a{n}") for n in range(2)), **terms)
        vigil = [plan(f"b{n}", storm="vigil", late=LatePolicy.SEND) for n in range(3)]
        bench.enroll(*vigil, storm_id="vigil", **terms)
        for _ in range(2):
            bench.deliver()
        early, due = bench.find_claim(14.9), bench.next_due(1)

        bench.deliver(15)

        assert due == 15
        assert bench.next_due(30) == 24 * 60
        assert early is None

    def test_account_ceilings_forbid_the_last_step_too(self, bench: Bench, plan: Plan) -> None:
        """A claim from before is stopped at the last check when the account has no room any more."""
        bench.enroll(plan("a"), spacing=timedelta(), ceilings={X: (Ceiling(1, DAY),)})
        bench.deliver()
        bench.enroll(plan("a"), plan("b"), spacing=timedelta(), ceilings={X: (Ceiling(2, DAY),)})
        claim = bench.claim(1)
        bench.enroll(plan("a"), plan("b"), spacing=timedelta(), ceilings={X: (Ceiling(1, DAY),)})

        assert "ceilings" in forbidden(bench, claim, bench.at(1))

    def test_a_clock_set_back_does_not_silence_a_channel(self, bench: Bench, plan: Plan) -> None:
        """A send that seems to lie hours ahead was written by a wrong clock: nobody waits for that time."""
        bench.enroll(plan("a"), plan("b", late=LatePolicy.SEND), per_15min=1)
        bench.deliver(0)
        bench.enroll(plan("a"), plan("b", -300, late=LatePolicy.SEND), per_15min=1)

        assert bench.next_due(-240) == -240
        assert bench.next_due(-4) == 15

    def test_budget(self, bench: Bench, plan: Plan) -> None:
        """Prices of what was sent count, of what was refused they don't; what costs nothing may go."""
        bench.enroll(
            plan("a", price_usd_micros=600, priority=3),
            plan("b", price_usd_micros=600, priority=2),
            plan("c", price_usd_micros=600, priority=1),
            plan("free"),
            spacing=timedelta(),
            budget_usd_micros=1000,
        )
        bench.answer(bench.send(), FOR_GOOD)

        order = [bench.deliver().message_id, bench.deliver().message_id]

        assert (order, bench.find_claim(), bench.next_due()) == (["b", "free"], None, None)

    def test_backlog_longer_than_a_page(self, bench: Bench, plan: Plan) -> None:
        """However many are halted or retried first, the one that may go is found."""
        waiting = [plan(f"m{n}", priority=1, topic="rights", late=LatePolicy.SEND) for n in range(100)]
        bench.enroll(*waiting, plan("free", late=LatePolicy.SEND))
        bench.ledger.halts.halt("topic", "rights", "wait", "ana", bench.at(0))

        assert bench.claim().message_id == "free"

    def test_next_due_looks_past_what_waits(self, bench: Bench, plan: Plan) -> None:
        """Embargoed deliveries don't hide a later slot that comes earlier."""
        waiting = [plan(f"m{n}", not_before=bench.at(50).at) for n in range(70)]
        bench.enroll(*waiting, plan("free", 9), plan("never", 1, expires_at=bench.at(1).at))

        assert bench.next_due(0) == 9

    def test_next_due_is_the_earliest_of_many(self, bench: Bench, plan: Plan) -> None:
        """In whatever order they were enrolled, two at a time or apart, each wakes the runner at its slot."""
        slots = [7, 3, 9, 1, 1, 11, 5, 5, 5, 2, 8, 0, 4]
        late: dict[str, Any] = {"late": LatePolicy.SEND}
        bench.enroll(
            *(plan(f"m{n}", slot, **late) for n, slot in enumerate(slots)), spacing=timedelta(), per_15min=99
        )
        found = []
        due = bench.next_due(-1)

        while due is not None:
            found.append(due)
            bench.deliver(due)
            due = bench.next_due(due)

        assert found == sorted(slots)

    def test_next_due_is_the_earliest_ready_of_many(self, bench: Bench, plan: Plan) -> None:
        """What has to wait for its own time hides none of those behind it, nor do those hide each other."""
        late: dict[str, Any] = {"late": LatePolicy.SEND}
        waiting = [plan(f"w{n}", not_before=bench.at(90 - n).at, **late) for n in range(5)]
        ready = [plan(f"r{n}", 40 - n, **late) for n in range(5)]
        bench.enroll(*ready, *waiting)
        later = bench.next_due(-1)
        bench.enroll(*ready, *waiting, plan("x", **late))

        assert (later, bench.next_due(-1)) == (36, 0)

    def test_due_channels(self, bench: Bench, plan: Plan) -> None:
        """Only channels with something due now are named."""
        bench.enroll(plan("a"), plan("b", 5, channel=PAGE))

        assert bench.ledger.backlog.due_channels(bench.at(1), [X, PAGE, X_ES]) == [X]

    def test_unique_violation_claims_nothing_and_is_logged(
        self, bench: Bench, plan: Plan, caplog: pytest.LogCaptureFixture
    ) -> None:
        """If the schema refuses a claim, nothing is claimed and the log tells."""
        bench.enroll(plan("a"), plan("b", channel=PAGE))
        bench.execute(
            "CREATE UNIQUE INDEX only_one ON deliveries (state) WHERE state = 'claimed' AND storm_id = 'imd'"
        )
        bench.claim()

        with caplog.at_level(logging.WARNING):
            claim = bench.find_claim(channel=PAGE)

        assert (claim, bench.states()) == (None, {"a": "claimed", "b": "planned"})
        assert "nothing claimed on facebook:migrants-day" in caplog.text

    def test_only_media_that_is_due_comes_before_a_claim(self, bench: Bench, plan: Plan) -> None:
        """Not that of what was posted, of another channel or of a later slot; from its slot on it does."""
        bench.enroll(
            plan("posted", media=(PICTURE,), priority=1),
            plan("plain"),
            plan("elsewhere", media=(PICTURE,), channel=PAGE),
            plan("later", 10, media=(PICTURE,)),
            spacing=timedelta(),
        )
        bench.deliver()
        claim = bench.ledger.outbox.claim_unless_media

        plain, must_upload = claim(X, "r1", bench.at(9.9), LEASE)
        assert plain is not None
        bench.answer(plain, NotSent(reason="no route"), 9.9)

        assert (plain.message_id, must_upload) == ("plain", False)
        assert claim(X, "r1", bench.at(10), LEASE) == (None, True)


class TestThreads:
    """A thread is one delivery a part."""

    def test_parts_go_in_order_and_answer_each_other(self, bench: Bench, plan: Plan) -> None:
        """Part n waits for n - 1, replies to its id, and skips spacing but for five seconds."""
        bench.enroll(plan("t", part=1), plan("t", part=2, text="And"))
        bench.deliver(0)

        early = bench.find_claim(0.05)
        claim = bench.claim(0.1)

        assert (early, claim.reply_to) == (None, "p1")
        assert claim.key == "imd/x:migrants-day/t/en/2"

    def test_part_is_held_until_the_one_before_is_delivered(self, bench: Bench, plan: Plan) -> None:
        """While the first part is in doubt, nothing follows and nothing is missed."""
        bench.enroll(plan("t", part=1), plan("t", part=2, text="And"))
        bench.answer(bench.send(), DOUBT)

        assert (bench.find_claim(60), bench.next_due(60)) == (None, None)
        assert bench.ledger.sweeping.sweep(bench.at(60)) == ()

    def test_parts_after_a_missed_one_are_missed(self, bench: Bench, plan: Plan) -> None:
        """A thread that never began does not stay open for ever; each part is told once."""
        bench.enroll(*(plan(name, part=n, text=f"{name} {n}") for name in "tu" for n in (1, 2, 3)))
        bench.deliver()

        told = [
            [
                event.key.split("/", 2)[2]
                for event in bench.ledger.sweeping.sweep(bench.at(minutes))
                if event.key
            ]
            for minutes in (16, 17, 18, 19)
        ]

        assert told == [["u/en/1"], ["u/en/2"], ["u/en/3"], []]
        assert [f"t/{n}" for n in (2, 3)] == [
            key for key, state in bench.states().items() if state == "planned"
        ]

    def test_failed_part_holds_the_rest(self, bench: Bench, plan: Plan) -> None:
        """A failed part may be retried: the rest waits."""
        bench.enroll(plan("t", part=1), plan("t", part=2, text="And"))
        bench.answer(bench.send(), FOR_GOOD)
        bench.ledger.sweeping.sweep(bench.at(60))

        assert bench.states() == {"t/1": "failed", "t/2": "planned"}


class TestMarkSending:
    """The last check before the first byte."""

    def test_reasons(self, bench: Bench, plan: Plan) -> None:
        """Lease, deadline, a second request and a claim taken away forbid the send."""
        bench.enroll(plan("a", expires_at=bench.at(5).at))
        claim = bench.claim()

        assert forbidden(bench, claim, bench.at(5, wall_s=1)) == "its deadline passed"
        assert forbidden(bench, claim, bench.at(1, wall_s=20)) == "the lease ran out"
        bench.ledger.outbox.mark_sending(claim, bench.at(0))
        assert forbidden(bench, claim, bench.at(0)) == "a request was already made under this claim"
        bench.ledger.sweeping.sweep(bench.at(1))
        assert forbidden(bench, claim, bench.at(1)) == "the claim was taken away"

    def test_halt(self, bench: Bench, plan: Plan) -> None:
        """A halt after the claim stops the request, another topic's does not."""
        bench.enroll(plan("a", topic="rights"))
        claim = bench.claim()
        bench.ledger.halts.halt("topic", "vigil", "rain", "ana", bench.at(0))
        bench.ledger.halts.halt("topic", "rights", "an error in the text", "ana", bench.at(0))

        assert forbidden(bench, claim, bench.at(0)) == "halted: an error in the text"

    def test_channel_suspended_meanwhile(self, bench: Bench, plan: Plan) -> None:
        """A suspension after the claim stops the request."""
        bench.enroll(plan("a"))
        claim = bench.claim()
        bench.ledger.channels.suspend(X, "blocked", bench.at(0))

        assert forbidden(bench, claim, bench.at(0)) == "the channel is suspended: blocked"

    def test_silence_began_meanwhile(self, bench: Bench, plan: Plan) -> None:
        """A silence that began after the claim is kept."""
        bench.enroll(plan("a"), quiet=((bench.at(0.1).at, bench.at(5).at),))
        claim = bench.claim()

        assert forbidden(bench, claim, bench.at(0.2)) == "spacing, ceilings or silence came between"

    def test_budget_spent_meanwhile(self, bench: Bench, plan: Plan) -> None:
        """Two channels that claimed the last of the budget don't both send."""
        bench.enroll(
            plan("a", price_usd_micros=6),
            plan("b", price_usd_micros=6, channel=PAGE),
            budget_usd_micros=10,
        )
        claim = bench.claim()
        bench.send(channel=PAGE)

        assert forbidden(bench, claim, bench.at(0)) == "the budget is spent"
