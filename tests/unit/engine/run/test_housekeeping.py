"""A sweep asks the ledger only where anybody has written, or a time has come; and misses nothing for that."""

from __future__ import annotations

import socket
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import InDoubt, State
from stormctl.domain.platforms.channel import ChannelId, Platform
from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.reach import MetricReading
from stormctl.domain.report.readings import AGES, BATCH
from stormctl.engine.deliver.uploader import AHEAD
from stormctl.engine.run.housekeeping import ASK_AGAIN
from stormctl.engine.run.runner import Runner
from stormctl.engine.run.served_channels import ServedChannels
from stormctl.errors import CredentialsError, LedgerError
from stormctl.ledger.db.sessions import Session
from stormctl.ledger.ledger import open_ledger
from tests.factories import ACME, PAGE, make_delivery, make_media
from tests.fakes import FakePlatforms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from stormctl.domain.base.clock import Moment
    from stormctl.ledger.ledger import Ledger
    from tests.unit.engine.conftest import Bench

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
PATIENCE_S = 10
SIGN_OF_LIFE = {"identity", "set_meta", "beat"}


@pytest.fixture
def other(bench: Bench, tmp_path: Path) -> Iterator[Ledger]:  # noqa: ARG001 - the ledger is made before
    """The ledger as another process has it open."""
    with closing(open_ledger("sqlite:///ledger.db", root=tmp_path)) as ledger:
        yield ledger


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of all queries from now on."""
    names: list[str] = []
    execute = Session._execute

    def note(self: Session, name: str, values: dict[str, Any]) -> Any:
        names.append(name)
        return execute(self, name, values)

    monkeypatch.setattr(Session, "_execute", note)
    return names


class Sweeper:
    """A runner that sweeps when it is told to, and has finished what a sweep starts when that returns."""

    def __init__(self, bench: Bench, channels: Sequence[ChannelId] = (ACME, PAGE)) -> None:
        self._bench = bench
        bench.clock.hurry = lambda _find: None  # type: ignore[method-assign, assignment]  # real time
        self.runner = Runner(
            bench.equipment, kind="rehearsal", channels=lambda: channels
        )  # its clock is right
        self.runner._scheduler.begin()

    def sweep(self, after: timedelta = SECOND) -> None:
        """Let time pass, sweep, and wait for what was started."""
        self._bench.clock.move(after)
        self.runner._sweep()
        scheduler = self.runner._scheduler
        for lane in (scheduler._publishing, scheduler._reading):
            while lane.is_busy:
                pass

    def close(self) -> None:
        """End it."""
        self.runner._scheduler.end()
        self.runner._timer.start()
        self.runner._timer.stop()
        self.runner._close()


@pytest.fixture
def sweeper(bench: Bench) -> Iterator[Sweeper]:
    """A runner of both channels that has swept; in an hour and a day each has something due."""
    bench.enroll(
        *(
            make_delivery(f"m{n}", channel=channel, slot_at=bench.clock.at + slot)
            for channel in (ACME, PAGE)
            for n, slot in enumerate((HOUR, 24 * HOUR))
        )
    )
    made = Sweeper(bench)
    for _ in range(3):
        made.sweep()
    yield made
    made.close()


def test_a_runner_that_waits_asks_nothing(bench: Bench, sweeper: Sweeper, asked: list[str]) -> None:
    """However many channels it serves: only its sign of life is written."""
    for _ in range(20):
        sweeper.sweep()

    assert set(asked) == SIGN_OF_LIFE
    assert bench.events.texts(EventKind.WARNING) == []


def test_what_a_sweep_asks_does_not_grow_with_the_channels_but_for_what_comes_next(
    bench: Bench, asked: list[str]
) -> None:
    """Doubts, uploads, metrics and all that time decides are one question each."""
    found = []
    for count in (2, 40):
        channels = [ChannelId(Platform.X, f"c{count}-{n}") for n in range(count)]
        platforms = FakePlatforms(channels, clock=bench.clock)
        equipment = replace(bench.equipment, adapters=platforms)
        bench.enroll(*(make_delivery(channel=channel, slot_at=bench.clock.at + HOUR) for channel in channels))
        runner = Sweeper(replace(bench, equipment=equipment), channels)
        asked.clear()
        runner.sweep()
        next_dues = {"channel_gate", "terms_of_channel", "newest_sends", "quiet_of", "coming"}
        found.append(sum(name not in next_dues for name in asked))
        runner.close()

    assert found[0] == found[1]


def test_a_halt_of_another_process_is_acknowledged_by_the_next_sweep(
    bench: Bench, sweeper: Sweeper, other: Ledger
) -> None:
    """Whoever halts waits for that."""
    other.halts.halt("topic", "rights", "wait", "ada", bench.clock.moment())
    behind = other.halts.unacknowledged(bench.clock.moment(), timeout=MINUTE)

    sweeper.sweep()

    assert sweeper.runner.id in {runner.id for runner in behind}
    left = other.halts.unacknowledged(bench.clock.moment(), timeout=MINUTE)
    assert sweeper.runner.id not in {runner.id for runner in left}


def test_what_another_process_enrols_is_published_by_the_next_sweep(
    bench: Bench, sweeper: Sweeper, other: Ledger
) -> None:
    """It is due now, on a channel that was asked about before."""
    plan = [
        make_delivery("now", slot_at=bench.clock.at),
        make_delivery("then", slot_at=bench.clock.at + HOUR),
    ]
    equipment = replace(bench.equipment, ledger=other)
    replace(bench, ledger=other, equipment=equipment).enroll(*plan, storm_id="later")

    sweeper.sweep()

    assert [post.text for post in bench.x.sent] == ["Text of now"]


def test_a_lease_that_runs_out_is_noticed_without_news(bench: Bench, sweeper: Sweeper, other: Ledger) -> None:
    """Another machine's runner went silent in mid-request: nobody writes, and the sweep decides it."""
    bench.clock.move(HOUR)
    lease = timedelta(seconds=20)
    claim = other.outbox.claim(str(PAGE), "elsewhere", bench.clock.moment(), lease)
    assert claim is not None
    other.outbox.mark_sending(claim, bench.clock.moment())
    for _ in range(3):
        sweeper.sweep()
    before = bench.ledger.history.get(claim.key).state

    sweeper.sweep(lease)

    assert (before, bench.ledger.history.get(claim.key).state) == (State.CLAIMED, State.IN_DOUBT)
    assert bench.facebook.readings == 1


@pytest.mark.parametrize("late", [LatePolicy.SKIP, LatePolicy.SPREAD])
def test_what_time_decides_is_decided_without_news(bench: Bench, late: LatePolicy) -> None:
    """A grace ends and a deadline passes on a channel that is not served here."""
    alone = Sweeper(bench, [PAGE])
    bench.enroll(
        make_delivery("grace", slot_at=bench.clock.at + 5 * SECOND, late=late, grace=5 * SECOND),
        make_delivery("deadline", slot_at=bench.clock.at + HOUR, expires_at=bench.clock.at + 20 * SECOND),
    )
    states = []

    for seconds in (1, 9, 1, 8, 1):
        alone.sweep(seconds * SECOND)
        states.append((bench.states()["grace/en"], bench.states()["deadline/en"]))
    alone.close()

    planned = State.PLANNED
    assert states == [
        (planned, planned),
        (planned, planned),
        (State.MISSED, planned),
        (State.MISSED, planned),
        (State.MISSED, State.EXPIRED),
    ]


def test_an_upload_is_made_in_time_without_news(bench: Bench, sweeper: Sweeper) -> None:
    """Five minutes before its slot, on whichever channel."""
    boat, flag = (make_media(name, name.encode()) for name in ("boat", "flag"))
    for media in (boat, flag):
        bench.ledger.media.store(
            media.digest, media.mime, media.file.split("/")[-1][:4].encode(), bench.clock.moment()
        )
    start = bench.clock.at
    bench.enroll(
        make_delivery("boat", slot_at=start + AHEAD + MINUTE, media=(boat,)),
        make_delivery("flag", slot_at=start + AHEAD + 2 * MINUTE, media=(flag,), channel=PAGE),
    )
    uploaded = []

    for wait in (SECOND, MINUTE - 2 * SECOND, SECOND, MINUTE):
        sweeper.sweep(wait)
        uploaded.append((len(bench.x.uploaded), len(bench.facebook.uploaded)))

    assert uploaded == [(0, 0), (0, 0), (1, 0), (1, 1)]


def test_metrics_are_read_in_time_without_news(bench: Bench, sweeper: Sweeper) -> None:
    """An hour after a post, and a quarter for others that may come."""
    sweeper.sweep(HOUR)
    bench.x.metrics = [MetricReading("acme-1", Metric.IMPRESSIONS, 7)]
    sweeper.sweep()

    for wait in (AGES[0] + BATCH - 3 * SECOND, 2 * SECOND):
        sweeper.sweep(wait)
        read = bench.events.texts(EventKind.METRICS)
        assert len(read) == (wait == 2 * SECOND)


def test_a_doubt_is_read_again_in_time_without_news(bench: Bench, sweeper: Sweeper) -> None:
    """At once, after the request's limit, and a settling time later: by then it is proved absent."""
    bench.x.script.append(InDoubt(reason="dropped"))
    sweeper.sweep(HOUR)
    durations, readings = bench.equipment.durations, []

    for wait in (SECOND, SECOND, durations.request_limit, durations.settling[Platform.X]):
        sweeper.sweep(wait)
        readings.append(bench.x.readings)

    assert readings == [1, 1, 2, 3]


def test_what_was_asked_is_asked_again_after_a_while(sweeper: Sweeper, asked: list[str]) -> None:
    """An upload that expires meanwhile is the one thing that nothing else tells of."""
    for _ in range(3):
        sweeper.sweep(ASK_AGAIN / 3)
    first = list(asked)
    asked.clear()
    sweeper.sweep(ASK_AGAIN - SECOND)

    assert "to_prepare" in first
    assert "to_prepare" not in asked


def test_a_sweep_that_failed_is_made_up_for(
    bench: Bench, sweeper: Sweeper, other: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The news that it brought is not lost, whichever question could not be asked."""
    for room, name in ((bench.ledger.backlog, "next_dues"), (bench.ledger.halts, "acknowledge")):
        before = len(bench.x.sent)
        message = f"{name}-{before}"
        plan = make_delivery(message, slot_at=bench.clock.at)
        replace(bench, ledger=other).enroll(plan, storm_id=f"later-{name}")
        with monkeypatch.context() as patch:
            patch.setattr(room, name, _fail)
            with pytest.raises(LedgerError):
                sweeper.sweep()

        sweeper.sweep()
        bench.clock.move(MINUTE)

        assert [post.text for post in bench.x.sent[before:]] == [f"Text of {message}"]


def test_a_channel_that_could_not_be_asked_about_after_its_work_is_asked_by_the_next_sweep(
    bench: Bench, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its credentials were gone and the ledger was locked: nobody writes, and it is not forgotten."""
    gone = CredentialsError("no credentials", "Put them back.")
    bench.platforms.withheld.update({ACME: gone, PAGE: gone})
    ask, failures = bench.ledger.backlog.next_dues, threading.Semaphore(0)

    def ask_about_all(moment: Moment, channels: Sequence[str]) -> dict[str, datetime]:
        if len(channels) == 1:
            failures.release()
            _fail()
        return ask(moment, channels)

    for wait in (HOUR - 10 * SECOND, SECOND, SECOND):
        sweeper.sweep(wait)
    with monkeypatch.context() as patch:
        patch.setattr(bench.ledger.backlog, "next_dues", ask_about_all)
        sweeper.sweep(8 * SECOND)
        asked_in_vain = [failures.acquire(timeout=PATIENCE_S) for _ in (ACME, PAGE)]
    lost = sweeper.runner._scheduler._agenda.find_next([ACME])
    bench.platforms.withheld.clear()

    sweeper.sweep()

    assert (lost, asked_in_vain) == (None, [True, True])
    assert len(bench.x.sent) == 1


def test_a_dead_runner_is_noticed_without_news(bench: Bench, sweeper: Sweeper, tmp_path: Path) -> None:
    """Nobody writes when a process dies: its lock alone tells."""
    bench.clock.move(HOUR)
    dying = open_ledger("sqlite:///ledger.db", root=tmp_path)
    dead = dying.runners.register("launch", socket.gethostname(), 1, bench.clock.moment())
    claim = dying.outbox.claim(str(ACME), dead, bench.clock.moment(), HOUR)
    assert claim is not None
    sweeper.sweep()
    before = bench.ledger.history.get(claim.key).state

    dying.runners.close()
    sweeper.sweep()

    assert (before, bench.ledger.history.get(claim.key).state is State.CLAIMED) == (State.CLAIMED, False)
    dying.close()


def test_a_roster_asks_for_open_channels_once_until_somebody_writes(bench: Bench, asked: list[str]) -> None:
    """It is refreshed five times a second."""
    bench.enroll(make_delivery())
    served_channels = ServedChannels(bench.equipment)
    served_channels.refresh()
    served_channels.refresh()
    asked.clear()

    for _ in range(5):
        served_channels.refresh()
    quiet = list(asked)
    bench.enroll(make_delivery(), make_delivery(channel=PAGE))
    served_channels.refresh()

    assert quiet == []
    assert served_channels.channels() == [ACME, PAGE]


def _fail(*_: object, **__: object) -> Any:
    raise LedgerError("the ledger is locked")
