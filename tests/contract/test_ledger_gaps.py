"""A ledger that knows that it may not know: what a gap puts in doubt, and how doubt ends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import Delivered, NotSent, SendForbidden, State
from stormctl.ledger.delivery.enrolment import Adoption
from stormctl.ledger.journal.gaps import Unknown
from tests.contract.conftest import NOON, TERMS, X, at, plan
from tests.factories import note_gap_of, recent_events, release

if TYPE_CHECKING:
    from tests.contract.conftest import Bench

WHY = "the ledger was restored from a backup"


@pytest.fixture
def crowd() -> tuple[str, ...]:
    """Nobody else: what is looked at here is all that a ledger holds."""
    return ()


def note(bench: Bench, since: float, now: float) -> int:
    """Note a gap between two moments, in minutes after noon."""
    return note_gap_of(bench.ledger, at(since).at, at(now), WHY)


def read_twice(bench: Bench, now: float) -> list[bool]:
    """Read each account twice in vain, as proof asks for; return what that settled."""
    settled = []
    for doubt in bench.ledger.doubts.open([X]):
        for seconds in (10, 70):
            reading = at(now, wall_s=now * 60 + seconds)
            bench.ledger.doubts.record_reading(doubt, reading, complete=True, reason="")
        settled.append(bench.prove_absent(doubt, at(now + 1)))
    return settled


def test_what_was_due_in_a_gap_goes_in_doubt(bench: Bench) -> None:
    """Due and planned: in doubt, to be looked for from the gap's beginning on. What comes stays planned."""
    bench.enroll(plan("early", -10), plan("due", 20), plan("later", 40))

    count = note(bench, 5, 30)

    doubts = bench.ledger.doubts.open([X])
    assert count == 2
    assert bench.states() == {
        "early": "in_doubt",
        "due": "in_doubt",
        "later": "planned",
    }
    assert [doubt.sending_at for doubt in doubts] == [at(5).at] * 2
    assert [doubt.sending_wall_at for doubt in doubts] == [at(30).wall_at] * 2
    assert bench.ledger.history.get(doubts[0].key).why == f"perhaps published already: {WHY}"


def test_a_message_that_may_not_go_out_yet_was_not_published(bench: Bench) -> None:
    """`not_before` holds in every life of a ledger."""
    bench.enroll(plan(slot=0, not_before=NOON + timedelta(minutes=60)))

    count = note(bench, 0, 30)

    assert count == 0
    assert bench.states() == {"dignity": "planned"}


def test_a_request_under_way_is_in_doubt_under_its_own_attempt(bench: Bench) -> None:
    """It is looked for from its own sending on, and a late receipt of it delivers."""
    bench.enroll(plan())
    claim = bench.send(1)

    note(bench, 2, 3)

    (doubt,) = bench.ledger.doubts.open([X])
    assert doubt.attempt_id == claim.attempt_id
    assert doubt.sending_at == at(1).at
    assert [attempt.outcome for attempt in bench.ledger.history.attempts(claim.key)] == ["in_doubt"]
    assert bench.answer(claim, bench.receipt(), 4) is State.DELIVERED


def test_a_claim_without_a_request_may_have_gone_further_elsewhere(bench: Bench) -> None:
    """Its own runner can't send any more, and its word that nothing was sent settles nothing."""
    bench.enroll(plan())
    claim = bench.claim(1)

    note(bench, 0, 2)

    outcomes = [attempt.outcome for attempt in bench.ledger.history.attempts(claim.key)]
    with pytest.raises(SendForbidden):
        bench.ledger.outbox.mark_sending(claim, at(2))
    state = bench.answer(claim, NotSent(reason="the claim was taken away"), 2)
    assert state is State.IN_DOUBT
    assert outcomes == ["not_sent", "in_doubt"]


def test_two_readings_settle_what_a_gap_put_in_doubt(bench: Bench) -> None:
    """What is not there is planned again, and takes nothing of ceilings and budget."""
    bench.enroll(
        plan("one", 0, price_usd_micros=100),
        plan("two", 6, price_usd_micros=100),
        budget_usd_micros=200,
        per_15min=1,
    )
    note(bench, 0, 10)

    settled = read_twice(bench, 10)

    assert settled == [True, True]
    assert bench.execute("SELECT spent_usd_micros FROM storms") == [(0,)]
    assert bench.claim(12).message_id == "two"


def test_doubt_counts_against_ceilings_and_budget(bench: Bench) -> None:
    """While nobody knows, it counts as if it had been published at its slot."""
    bench.enroll(
        plan("one", 0, price_usd_micros=100), plan("two", 20, price_usd_micros=100), budget_usd_micros=150
    )

    note(bench, -5, 10)

    assert bench.execute("SELECT sending_at, counts FROM attempts") == [(int(NOON.timestamp()) * 10**6, 1)]
    assert bench.find_claim(20) is None


def test_what_is_found_counts_from_its_slot(bench: Bench) -> None:
    """The other life published it when it was due: metrics and spacing go by that."""
    bench.enroll(plan(slot=7))
    note(bench, 0, 10)
    (doubt,) = bench.ledger.doubts.open([X])

    bench.ledger.doubts.settle_delivered(doubt, "p1", "https://example.org/p1", at(11), "found")

    assert bench.ledger.history.get(doubt.key).delivered_at == at(7).at


def test_a_person_who_finds_nothing_gives_the_budget_back(bench: Bench) -> None:
    """`resolve --not-posted` takes back what a gap had assumed."""
    bench.enroll(plan(price_usd_micros=100))
    note(bench, 0, 10)
    (doubt,) = bench.ledger.doubts.open([X])

    bench.ledger.manual.resolve_not_posted(doubt.key, "ana", at(11))

    assert bench.execute("SELECT spent_usd_micros FROM storms") == [(0,)]


def test_proof_begins_anew_with_a_gap(bench: Bench) -> None:
    """A reading from before it proves nothing: another life may have published since."""
    bench.enroll(plan())
    claim = bench.send(0)
    bench.ledger.sweeping.sweep(at(1))
    (doubt,) = bench.ledger.doubts.open([X])
    bench.ledger.doubts.record_reading(doubt, at(1), complete=True, reason="")

    note(bench, 1, 2)

    bench.ledger.doubts.record_reading(doubt, at(3), complete=True, reason="")
    assert bench.ledger.history.get(claim.key).state is State.IN_DOUBT
    assert bench.prove_absent(doubt, at(3)) is False


def test_the_parts_of_a_thread_are_in_doubt_together(bench: Bench) -> None:
    """A part that is found is delivered; the next one that is not there replies to it."""
    thread = [plan("thread", 0, part=part, text=f"part {part}") for part in (1, 2, 3)]
    bench.enroll(*thread)

    count = note(bench, 0, 10)

    doubts = bench.ledger.doubts.open([X])
    assert count == 3
    assert [doubt.in_reply_to for doubt in doubts] == [None, None, None]
    bench.ledger.doubts.settle_delivered(doubts[0], "p1", "https://example.org/p1", at(11), "found")
    assert read_twice(bench, 10) == [True, True]
    assert bench.claim(12).reply_to == "p1"


def test_a_gap_is_told_as_long_as_it_matters(bench: Bench) -> None:
    """Since when, until when, why, and how many are in doubt because of it."""
    bench.enroll(plan())
    note(bench, 0, 10)

    (before,) = bench.ledger.gaps.list()
    read_twice(bench, 10)
    (after,) = bench.ledger.gaps.list()

    assert (before.since, before.until, before.why) == (at(0).at, at(10).at, WHY)
    assert [before.in_doubt, after.in_doubt] == [1, 0]
    warnings = [e.text for e in recent_events(bench.ledger, 50) if e.kind is EventKind.WARNING]
    span = "2026-12-18 12:00 to 2026-12-18 12:10 UTC"
    assert warnings == [f"what was published from {span} may be unknown: {WHY} (now in doubt: 1)"]


def test_a_clock_that_was_set_back_makes_an_empty_gap(bench: Bench) -> None:
    """A gap never ends before it begins; what is due by now is in doubt all the same."""
    bench.enroll(plan(slot=-10))

    count = note(bench, 5, 0)

    (gap,) = bench.ledger.gaps.list()
    assert count == 1
    assert (gap.since, gap.until) == (at(5).at, at(5).at)


def test_what_is_delivered_stays_so(bench: Bench) -> None:
    """A gap touches nothing that the ledger has a receipt for."""
    bench.enroll(plan("one", 0), plan("two", 10))
    bench.deliver(0)

    note(bench, 5, 20)

    assert bench.states() == {"one": "delivered", "two": "in_doubt"}
    assert isinstance(bench.receipt(), Delivered)


class TestSuspended:
    """A channel that is left out has nothing in doubt until somebody wants to publish there."""

    UNREAD = "it was left out, so it was not read"

    @pytest.fixture(autouse=True)
    def left_out(self, bench: Bench) -> None:
        """A storm that was first launched at half past noon, without its channel."""
        deliveries = [plan("due", 0), plan("fresh", 25), plan("later", 60)]
        keys = tuple(str(delivery.key) for delivery in deliveries[:2])
        unknown = Unknown(channel=X, keys=keys, since=at(0).at, why=self.UNREAD)
        bench.ledger.channels.suspend(X, "left out at launch", at(30))
        bench.ledger.enrolment.enroll(TERMS, deliveries, at(30), Adoption(unknown=(unknown,)))

    def test_nothing_is_in_doubt_while_nobody_publishes_there(self, bench: Bench) -> None:
        """What is late is missed in time; what an enrolment may add there is looked for all the same."""
        before = bench.states()
        bench.ledger.sweeping.sweep(at(31))

        (gap,) = bench.ledger.gaps.list()
        assert before == {"due": "planned", "fresh": "planned", "later": "planned"}
        assert bench.states() == {"due": "missed", "fresh": "planned", "later": "planned"}
        assert (gap.since, gap.until, gap.why, gap.in_doubt) == (at(0).at, at(30).at, self.UNREAD, 0)

    def test_its_release_puts_in_doubt_what_nobody_looked_for(self, bench: Bench) -> None:
        """It is looked for from the first slot on, and goes out only if it is not there."""
        bench.ledger.sweeping.sweep(at(31))

        release(bench.ledger, X, at(32))

        (doubt,) = bench.ledger.doubts.open([X])
        claimed = bench.find_claim(33)
        assert bench.states() == {"due": "missed", "fresh": "in_doubt", "later": "planned"}
        assert (doubt.sending_at, claimed) == (at(0).at, None)
        assert read_twice(bench, 34) == [True]
        assert bench.claim(36).message_id == "fresh"

    def test_what_is_asked_for_again_after_the_release_is_looked_for_first(self, bench: Bench) -> None:
        """It was missed here, and perhaps published by another ledger. Once: then the account is known."""
        bench.ledger.sweeping.sweep(at(31))
        release(bench.ledger, X, at(32))
        key = "imd/x:migrants-day/due/en"

        bench.ledger.manual.retry([key], "ana", at(40))

        assert bench.states()["due"] == "in_doubt"
        bench.ledger.manual.resolve_not_posted(key, "ana", at(41))
        bench.ledger.manual.retry([key], "ana", at(42))
        assert bench.states()["due"] == "planned"

    def test_what_is_asked_for_before_the_release_is_in_doubt_with_it(self, bench: Bench) -> None:
        """While the channel rests nothing has to be settled."""
        bench.ledger.sweeping.sweep(at(31))
        bench.ledger.manual.retry(["imd/x:migrants-day/due/en"], "ana", at(31))
        before = bench.states()["due"]

        release(bench.ledger, X, at(32))

        assert (before, bench.states()["due"]) == ("planned", "in_doubt")

    def test_a_second_release_has_nothing_to_doubt(self, bench: Bench) -> None:
        """What was looked for once is known."""
        release(bench.ledger, X, at(31))
        settled = read_twice(bench, 31)
        bench.ledger.channels.suspend(X, "token dead", at(33))

        release(bench.ledger, X, at(34))

        assert settled == [True, True]
        assert set(bench.states().values()) == {"planned"}

    def test_a_second_launch_makes_it_looked_for_from_the_earlier_moment_on(self, bench: Bench) -> None:
        """Each delivery is in doubt once, however often it was enrolled before somebody looked."""
        keys = ("imd/x:migrants-day/due/en", "imd/x:migrants-day/fresh/en")
        for since in (-10, 5):
            unknown = Unknown(channel=X, keys=keys[since > 0 :], since=at(since).at, why="left out again")
            bench.ledger.enrolment.enroll(
                TERMS,
                [plan("due", 0), plan("fresh", 25), plan("later", 60)],
                at(31),
                Adoption(unknown=(unknown,)),
            )

        release(bench.ledger, X, at(32))

        doubts = bench.ledger.doubts.open([X])
        assert {doubt.key: doubt.sending_at for doubt in doubts} == dict.fromkeys(keys, at(-10).at)
        assert bench.execute("SELECT key FROM unread") == []

    def test_a_restored_ledger_doubts_also_there(self, bench: Bench) -> None:
        """Another life of it may have released the channel."""
        count = note(bench, 10, 31)

        assert count == 2
        assert bench.states() == {"due": "in_doubt", "fresh": "in_doubt", "later": "planned"}
