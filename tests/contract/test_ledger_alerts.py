"""What every ledger engine promises of alerts: each thing told, by one runner, and never in a storm."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.domain.delivery.delivery import InDoubt, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.delivery.alert import Alert
    from stormctl.domain.delivery.delivery import PlannedDelivery
    from tests.contract.conftest import Bench

    Plan = Callable[..., PlannedDelivery]

X = "x:migrants-day"
PAGE = "facebook:migrants-day"
PATIENCE = timedelta(seconds=40)
FAILED = Refused(reason="forbidden", code="403", for_good=True)


def gather(bench: Bench, minutes: float) -> None:
    """Look for news at a moment."""
    bench.ledger.alerts.gather(bench.at(minutes), PATIENCE)


def take(bench: Bench, minutes: float) -> Alert:
    """Look for news and take the message that must be due."""
    gather(bench, minutes)
    alert = bench.ledger.alerts.take(bench.at(minutes))
    assert alert is not None
    return alert


def find(bench: Bench, minutes: float) -> Alert | None:
    """Look for news and take the message that may be due."""
    gather(bench, minutes)
    return bench.ledger.alerts.take(bench.at(minutes))


def hear(bench: Bench, alert: Alert, minutes: float) -> None:
    """Write down that everybody took a message."""
    bench.ledger.alerts.close(alert, {"1 JSON"}, bench.at(minutes), is_whole=True)


def suspend(bench: Bench, minutes: float, channel: str = X) -> None:
    """Suspend a channel."""
    bench.ledger.channels.suspend(channel, "token dead", bench.at(minutes))


def kinds(alert: Alert) -> list[EventKind]:
    """Return the kinds of what a message tells."""
    return [notice.kind for notice in alert.notices]


class TestGathering:
    """What somebody must hear of is found in the history, whoever made it."""

    def test_a_suspension_is_told_with_its_storm_and_zone(self, bench: Bench, plan: Plan) -> None:
        """The event of a channel names no storm; the notice names the one that was enrolled last."""
        bench.enroll(plan("a"))
        suspend(bench, 0)

        alert = take(bench, 0.5)

        (notice,) = alert.notices
        assert (notice.kind, notice.storm_id, notice.channel) == (EventKind.SUSPENDED, "imd", X)
        assert (notice.timezone, notice.text) == ("America/New_York", f"{X} suspended: token dead")

    def test_what_goes_well_is_not_told(self, bench: Bench, plan: Plan) -> None:
        """A delivery of several is no news."""
        bench.enroll(plan("a"), plan("b", 60))
        bench.deliver()

        assert find(bench, 1) is None

    def test_missed_expired_and_failed_are_told_together(self, bench: Bench, plan: Plan) -> None:
        """What comes within some seconds is one message."""
        bench.enroll(plan("a"), plan("b", 1), plan("c", 30, expires_at=bench.at(31).at), plan("d", 99))
        bench.answer(bench.send(), FAILED)
        bench.ledger.sweeping.sweep(bench.at(40))

        alert = take(bench, 40.5)

        assert sorted(kinds(alert)) == [EventKind.EXPIRED, EventKind.FAILED, EventKind.MISSED]

    def test_a_doubt_that_settles_itself_is_no_alarm(self, bench: Bench, plan: Plan) -> None:
        """Found on the account before the patience is over: nobody is woken."""
        bench.enroll(plan("a"), plan("b", 60))
        bench.answer(bench.send(), InDoubt(reason="timed out"))
        early = find(bench, 0.5)
        (doubt,) = bench.ledger.doubts.open([X])
        bench.ledger.doubts.settle_delivered(doubt, "p1", "https://example.org/p1", bench.at(0.5), "found")

        later = find(bench, 2)

        assert (early, later) == (None, None)

    def test_a_doubt_that_stays_is_told_once(self, bench: Bench, plan: Plan) -> None:
        """After the patience it needs a person, or at least their eyes."""
        bench.enroll(plan("a"), plan("b", 60))
        bench.answer(bench.send(), InDoubt(reason="timed out"))

        alert = take(bench, 1)

        hear(bench, alert, 1)
        assert kinds(alert) == [EventKind.IN_DOUBT]
        assert alert.notices[0].key == "imd/x:migrants-day/a/en"
        assert find(bench, 30) is None

    def test_a_doubt_for_a_person_is_told_at_once_and_not_twice(self, bench: Bench, plan: Plan) -> None:
        """What is held doesn't come again as a doubt that stays."""
        bench.enroll(plan("a"), plan("b", 60))
        bench.answer(bench.send(), InDoubt(reason="timed out"))
        (doubt,) = bench.ledger.doubts.open([X])
        bench.ledger.doubts.hold(doubt, "one resembles it", bench.at(0))

        alert = take(bench, 0.1)

        hear(bench, alert, 0.1)
        assert kinds(alert) == [EventKind.HELD]
        assert find(bench, 5) is None

    def test_a_finished_storm_is_told_with_its_numbers(self, bench: Bench, plan: Plan) -> None:
        """The last settled delivery brings the sum."""
        bench.enroll(plan("a"), plan("b", 20))
        bench.deliver()
        unfinished = find(bench, 1)
        bench.answer(bench.send(20), FAILED, 20)

        alert = take(bench, 21)

        assert unfinished is None
        assert kinds(alert) == [EventKind.FAILED, EventKind.FINISHED]
        assert alert.notices[1].text == "imd: 1 delivered, 0 missed, 1 failed, 0 in doubt"

    def test_a_storm_with_a_doubt_for_a_person_is_finished(self, bench: Bench, plan: Plan) -> None:
        """Nothing more happens by itself; the doubt is counted."""
        bench.enroll(plan("a"))
        bench.answer(bench.send(), InDoubt(reason="timed out"))
        (doubt,) = bench.ledger.doubts.open([X])
        bench.ledger.doubts.hold(doubt, "one resembles it", bench.at(0))

        alert = take(bench, 0.5)

        assert alert.notices[-1].text == "imd: 0 delivered, 0 missed, 0 failed, 1 in doubt"

    def test_every_halt_and_resume_is_told(self, bench: Bench) -> None:
        """People make them one at a time, so none of them is held back."""
        told = []
        for minute in (0, 5):
            bench.ledger.halts.halt("all", None, "a tragedy", "alice", bench.at(minute))
            told.append(take(bench, minute + 1))
            bench.ledger.halts.resume(bench.at(minute + 2), "bob")
            told.append(take(bench, minute + 3))

        assert [kinds(alert) for alert in told] == [[EventKind.HALTED], [EventKind.RESUMED]] * 2
        assert told[0].notices[0].text == "everything halted by alice: a tragedy"

    def test_what_went_out_is_in_the_log(self, bench: Bench) -> None:
        """How many addresses took it, and what it said; that is no news itself."""
        suspend(bench, 0)
        suspend(bench, 0, PAGE)
        alert = take(bench, 1)
        hear(bench, alert, 1)

        told = [entry.event for entry in bench.ledger.history.log() if entry.event.kind is EventKind.ALERTED]

        assert [event.text for event in told] == [f"alerted 1 address: {X} suspended: token dead, and 1 more"]
        assert find(bench, 20) is None

    def test_an_alert_that_nobody_took_is_in_the_log_once_it_is_given_up(self, bench: Bench) -> None:
        """Not at each try."""
        suspend(bench, 0)
        alert = take(bench, 1)
        bench.ledger.alerts.close(alert, (), bench.at(1), is_whole=False)
        before = bench.ledger.history.log()[-1].event.kind

        bench.ledger.alerts.close(replace(alert, tries=5), (), bench.at(40), is_whole=False)

        assert before is EventKind.SUSPENDED
        assert bench.ledger.history.log()[-1].event.text.startswith("alerted nobody, no address took it: ")

    def test_what_is_old_is_no_news(self, bench: Bench) -> None:
        """Alerts that are set up later don't tell the whole history."""
        suspend(bench, 0)

        assert find(bench, 61) is None

    def test_what_the_history_does_not_hold_is_noted_once(self, bench: Bench) -> None:
        """While it waits, and for a while after it was told, the same is not noted again."""
        event = StormEvent(kind=EventKind.UNSERVED, at=bench.at(0).at, text="nobody", channel=X)
        for minute in (0, 0.05):
            bench.ledger.alerts.note(event, bench.at(minute))
        first = take(bench, 1)
        hear(bench, first, 1)
        bench.ledger.alerts.note(event, bench.at(10))
        early = find(bench, 11)

        bench.ledger.alerts.note(event, bench.at(17))

        assert len(first.notices) == 1
        assert early is None
        assert kinds(take(bench, 18)) == [EventKind.UNSERVED]


class TestPacing:
    """Alerts never storm."""

    def test_a_notice_waits_for_others(self, bench: Bench) -> None:
        """Some seconds, unless somebody asks for what there is."""
        suspend(bench, 0)
        gather(bench, 0)

        early = bench.ledger.alerts.take(bench.at(0.05))
        asked = bench.ledger.alerts.take(bench.at(0.05), patient=False)

        assert early is None
        assert asked is not None

    def test_one_message_a_minute(self, bench: Bench) -> None:
        """What comes after a message waits until a minute has passed, unless it can't wait."""
        suspend(bench, 0)
        hear(bench, take(bench, 0.1), 0.1)
        suspend(bench, 0.2, PAGE)

        early = find(bench, 1)
        later = take(bench, 1.1)

        hear(bench, later, 1.1)
        bench.ledger.halts.halt("all", None, "a tragedy", "alice", bench.at(1.2))
        gather(bench, 1.2)
        at_once = bench.ledger.alerts.take(bench.at(1.2), patient=False, pausing=False)
        assert early is None
        assert [notice.channel for notice in later.notices] == [PAGE]
        assert at_once is not None

    def test_the_same_subject_rests_and_then_tells_what_was_held_back(self, bench: Bench) -> None:
        """Within 15 minutes the same channel's suspension is not told again; after them, all of it is."""
        suspend(bench, 0)
        hear(bench, take(bench, 1), 1)
        for minute in (2, 9, 14):
            suspend(bench, minute)
        early = find(bench, 15.5)

        alert = take(bench, 16.5)

        assert early is None
        assert len(alert.notices) == 3
        assert alert.notices[0].told_at == bench.at(1).wall_at

    def test_three_runners_send_one_message(self, bench: Bench) -> None:
        """Whoever comes first takes it; the others find nothing, at whatever same moment they look."""
        suspend(bench, 0)
        ledgers = [bench.ledger, bench.reopen(), bench.reopen()]
        found: list[Alert | None] = []
        start = threading.Barrier(len(ledgers))

        def look(number: int) -> None:
            start.wait()
            ledgers[number].alerts.gather(bench.at(1), PATIENCE)
            found.append(ledgers[number].alerts.take(bench.at(1)))

        threads = [threading.Thread(target=look, args=(number,)) for number in range(len(ledgers))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        (alert,) = [each for each in found if each is not None]
        assert len(alert.notices) == 1


class TestClockSetBack:
    """A clock that was hours ahead and is set right keeps nobody from hearing."""

    def test_what_was_noted_ahead_is_told_now(self, bench: Bench) -> None:
        """It waited for others to come, by a clock that is not believed any more."""
        suspend(bench, 300)

        alert = take(bench, 1)

        assert kinds(alert) == [EventKind.SUSPENDED]

    def test_a_doubt_that_was_noted_ahead_is_told_now(self, bench: Bench, plan: Plan) -> None:
        """It has had its time, as far as anybody can tell."""
        bench.enroll(plan("a"), plan("b", 400))
        bench.answer(bench.send(), InDoubt(reason="timed out"), 300)

        alert = take(bench, 1)

        assert kinds(alert) == [EventKind.IN_DOUBT]

    def test_the_pause_after_an_alert_ahead_is_none(self, bench: Bench) -> None:
        """Neither for another subject, nor for the same one; after it the pause is kept again."""
        suspend(bench, 300)
        hear(bench, take(bench, 301), 301)
        suspend(bench, 1)
        same = take(bench, 1.5)
        hear(bench, same, 1.5)
        suspend(bench, 2, PAGE)

        early = find(bench, 2.4)
        later = take(bench, 2.6)

        assert [notice.channel for notice in same.notices] == [X]
        assert early is None
        assert [notice.channel for notice in later.notices] == [PAGE]

    def test_what_was_told_ahead_may_be_noted_again(self, bench: Bench) -> None:
        """An event that the history does not hold, such as a channel that nobody serves."""
        event = StormEvent(kind=EventKind.UNSERVED, at=bench.at(0).at, text="nobody", channel=X)
        bench.ledger.alerts.note(event, bench.at(300))
        hear(bench, take(bench, 301), 301)

        bench.ledger.alerts.note(event, bench.at(1))

        assert kinds(take(bench, 1.5)) == [EventKind.UNSERVED]

    def test_what_nobody_took_ahead_is_sent_again_now(self, bench: Bench) -> None:
        """And then as ever: a minute later at the earliest."""
        suspend(bench, 300)
        first = take(bench, 301)
        bench.ledger.alerts.close(first, (), bench.at(301), is_whole=False)

        again = take(bench, 1)
        early = find(bench, 1.5)

        assert (again.id, again.tries) == (first.id, 2)
        assert early is None


class TestRetrying:
    """A message that was not taken is sent again, and not for ever."""

    def test_a_message_that_nobody_took_comes_again_and_ends(self, bench: Bench) -> None:
        """After 1, 2, 4 and 8 minutes; five tries in all."""
        suspend(bench, 0)
        tried = []
        for second in range(0, 3600, 30):
            alert = find(bench, second / 60)
            if alert is not None:
                tried.append((second / 60, alert.tries))
                bench.ledger.alerts.close(alert, (), bench.at(second / 60), is_whole=False)

        assert tried == [(0.5, 1), (1.5, 2), (3.5, 3), (7.5, 4), (15.5, 5)]

    def test_addresses_that_have_it_are_remembered(self, bench: Bench) -> None:
        """Another process that sends it again knows who has it."""
        suspend(bench, 0)
        first = take(bench, 1)
        bench.ledger.alerts.close(first, {"2 Telegram"}, bench.at(1), is_whole=False)

        again = bench.reopen().alerts.take(bench.at(2.5))

        assert again is not None
        assert (again.id, again.heard) == (first.id, frozenset({"2 Telegram"}))
        assert again.notices == first.notices

    def test_news_go_before_what_is_sent_again(self, bench: Bench) -> None:
        """One address that takes nothing must not hold up the others."""
        suspend(bench, 0)
        first = take(bench, 1)
        bench.ledger.alerts.close(first, (), bench.at(1), is_whole=False)
        suspend(bench, 1.5, PAGE)

        news = take(bench, 2.5)

        hear(bench, news, 2.5)
        assert [notice.channel for notice in news.notices] == [PAGE]
        assert take(bench, 4).id == first.id

    def test_a_message_outlives_the_runner_that_took_it(self, bench: Bench) -> None:
        """It died before it could say who has heard: another one sends it a minute later."""
        suspend(bench, 0)
        lost = take(bench, 1)

        assert take(bench, 2).id == lost.id


def test_nothing_is_written_while_there_is_no_news(bench: Bench, plan: Plan) -> None:
    """A look that finds nothing leaves the gate to those who publish."""
    bench.enroll(plan("a"))
    gather(bench, 0)
    with bench.ledger._database.transaction():
        gather(bench, 1)

        assert bench.ledger.alerts.take(bench.at(1)) is None


def test_a_late_receipt_of_another_post_is_told_as_posted_twice(bench: Bench, plan: Plan) -> None:
    """An answer that proves two posts of one delivery must reach a person."""
    bench.enroll(plan("a", grace=timedelta(hours=9)), plan("b", 600))
    lost = bench.send()
    bench.ledger.sweeping.sweep(bench.at(1))
    (doubt,) = bench.ledger.doubts.open([X])
    bench.ledger.doubts.settle_delivered(doubt, "p7", "https://example.org/p7", bench.at(1), "found")
    bench.answer(lost, bench.receipt(), 2)

    alert = take(bench, 3)

    assert kinds(alert) == [EventKind.POSTED_TWICE]
    assert "https://example.org/p7" in alert.notices[0].text
