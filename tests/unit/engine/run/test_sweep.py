"""What a runner tells after sleep or absence, and how it meets a clock that was set."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import InDoubt, NotSent, State
from stormctl.engine.run.sweep import Sweep
from stormctl.platforms.adapter import Verification
from tests.factories import ACME, PAGE, make_delivery, make_terms, recent_events

if TYPE_CHECKING:
    from datetime import datetime

    from stormctl.domain.base.event import StormEvent
    from tests.unit.engine.conftest import Bench

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def _sweeper(bench: Bench, kind: str = "launch", last_seen_at: datetime | None = None) -> Sweep:
    sweeper = Sweep(bench.equipment, lambda: [ACME, PAGE], kind, last_seen_at)
    sweeper.sweep()
    return sweeper


def _told(bench: Bench, kind: EventKind = EventKind.WOKEN) -> list[str]:
    """Return what was told of a kind, to the listener and to the history alike."""
    kept = [event.text for event in recent_events(bench.ledger, 99) if event.kind is kind]
    assert kept == bench.events.texts(kind)
    return kept


def _kinds(events: tuple[StormEvent, ...]) -> list[EventKind]:
    return [event.kind for event in events]


def _platforms_say(bench: Bench, offset: timedelta | None) -> None:
    """Let every platform send a Date that lies so far ahead of our clock."""
    for platform in bench.platforms.platforms.values():
        account = platform.verification.account
        offset_s = None if offset is None else offset.total_seconds()
        platform.verification = Verification(account=account, clock_offset_s=offset_s)


class TestReport:
    """What sleep and absence brought, in one line."""

    def test_after_sleep_it_counts_what_the_sweep_did(self, bench: Bench) -> None:
        """Late ones in all, then what became of them; times in the storm's zone, with its name."""
        end = bench.clock.at + 9 * HOUR
        spread = [
            make_delivery(
                f"s{n}", late=LatePolicy.SPREAD, window_end_at=end, slot_at=bench.clock.at + n * MINUTE
            )
            for n in range(2)
        ]
        bench.enroll(
            *spread,
            make_delivery("skip", slot_at=bench.clock.at + MINUTE),
            make_delivery("send", slot_at=bench.clock.at + MINUTE, late=LatePolicy.SEND),
            make_delivery("expiring", slot_at=bench.clock.at + MINUTE, expires_at=bench.clock.at + HOUR),
            make_delivery("coming", slot_at=end),
        )
        sweeper = _sweeper(bench)
        bench.clock.move(4 * HOUR + 30 * MINUTE)

        sweeper.sweep()

        assert _told(bench) == ["asleep 12:00–16:30 EST: 5 late, 2 re-spread, 1 expired, 1 missed"]

    def test_sleep_in_which_nothing_was_due_is_told_too(self, bench: Bench) -> None:
        """Whoever closed the laptop learns that it did no harm; without a storm's zone it is UTC."""
        sweeper = _sweeper(bench)
        bench.clock.move(24 * HOUR)

        sweeper.sweep()

        assert _told(bench) == ["asleep 2026-12-18 17:00–2026-12-19 17:00 UTC: nothing was due"]

    def test_a_minute_is_no_sleep(self, bench: Bench) -> None:
        """A busy machine is not told of."""
        sweeper = _sweeper(bench)
        bench.clock.move(MINUTE)

        sweeper.sweep()

        assert _told(bench) == []

    @pytest.mark.parametrize(
        ("kind", "minutes", "told"),
        [
            ("launch", 20, ["no runner was running 12:00–12:20 EST: 1 late, 1 missed"]),
            ("launch", 1, []),
            ("tick", 2, []),
            ("tick", 3, ["no runner was running 12:00–12:03 EST: 1 late"]),
        ],
    )
    def test_absence_is_told_by_the_next_runner(
        self, bench: Bench, kind: str, minutes: int, told: list[str]
    ) -> None:
        """More than a minute without any runner; a cron leaves the ledger alone for longer."""
        bench.clock.move(-HOUR)
        bench.enroll(make_delivery(slot_at=bench.clock.at + HOUR + SECOND))
        left_at = bench.clock.move(HOUR).wall_at
        bench.clock.move(minutes * MINUTE)

        sweeper = _sweeper(bench, kind, left_at)
        sweeper.sweep()

        assert _told(bench) == told

    def test_absence_before_the_enrolment_is_nobodys_fault(self, bench: Bench) -> None:
        """Yesterday's runner has nothing to do with what was enrolled today."""
        left_at = bench.clock.moment().wall_at
        bench.clock.move(20 * HOUR)
        bench.enroll(make_delivery(slot_at=bench.clock.at - HOUR))

        _sweeper(bench, "launch", left_at)

        assert _told(bench) == []


class TestLeap:
    """A clock that leapt ahead is not believed before somebody else's agrees."""

    def _leap(self, bench: Bench, offset: timedelta | None) -> Sweep:
        """Let an hour be missing, with something that it would make missed."""
        bench.enroll(make_delivery(slot_at=bench.clock.at + 10 * MINUTE))
        sweeper = _sweeper(bench)
        _platforms_say(bench, offset)
        bench.x.verifications = bench.facebook.verifications = 0
        bench.clock.set_by(HOUR)
        return sweeper

    def test_nothing_is_given_up_while_a_platform_says_otherwise(self, bench: Bench) -> None:
        """However long it takes; set right again, the clock is believed, and nothing was lost."""
        sweeper = self._leap(bench, -HOUR)
        for _ in range(10):
            assert sweeper.sweep() == ()
            bench.clock.move(MINUTE)
        held = (sweeper.must_wait(), bench.state())

        bench.clock.set_by(-HOUR)
        sweeper.sweep()

        assert held == (True, State.PLANNED)
        assert not sweeper.must_wait()
        assert [text.split(":")[0] for text in _told(bench, EventKind.WARNING)] == [
            "the clock jumped ahead by 1h",
            "the clock is 1h ahead of a platform's",
            "the clock is right again",
        ]

    def test_a_platform_that_agrees_confirms_it(self, bench: Bench) -> None:
        """At once: the clock was wrong before, and what is late is late."""
        sweeper = self._leap(bench, timedelta())

        events = sweeper.sweep()

        assert _kinds(events) == [EventKind.MISSED]
        assert not sweeper.must_wait()
        assert _told(bench, EventKind.WARNING)[-1] == "a platform confirms the clock: continuing"

    def test_where_nobody_answers_it_goes_on_after_two_minutes(self, bench: Bench) -> None:
        """Without a network a machine must not stand still for ever; questions cost, so few are asked."""
        sweeper = self._leap(bench, None)
        held = []
        for _ in range(119):
            held.append((sweeper.sweep(), sweeper.must_wait()))
            bench.clock.move(SECOND)
        bench.clock.move(SECOND)

        events = sweeper.sweep()

        assert held == [((), True)] * 119
        assert _kinds(events) == [EventKind.MISSED]
        assert bench.x.verifications <= 5
        assert _told(bench, EventKind.WARNING)[-1] == "the clock could not be confirmed: continuing with it"

    def test_the_platform_that_is_free_is_asked_first(self, bench: Bench) -> None:
        """Facebook's answer costs nothing; where it suffices, X is not asked."""
        sweeper = self._leap(bench, timedelta())

        sweeper.sweep()

        assert (bench.facebook.verifications, bench.x.verifications) == (1, 0)

    def test_a_small_step_is_told_and_no_more(self, bench: Bench) -> None:
        """Ninety seconds ahead are a correction; the amount is told."""
        sweeper = _sweeper(bench)
        bench.clock.set_by(90 * SECOND)

        sweeper.sweep()

        assert _told(bench, EventKind.WARNING) == ["the clock was set ahead by 1m30s"]


class TestStart:
    """What guards leaps guards the first sweep: a clock that nobody has compared is not believed."""

    def _start(self, bench: Bench, told: timedelta | None = None, kind: str = "daemon") -> Sweep:
        """Start a runner with something due, something late, and something past its deadline."""
        bench.enroll(
            make_delivery("due", slot_at=bench.clock.at),
            make_delivery("late", channel=PAGE, slot_at=bench.clock.at - 9 * HOUR),
            make_delivery("over", slot_at=bench.clock.at - HOUR, expires_at=bench.clock.at - MINUTE),
        )
        news = iter([told])
        return Sweep(bench.equipment, lambda: [ACME, PAGE], kind, None, lambda: next(news, None))

    @pytest.mark.parametrize("kind", ["launch", "daemon", "tick"])
    @pytest.mark.parametrize("off", [-61 * MINUTE, 61 * MINUTE, -3 * MINUTE, -2 * HOUR])
    def test_a_wrong_clock_sends_and_gives_up_nothing(self, bench: Bench, off: timedelta, kind: str) -> None:
        """It is told once, in whichever direction it is wrong, and waits until it is set right."""
        _platforms_say(bench, off)
        sweeper = self._start(bench, kind=kind)

        events = [sweeper.sweep() for _ in range(5)]

        (warning,) = _told(bench, EventKind.WARNING)
        assert events == [()] * 5
        assert sweeper.must_wait()
        assert set(bench.states().values()) == {State.PLANNED}
        assert "of a platform's: correct it" in warning or "behind a platform's: correct it" in warning

    def test_set_right_it_is_believed_at_once(self, bench: Bench) -> None:
        """A platform is asked again as soon as the clock was set, not after half a minute."""
        _platforms_say(bench, -61 * MINUTE)
        sweeper = self._start(bench)
        sweeper.sweep()
        bench.clock.set_by(-61 * MINUTE)
        bench.clock.move(SECOND)
        _platforms_say(bench, timedelta())

        events = sweeper.sweep()

        assert events != ()
        assert not sweeper.must_wait()
        assert _told(bench, EventKind.WARNING)[-1] == "a platform confirms the clock: continuing"

    def test_a_clock_that_was_compared_just_now_is_not_compared_again(self, bench: Bench) -> None:
        """Who verified the channels has heard the time: on X another question would cost."""
        _platforms_say(bench, -2 * HOUR)
        sweeper = self._start(bench, told=120 * SECOND)

        events = sweeper.sweep()

        assert {event.kind for event in events} == {EventKind.MISSED, EventKind.EXPIRED}
        assert (bench.facebook.verifications, bench.x.verifications) == (0, 0)
        assert _told(bench, EventKind.WARNING) == ["the clock is 2m behind a platform's"]

    def test_offline_it_is_believed_after_two_minutes(self, bench: Bench) -> None:
        """Nobody answers on either platform; X's channels are not waited for one after the other."""
        for platform in bench.platforms.platforms.values():
            platform.verification = Verification(account=None)
        sweeper = self._start(bench)
        held = []
        for _ in range(120):
            held.append(sweeper.sweep())
            bench.clock.move(SECOND)

        events = sweeper.sweep()

        assert held == [()] * 120
        assert events != ()
        assert bench.x.verifications == 5
        assert _told(bench, EventKind.WARNING) == [
            "the clock is not confirmed yet: nothing is published or given up",
            "the clock could not be confirmed: continuing with it",
        ]

    def test_without_anything_to_do_nobody_is_asked(self, bench: Bench) -> None:
        """An idle daemon stays quiet, and its patience begins with the first storm."""
        sweeper = Sweep(bench.equipment, lambda: [ACME, PAGE], "daemon", None)
        sweeper.sweep()
        bench.clock.move(HOUR)
        sweeper.sweep()
        idle = (bench.facebook.verifications, _told(bench, EventKind.WARNING))
        bench.facebook.verification = Verification(account=None)
        bench.x.verification = Verification(account=None)
        bench.enroll(make_delivery("late", slot_at=bench.clock.at - 9 * HOUR))

        events = sweeper.sweep()

        assert idle == (0, [])
        assert (events, sweeper.must_wait()) == ((), True)

    @pytest.mark.parametrize(
        ("platforms", "told"),
        [
            (timedelta(), "the clock of the ledger's server is 1h ahead of a platform's"),
            (HOUR, None),
            (3 * HOUR, "the clock of the ledger's server is 2h behind a platform's"),
        ],
    )
    def test_with_a_server_its_clock_counts(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch, platforms: timedelta, told: str | None
    ) -> None:
        """An hour ahead of this machine's; it alone is compared, and named."""
        monkeypatch.setattr(bench.ledger, "path", None)
        monkeypatch.setattr(bench.ledger, "clock_offset", lambda: HOUR)
        _platforms_say(bench, platforms)
        sweeper = self._start(bench)

        sweeper.sweep()

        told_first = [text.split(":")[0] for text in _told(bench, EventKind.WARNING)]
        assert told_first == ([told] if told else [])
        assert sweeper.must_wait() == (told is not None)

    def test_a_rehearsal_asks_nobody(self, bench: Bench) -> None:
        """Its platforms are on the same machine, and its storm's clock is another day's."""
        _platforms_say(bench, -2 * HOUR)
        sweeper = self._start(bench, kind="rehearsal")

        sweeper.sweep()

        assert not sweeper.must_wait()
        assert bench.facebook.verifications == 0


class TestSetBack:
    """A clock that was set back must not leave anything waiting for the time that it had shown."""

    def test_leases_and_pauses_end_as_if_they_had_begun_now(self, bench: Bench) -> None:
        """A claim of a runner that died, and a pause, five hours ahead: seconds and minutes from now."""
        bench.enroll(*(make_delivery(f"m{n}", late=LatePolicy.SEND, grace=9 * HOUR) for n in range(5)))
        bench.x.script.extend([InDoubt(reason="timed out")] * 3)
        bench.serve()
        sweeper = _sweeper(bench)
        bench.clock.set_by(-5 * HOUR)
        sweeper.sweep()
        bench.clock.move(5 * HOUR - 3 * MINUTE)  # the slots are due again, the wrong time is still ahead

        due = bench.ledger.backlog.next_dues(bench.clock.moment(), [str(ACME)]).get(str(ACME))

        assert due == bench.clock.at + 3 * MINUTE
        assert _told(bench, EventKind.WARNING) == ["the clock was set back by 5h"]

    def test_a_post_that_was_answered_in_the_wrong_hour_does_not_wait_for_it(self, bench: Bench) -> None:
        """Claimed before the clock was set ahead, its rest was reckoned after it: seconds from now do."""
        bench.enroll(
            make_delivery("m1", slot_at=bench.clock.at, late=LatePolicy.SEND),
            make_delivery("m2", slot_at=bench.clock.at + 9 * HOUR),
        )
        sweeper = _sweeper(bench)
        outbox = bench.ledger.outbox
        claim = outbox.claim(
            str(ACME), bench.runner_id, bench.clock.moment(), bench.equipment.durations.lease
        )
        assert claim is not None
        bench.clock.move(SECOND)
        bench.clock.set_by(HOUR)
        retry_at = bench.clock.at + 7 * SECOND
        outcome = NotSent(reason="the lease ran out")
        outbox.record(claim, outcome, bench.clock.moment(), retry_at=retry_at)
        sweeper.sweep()
        bench.clock.set_by(-HOUR)

        sweeper.sweep()

        due = bench.ledger.backlog.next_dues(bench.clock.moment(), [str(ACME)]).get(str(ACME))
        assert due == bench.clock.at + bench.equipment.durations.lease

    def test_a_lost_claim_is_released_after_a_lease_from_now(self, bench: Bench) -> None:
        """Nobody waits five hours for a lease of twenty seconds."""
        bench.enroll(make_delivery())
        lease = bench.equipment.durations.lease
        bench.ledger.outbox.claim(str(ACME), "dead", bench.clock.moment(), lease)
        sweeper = _sweeper(bench)
        bench.clock.set_by(-5 * HOUR)
        sweeper.sweep()
        bench.clock.move(lease + 6 * SECOND)

        events = sweeper.sweep()

        assert _kinds(events) == [EventKind.NOT_SENT]

    def test_a_doubt_is_read_from_early_enough(self, bench: Bench) -> None:
        """A clock five hours ahead wrote the moment of sending: a reading from there would find nothing."""
        bench.enroll(make_delivery())
        bench.x.script.append(InDoubt(reason="timed out"))
        bench.serve()
        sweeper = _sweeper(bench)
        bench.clock.set_by(-5 * HOUR)

        sweeper.sweep()

        (doubt,) = bench.ledger.doubts.open([str(ACME)])
        assert doubt.sending_at <= bench.clock.at
        assert doubt.sending_wall_at == bench.clock.wall_at

    def test_a_new_runner_mends_what_it_finds(self, bench: Bench) -> None:
        """Set back while nobody ran: by how much is unknown, so the account is read from a day before on."""
        bench.enroll(make_delivery())
        bench.x.script.append(InDoubt(reason="timed out"))
        bench.serve()
        bench.clock.set_by(-5 * HOUR)

        _sweeper(bench)

        (doubt,) = bench.ledger.doubts.open([str(ACME)])
        assert doubt.sending_at == bench.clock.at - 24 * HOUR


class TestBudget:
    """Money that is spent is told with the sweep."""

    def test_a_spent_budget_is_among_what_happened(self, bench: Bench) -> None:
        """Once: the next sweep has nothing to say."""
        bench.ledger.enrolment.enroll(
            make_terms(budget_usd_micros=10), [make_delivery(price_usd_micros=11)], bench.clock.moment()
        )
        sweeper = Sweep(bench.equipment, lambda: [ACME], "launch", None)

        first, second = sweeper.sweep(), sweeper.sweep()

        assert (_kinds(first), second) == ([EventKind.BUDGET_SPENT], ())
