"""What every ledger engine promises of what was sent again: readings that are due, and second copies."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import Delivered, InDoubt, Refused, State
from stormctl.errors import UsageError
from tests.contract.conftest import X, at, plan
from tests.contract.crowd import CHANNELS, STORMS
from tests.factories import recent_events

if TYPE_CHECKING:
    from stormctl.ledger.delivery.doubts import Doubt
    from stormctl.ledger.delivery.follow_ups import FollowUp
    from tests.contract.conftest import Bench

PAGE = "facebook:migrants-day"
KEY = f"imd/{X}/a/en"
DOUBT = InDoubt(reason="timed out")
REFUSED = Refused(reason="too many requests", code="429", for_good=False)
LONG = timedelta(hours=8)


def minutes(follow_ups: list[FollowUp]) -> list[float]:
    """Return when readings are due, in minutes after noon."""
    return [(one.due_at - at(0).at) / timedelta(minutes=1) for one in follow_ups]


def prove_absent(bench: Bench, minute: float, channel: str = X) -> None:
    """Let two readings prove that what was sent at a minute is not there."""
    for doubt in bench.ledger.doubts.open([channel]):
        for seconds in (10, 70):
            moment = at(minute, wall_s=minute * 60 + seconds)
            bench.ledger.doubts.record_reading(doubt, moment, complete=True, reason="")
        assert bench.prove_absent(doubt, at(minute + 1.2))


@pytest.fixture
def resent(bench: Bench) -> FollowUp:
    """A delivery of X that was sent at noon and, proved absent, again at 12:02; one of the Page sent once."""
    bench.enroll(
        plan("a", grace=LONG), plan("b", 90), plan("c", channel=PAGE, grace=LONG), spacing=timedelta()
    )
    bench.answer(bench.send(), DOUBT)
    prove_absent(bench, 0)
    bench.deliver(2)
    bench.deliver(2, channel=PAGE)
    bench.ledger.sweeping.sweep(at(2))
    return bench.ledger.follow_ups.open(X)[0]


@pytest.mark.usefixtures("resent")
class TestDue:
    """When an account is read again."""

    def test_after_two_and_fifteen_minutes_and_at_the_storms_end(self, bench: Bench) -> None:
        """Of the channel alone on which something was sent again, and of every storm by its own end."""
        bench.enroll(plan("far", 500, storm="vigil"), storm_id="vigil")
        bench.ledger.sweeping.sweep(at(3))

        assert minutes(bench.ledger.follow_ups.open(X)) == [4, 17, 90]
        assert bench.ledger.follow_ups.open(PAGE) == []

    def test_the_storms_end_is_no_earlier_than_a_quarter_of_an_hour(self, bench: Bench) -> None:
        """What was sent again with the last post is looked at thrice, of which one reading serves two."""
        bench.ledger.manual.cancel([f"imd/{X}/b/en"], "ana", at(3))

        assert minutes(bench.ledger.follow_ups.open(X)) == [4, 17, 17]

    def test_a_complete_reading_serves_what_was_due(self, bench: Bench) -> None:
        """One that failed leaves it to the next; a second runner's changes nothing."""
        first, second, _ = bench.ledger.follow_ups.open(X)
        bench.ledger.follow_ups.record([first], at(4), complete=False)
        (failed, *_) = bench.ledger.follow_ups.open(X)

        for _ in range(2):
            bench.ledger.follow_ups.record([failed, second], at(20), complete=True)

        assert failed.tried_wall_at == at(4).wall_at
        assert minutes(bench.ledger.follow_ups.open(X)) == [90]

    def test_they_are_entered_once_however_often_something_is_swept(self, bench: Bench) -> None:
        """Whether they are taken or not."""
        bench.ledger.follow_ups.record(bench.ledger.follow_ups.open(X)[:2], at(20), complete=True)

        bench.ledger.sweeping.sweep(at(21))
        bench.ledger.follow_ups.arrange()

        assert minutes(bench.ledger.follow_ups.open(X)) == [90]

    def test_the_channel_stays_open_for_them(self, bench: Bench) -> None:
        """A daemon that is started after the storm serves it, until they are taken."""
        bench.ledger.manual.cancel([f"imd/{X}/b/en"], "ana", at(3))
        before = bench.ledger.backlog.open_channels()

        bench.ledger.follow_ups.record(bench.ledger.follow_ups.open(X), at(20), complete=True)

        assert before == sorted([X, *CHANNELS])
        assert bench.ledger.backlog.open_channels() == sorted(CHANNELS)

    def test_status_tells_when(self, bench: Bench) -> None:
        """Each time once, of the storm in which it was sent again."""
        bench.ledger.manual.cancel([f"imd/{X}/b/en"], "ana", at(3))
        bench.enroll(plan("far", 500, storm="vigil"), storm_id="vigil")

        status = bench.ledger.overview.status(at(3), runner_timeout=LONG)

        told = {s.storm_id: [(f.channel, f.due_at) for f in s.follow_ups] for s in status.storms}
        nothing: dict[str, object] = {storm: [] for storm in ("vigil", *STORMS)}
        assert told == {"imd": [(X, at(4).at), (X, at(17).at)], **nothing}


def test_what_was_refused_or_not_sent_again_is_not_followed(bench: Bench) -> None:
    """No second copy can come of it; what is sent after it is followed."""
    bench.enroll(plan("a", grace=LONG), spacing=timedelta())
    bench.answer(bench.send(), DOUBT)
    prove_absent(bench, 0)
    bench.answer(bench.send(2), REFUSED, 2, retry=3)
    bench.ledger.sweeping.sweep(at(2.5))
    before = bench.ledger.follow_ups.open(X)

    bench.deliver(3)
    bench.ledger.sweeping.sweep(at(3.5))

    assert (before, minutes(bench.ledger.follow_ups.open(X))) == ([], [5, 18, 18])


def test_the_account_is_read_from_the_first_attempt_on(resent: FollowUp) -> None:
    """The post that was not shown is the first attempt's."""
    assert (resent.key, resent.sending_at, resent.post.text) == (KEY, at(0).at, "About a")


class TestCopies:
    """What an account shows beside a receipt."""

    def found(self, bench: Bench, sought: Doubt | FollowUp, post_id: str = "9") -> EventKind | None:
        """Note a post; return what was told."""
        event = bench.ledger.follow_ups.note_found(sought, post_id, f"https://example.org/{post_id}", at(5))
        return None if event is None else event.kind

    def copies(self, bench: Bench) -> list[tuple[str, str]]:
        """Return what `status` says stands twice."""
        status = bench.ledger.overview.status(at(5), runner_timeout=LONG)
        return [(copy.key, copy.url) for storm in status.storms for copy in storm.copies]

    def test_a_second_post_is_told_once_with_what_takes_it_down(self, bench: Bench, resent: FollowUp) -> None:
        """Both addresses and the command stand in the alarm; `status` names it from then on."""
        told = [self.found(bench, resent), self.found(bench, resent)]

        (alarm,) = [e for e in recent_events(bench.ledger, 99) if e.kind is EventKind.POSTED_TWICE]
        assert told == [EventKind.POSTED_TWICE, None]
        assert alarm.text == (
            "a: posted twice: https://example.org/p1 and https://example.org/9 — take one of them down: "
            f"stormctl retract {KEY} --url https://example.org/9"
        )
        assert self.copies(bench) == [(KEY, "https://example.org/9")]
        assert bench.ledger.manual.receipts(KEY)["9"] == "https://example.org/9"

    def test_it_is_no_other_delivery_s(self, bench: Bench, resent: FollowUp) -> None:
        """Nobody takes it for their receipt: neither the reconciler, nor a person, nor an answer."""
        self.found(bench, resent)
        bench.enroll(plan("a", grace=LONG), plan("b", 4), spacing=timedelta())
        bench.answer(bench.send(4), DOUBT, 4)
        (doubt,) = bench.ledger.doubts.open([X])

        settled = bench.ledger.doubts.settle_delivered(doubt, "9", "https://example.org/9", at(5), "found")

        assert "9" in bench.ledger.doubts.known_post_ids(X)
        assert not settled
        with pytest.raises(UsageError, match="is the receipt of imd"):
            bench.ledger.manual.resolve_posted(doubt.key, "9", "https://example.org/9", "ana", at(5))

    def test_it_is_gone_when_it_was_taken_down(self, bench: Bench, resent: FollowUp) -> None:
        """The delivery stays delivered: the other post stands."""
        self.found(bench, resent)

        state = bench.ledger.manual.retracted(KEY, "9", "ana", at(6))

        assert (state, self.copies(bench)) == (State.DELIVERED, [])

    def test_a_person_may_leave_it_there(self, bench: Bench, resent: FollowUp) -> None:
        """By name, and once; a later reading does not bring it back."""
        self.found(bench, resent)
        self.found(bench, resent, "99")

        left = bench.ledger.manual.leave_copies(KEY, "ana", at(6))

        assert left == ("https://example.org/9", "https://example.org/99")
        assert (self.found(bench, resent), self.copies(bench)) == (None, [])
        with pytest.raises(UsageError, match="no second post of imd"):
            bench.ledger.manual.leave_copies(KEY, "ana", at(6))

    def test_a_receipt_that_came_second_stands_there_twice_too(self, bench: Bench) -> None:
        """The runner that hung brings its own receipt after the other one's."""
        bench.enroll(plan("a", grace=LONG), spacing=timedelta())
        old = bench.send()
        bench.ledger.sweeping.sweep(at(1))
        prove_absent(bench, 0)
        bench.deliver(2)

        bench.answer(old, Delivered(post_id="9", url="https://example.org/9"), 3)

        assert self.copies(bench) == [(KEY, "https://example.org/9")]

    def test_what_has_no_receipt_has_one_then(self, bench: Bench) -> None:
        """It was refused for now when it was sent again, and the first post shows late: it is delivered."""
        bench.enroll(plan("a", grace=LONG), spacing=timedelta())
        bench.answer(bench.send(), DOUBT)
        (doubt,) = bench.ledger.doubts.open([X])
        prove_absent(bench, 0)

        told = self.found(bench, doubt)

        assert (told, bench.states(), self.copies(bench)) == (EventKind.RECONCILED, {"a": "delivered"}, [])
        assert bench.find_claim(30) is None

    @pytest.mark.parametrize("state", ["claimed", "in_doubt"])
    def test_while_it_is_under_way_its_own_reading_decides(self, bench: Bench, state: str) -> None:
        """The post may be the one that is being made."""
        bench.enroll(plan("a", grace=LONG), spacing=timedelta())
        claim = bench.send()
        bench.answer(claim, DOUBT)
        (doubt,) = bench.ledger.doubts.open([X])
        if state == "claimed":
            prove_absent(bench, 0)
            bench.claim(2)

        assert (self.found(bench, doubt), bench.states()) == (None, {"a": state})

    def test_another_delivery_s_post_is_no_copy(self, bench: Bench, resent: FollowUp) -> None:
        """It says the same and has a receipt of its own."""
        other = plan("far", 3, storm="vigil", text="About a", storm_on=at(2000).at.date())
        bench.enroll(other, storm_id="vigil", spacing=timedelta())
        bench.deliver(3)

        assert (self.found(bench, resent, "p3"), self.copies(bench)) == (None, [])


class TestForeignReceipts:
    """An answer with the id of a post that is another delivery's receipt."""

    @pytest.mark.parametrize("is_adopted", [False, True])
    def test_it_is_in_doubt(self, bench: Bench, is_adopted: bool) -> None:
        """Whatever the platform meant, it is not this one's; the reason names whose it is."""
        bench.enroll(
            plan("a"),
            plan("b", 1),
            spacing=timedelta(),
            published={KEY: Delivered(post_id="p1", url="https://example.org/p1")} if is_adopted else None,
        )
        if not is_adopted:
            bench.deliver()
        claim = bench.send(1)

        state = bench.answer(claim, Delivered(post_id="p1", url="https://example.org/p1"), 1)

        assert (state, bench.states()) == (State.IN_DOUBT, {"a": "delivered", "b": "in_doubt"})
        assert bench.ledger.history.get(claim.key).why.endswith(f"which is the receipt of {KEY}")
        assert bench.ledger.history.attempts(claim.key)[0].post_id is None

    def test_the_same_id_on_another_channel_is_another_post(self, bench: Bench) -> None:
        """Ids are a platform's own."""
        bench.enroll(plan("a"), plan("b", channel=PAGE))
        bench.deliver()

        state = bench.answer(bench.send(channel=PAGE), Delivered(post_id="p1", url="https://example.org/p1"))

        assert state is State.DELIVERED

    def test_one_that_comes_late_is_none_either(self, bench: Bench) -> None:
        """The claim was lost meanwhile: the delivery waits for its readings."""
        bench.enroll(plan("a"), plan("b", 1), spacing=timedelta())
        bench.deliver()
        claim = bench.send(1)
        bench.ledger.sweeping.sweep(at(2))

        state = bench.answer(claim, Delivered(post_id="p1", url="https://example.org/p1"), 3)

        assert (state, bench.states()["b"]) == (State.IN_DOUBT, "in_doubt")
