"""What tells a runner that it need not ask: nobody has written, and no time has come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.bank.message import LatePolicy, Media, MediaKind
from stormctl.domain.delivery.delivery import InDoubt, Refused
from stormctl.errors import LedgerRewoundError
from tests.contract.conftest import X, at, plan
from tests.contract.crowd import CHANNELS, SENT
from tests.factories import release

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from stormctl.ledger.ledger import Ledger
    from tests.contract.conftest import Bench

PAGE = "facebook:migrants-day"
DOUBT = InDoubt(reason="timed out")
LONG = timedelta(hours=8)
PICTURE = Media(
    file="images/boat.png", alt="A boat", kind=MediaKind.IMAGE, mime="image/png", digest="d1", size=4
)


@pytest.fixture
def other(bench: Bench) -> Ledger:
    """The ledger as another process has it open."""
    return bench.reopen()


class TestChanges:
    """They are equal as long as nobody has written anything that a runner asks about."""

    def test_reading_and_signs_of_life_are_no_news(self, bench: Bench, other: Ledger) -> None:
        """A runner that waits beats every few seconds, and has nothing to ask after it."""
        bench.enroll(plan("a"), plan("b", 5, channel=PAGE))
        runner = bench.ledger.runners.register("daemon", "h", 1, at(-1))
        before = bench.ledger.changes()

        for minutes in range(3):
            bench.ledger.runners.beat(runner, at(minutes), channels=[X, PAGE])
            bench.ledger.halts.acknowledge(runner, at(minutes))
            bench.ledger.backlog.next_dues(at(minutes), [X, PAGE])
            other.backlog.next_decision(at(minutes))

        assert bench.ledger.changes() == before

    @pytest.mark.parametrize("is_own", [True, False])
    def test_whatever_is_written_is_news(self, bench: Bench, other: Ledger, is_own: bool) -> None:
        """Each step of people and of runners, by this process or by another one."""
        ledger, seen = other if not is_own else bench.ledger, [bench.ledger.changes()]
        bench.enroll(plan("a"), plan("b", 1, channel=PAGE))
        seen.append(bench.ledger.changes())
        claims: list[Any] = []
        steps: list[Callable[[], object]] = [
            lambda: ledger.halts.halt("topic", "rights", "wait", "ana", at(0)),
            lambda: ledger.halts.resume(at(0), "ana"),
            lambda: ledger.channels.suspend(PAGE, "blocked", at(0)),
            lambda: release(ledger, PAGE, at(0)),
            lambda: claims.append(ledger.outbox.claim(X, "r1", at(0), timedelta(seconds=20))),
            lambda: ledger.outbox.mark_sending(claims[0], at(0)),
            lambda: ledger.outbox.record(claims[0], bench.receipt(), at(0)),
            lambda: ledger.metrics.mark_read(["imd/x:migrants-day/a/en"], at(61)),
            lambda: ledger.media.record_upload(X, PICTURE, "m1", None, at(0)),
        ]

        for step in steps:
            step()
            seen.append(bench.ledger.changes())

        assert [one == two for one, two in pairwise(seen)] == [False] * (len(steps) + 1)

    def test_a_gap_that_a_sign_of_life_notes_is_news(self, bench: Bench, other: Ledger) -> None:
        """What was due is in doubt from then on, and the accounts are to be read."""
        bench.enroll(plan("a", grace=LONG), plan("b", 99))
        runner = bench.ledger.runners.register("daemon", "h", 1, at(-1))
        ((pulse,),) = bench.execute("SELECT value FROM meta WHERE key = 'pulse'")
        bench.ledger.runners.beat(runner, at(0), channels=[X])
        before = bench.ledger.changes()
        bench.execute(f"UPDATE meta SET value = '{pulse}' WHERE key = 'pulse'")  # noqa: S608 - a number

        with pytest.raises(LedgerRewoundError):
            bench.ledger.changes()
        must_renew = bench.ledger.fingerprint_check.must_renew()
        bench.ledger.runners.beat(runner, at(1), channels=[X])

        assert must_renew
        assert [doubt.key for doubt in other.doubts.open([X])] == ["imd/x:migrants-day/a/en"]
        assert bench.ledger.changes() != before


class TestRest:
    """Until when a sweep would do nothing if nobody writes."""

    @pytest.fixture(autouse=True)
    def _settled(self, bench: Bench) -> None:
        """What others are late with is given up before."""
        bench.ledger.sweeping.sweep(at(0))

    def _until(self, bench: Bench, minutes: float = 0) -> tuple[datetime | None, datetime | None]:
        found = bench.ledger.backlog.next_decision(at(minutes))
        return found.at, found.wall_at

    def test_it_lasts_until_the_next_deadline_or_end_of_a_grace(self, bench: Bench) -> None:
        """Whichever comes first over all storms and channels; then a sweep has something to do."""
        bench.enroll(plan("a", 10), plan("b", 20, expires_at=at(22).at), plan("c", 40, channel=PAGE))

        found = []
        for minutes in (0, 22, 25.1, 55.1):
            found.append(self._until(bench, minutes)[0])
            bench.ledger.sweeping.sweep(at(minutes))

        assert found == [at(22).at, at(22).at, at(25.1).at, at(55.1).at]

    def test_it_ends_with_a_lease(self, bench: Bench) -> None:
        """In real time; the crowd's own claims last for years."""
        bench.enroll(plan("a"), plan("b", channel=PAGE))
        bench.claim()
        claim = bench.claim(channel=PAGE)

        assert self._until(bench)[1] == claim.lease_until
        assert bench.ledger.backlog.next_decision(at(0, wall_s=20)).is_due(at(0, wall_s=20))

    def test_parts_whose_thread_ended_end_it(self, bench: Bench) -> None:
        """They are given up by the next sweep, unless a halt keeps them."""
        bench.enroll(plan("a", 10, part=1), plan("a", 10, part=2, text="And", topic="rights"))
        before = bench.ledger.backlog.next_decision(at(0)).is_due(at(0))
        bench.ledger.manual.cancel(["imd/x:migrants-day/a/en/1"], "ana", at(0))
        ended = bench.ledger.backlog.next_decision(at(0)).is_due(at(0))
        bench.ledger.halts.halt("topic", "rights", "wait", "ana", at(0))

        assert (before, ended, bench.ledger.backlog.next_decision(at(0)).is_due(at(0))) == (
            False,
            True,
            False,
        )

    def test_what_was_sent_again_ends_it(self, bench: Bench) -> None:
        """Its readings are entered by the next sweep."""
        bench.enroll(plan("a", grace=LONG), plan("b", 90), spacing=timedelta())
        bench.answer(bench.send(), DOUBT)
        (doubt,) = bench.ledger.doubts.open([X])
        for wall_s in (10, 70):
            bench.ledger.doubts.record_reading(doubt, at(0, wall_s=wall_s), complete=True, reason="")
        assert bench.prove_absent(doubt, at(1.2))
        before = bench.ledger.backlog.next_decision(at(1.2)).is_due(at(1.2))
        bench.deliver(2)
        found = bench.ledger.backlog.next_decision(at(2)).is_due(at(2))
        bench.ledger.sweeping.sweep(at(2))

        assert (before, found, bench.ledger.backlog.next_decision(at(2)).is_due(at(2))) == (
            False,
            True,
            False,
        )

    def test_what_is_halted_or_waits_on_a_suspended_channel_does_not_end_it(self, bench: Bench) -> None:
        """A sweep leaves it as it is, however late."""
        bench.enroll(
            plan("a", 10, topic="rights"),
            plan("b", 10, channel=PAGE, late=LatePolicy.SPREAD, window_end_at=at(600).at),
            plan("c", 99),
        )
        bench.ledger.halts.halt("topic", "rights", "wait", "ana", at(0))
        bench.ledger.channels.suspend(PAGE, "blocked", at(0))

        assert self._until(bench, 60)[0] == at(99 + 15).at


def test_a_snapshot_holds_while_others_write(bench: Bench, other: Ledger) -> None:
    """Several questions are asked of one state of the ledger; the next ones of the newest."""
    bench.enroll(plan("a"), plan("b", 5, channel=PAGE))
    backlog = bench.ledger.backlog

    with bench.ledger.snapshot():
        before = backlog.next_dues(at(0), [X]).get(X), backlog.in_flight([X])
        other.outbox.claim(X, "r1", at(0), timedelta(seconds=20))
        meanwhile = backlog.next_dues(at(0), [X]).get(X), backlog.in_flight([X])

    assert before == meanwhile == (at(0).at, 0)
    assert (backlog.next_dues(at(0), [X]).get(X), backlog.in_flight([X])) == (None, 1)


class TestAllChannels:
    """One question for all channels finds what one a channel does."""

    def test_doubts_and_readings_of_all_channels(self, bench: Bench) -> None:
        """With those of other storms."""
        bench.enroll(plan("a"), plan("b", channel=PAGE))
        for channel in (X, PAGE):
            bench.answer(bench.send(channel=channel), DOUBT)

        found = bench.ledger.doubts.open()

        by_channel = [
            doubt for channel in (X, PAGE, *CHANNELS) for doubt in bench.ledger.doubts.open([channel])
        ]
        assert sorted(doubt.key for doubt in found) == sorted(doubt.key for doubt in by_channel)
        assert {str(doubt.channel) for doubt in found} == {X, PAGE, *CHANNELS}

    def test_media_of_all_channels_and_when_more_comes(self, bench: Bench) -> None:
        """The next slot with media counts, on whichever channel, as long as it is planned."""
        later = {name: (replace(PICTURE, digest=name),) for name in ("d2", "d3", "d4")}
        bench.enroll(
            plan("a", media=(PICTURE,)),
            plan("b", 1, media=later["d2"], channel=PAGE),
            plan("c", 6),
            plan("d", 8, media=later["d3"], channel=PAGE),
            plan("e", 7, media=later["d4"]),
        )
        backlog = bench.ledger.backlog

        found = backlog.to_prepare(at(0), timedelta(minutes=5))
        slots = [backlog.next_media_slot(at(minutes).at) for minutes in (5, 7, 8)]
        bench.ledger.manual.cancel([f"imd/{X}/e/en"], "ana", at(0))

        assert found == [(X, PICTURE), (PAGE, later["d2"][0])]
        assert slots == [at(7).at, at(8).at, None]
        assert backlog.next_media_slot(at(5).at) == at(8).at

    def test_when_each_channel_is_read_next(self, bench: Bench) -> None:
        """The oldest post that was not read since it reached an age; what the crowd sent is long read."""
        bench.enroll(plan("a"), plan("b", 30), plan("c", channel=PAGE), plan("d", 1, channel="x:failing"))
        metrics, ages = bench.ledger.metrics, [timedelta(minutes=10), timedelta(minutes=60)]
        for minutes, channel in ((0, X), (30, X), (2, PAGE)):
            bench.deliver(minutes, channel)
        bench.answer(bench.send(1, "x:failing"), Refused(reason="no", code="403", for_good=True), 1)
        crowd = dict.fromkeys(CHANNELS, at(SENT + 60).at)

        before = metrics.next_due(ages)
        metrics.mark_read([f"imd/{X}/a/en"], at(11))
        after = metrics.next_due(ages)

        assert {name: at for name, at in before.items() if name not in crowd} == {
            X: at(10).at,
            PAGE: at(12).at,
        }
        assert after[X] == at(40).at
        metrics.mark_read([f"imd/{X}/b/en"], at(41))
        assert metrics.next_due(ages)[X] == at(60).at

    def test_receipts_of_a_storm_by_channel(self, bench: Bench) -> None:
        """In order of their slots, without those of other storms and what is not delivered any more."""
        names = ("a", "b", "c")
        bench.enroll(
            *(plan(name, slot, channel=channel) for channel in (X, PAGE) for slot, name in enumerate(names)),
            spacing=timedelta(),
        )
        for channel in (X, PAGE):
            for minutes in (1, 2, 3):
                bench.deliver(minutes, channel)
        gone = bench.ledger.history.get(f"imd/{PAGE}/b/en")
        bench.ledger.manual.retracted(gone.key, str(gone.post_id), "ana", at(4))

        found = bench.ledger.metrics.receipts("imd", at(3).at)

        assert {name: list(posts) for name, posts in found.items()} == {
            X: [f"imd/{X}/{name}/en" for name in names],
            PAGE: [f"imd/{PAGE}/{name}/en" for name in ("a", "c")],
        }
        early = bench.ledger.metrics.receipts("imd", at(2).at)
        assert {name: list(posts) for name, posts in early.items()} == {
            X: [f"imd/{X}/{name}/en" for name in ("b", "c")],
            PAGE: [f"imd/{PAGE}/c/en"],
        }
        assert bench.ledger.metrics.receipts("other", at(3).at) == {}

    def test_in_flight_counts_only_the_channels_that_are_asked_for(self, bench: Bench) -> None:
        """What is claimed, and what is in doubt and not held."""
        bench.enroll(plan("a"), plan("b", channel=PAGE), plan("c", 1, channel=PAGE))
        bench.claim()
        bench.answer(bench.send(channel=PAGE), DOUBT)
        bench.claim(10, PAGE)

        in_flight = bench.ledger.backlog.in_flight

        assert [in_flight(names) for names in ([X], [PAGE], [X, PAGE], ["x:nobody"], [])] == [1, 2, 3, 0, 0]
