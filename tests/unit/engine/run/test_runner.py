"""A runner in real time: it wakes for what is due, keeps going past a bug, and ends when nothing is left."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import Delivered, InDoubt, NotSent, Refused, State
from stormctl.domain.platforms.channel import Platform
from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.reach import MetricReading
from stormctl.domain.report.readings import TOO_EARLY
from stormctl.engine.base.clocks import StormClock, SystemClock, read_wall_clock
from stormctl.engine.base.equipment import Durations, Equipment
from stormctl.engine.run.runner import SETTLINGS, Runner
from stormctl.errors import CredentialsError, LedgerError, LedgerGoneError, LedgerUnreachableError
from stormctl.ledger.ledger import open_ledger
from stormctl.ledger.place.memory import find_state_folder
from stormctl.platforms.adapter import PrepareFailed
from tests.factories import ACME, PAGE, make_delivery, make_media
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.base.event import StormEvent
    from stormctl.domain.delivery.delivery import Outcome
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.ledger.delivery.answers import Recorded
    from stormctl.platforms.adapter import MediaFile, OutgoingPost, Upload
    from tests.unit.engine.conftest import Bench

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def durations() -> Durations:
    """Machine durations for the impatient."""
    return Durations(
        request_limit=timedelta(milliseconds=200),
        lease=timedelta(seconds=1),
        settling=dict.fromkeys(Platform, timedelta(milliseconds=100)),
        sweep=timedelta(milliseconds=50),
        heartbeat=timedelta(milliseconds=100),
    )


def _runner(bench: Bench, ahead: timedelta = timedelta()) -> Runner:
    clock = SystemClock(lambda: ahead)
    for platform in bench.platforms.platforms.values():
        platform.clock = clock
    equipment = Equipment(
        ledger=bench.ledger,
        adapters=bench.platforms,
        clock=clock,
        listener=bench.events,
        durations=bench.equipment.durations,
    )
    return Runner(equipment, kind="launch", channels=lambda: [ACME, PAGE])


def test_a_run_publishes_what_comes_due_on_every_channel_and_ends(bench: Bench) -> None:
    """Deliveries of now and of half a second later go out on both channels; then the run is over."""
    now = read_wall_clock()
    soon = now + timedelta(milliseconds=500)
    bench.enroll(
        make_delivery("now", slot_at=now),
        make_delivery("soon", slot_at=soon),
        make_delivery("page", slot_at=soon, channel=PAGE),
    )
    runner = _runner(bench)

    runner.run(lambda: runner.is_done("storm"))

    assert [post.text for post in bench.x.sent] == ["Text of now", "Text of soon"]
    assert [post.text for post in bench.facebook.sent] == ["Text of page"]
    assert read_wall_clock() >= soon


def test_each_sweep_is_a_sign_of_life_also_without_a_ledger(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is away is no reason to restart this process."""
    bench.enroll(make_delivery(slot_at=read_wall_clock()))
    signs: list[None] = []

    def go_away(_moment: Moment) -> list[StormEvent]:
        raise LedgerUnreachableError("the server does not answer")

    monkeypatch.setattr(bench.ledger.sweeping, "sweep", go_away)
    equipment = replace(bench.equipment, clock=SystemClock())
    runner = Runner(equipment, kind="daemon", channels=lambda: [ACME], on_sweep=lambda: signs.append(None))

    runner.run(lambda: len(signs) >= 3)

    assert len(signs) >= 3
    assert bench.x.sent == []


def test_a_channel_that_is_served_no_more_publishes_nothing_more(bench: Bench) -> None:
    """Its credentials turned out to be another account's while several posts were due."""
    now = read_wall_clock()
    bench.enroll(*(make_delivery(name, slot_at=now) for name in ("one", "two", "three")))
    served = [ACME]

    def withdraw(post: OutgoingPost) -> Outcome:
        served.clear()
        return bench.x.accept(post)

    bench.x.script.append(withdraw)
    equipment = replace(bench.equipment, clock=SystemClock())

    Runner(equipment, kind="tick", channels=lambda: list(served)).run_once()

    assert len(bench.x.sent) == 1


def test_a_channel_that_is_verified_between_two_sweeps_is_served_at_once(bench: Bench) -> None:
    """It doesn't wait for the next sweep: of those there is only the first."""
    bench.enroll(make_delivery(slot_at=read_wall_clock()))
    served: list[ChannelId] = []
    durations = replace(bench.equipment.durations, sweep=timedelta(hours=1))
    equipment = replace(bench.equipment, clock=SystemClock(), durations=durations)
    runner = Runner(equipment, kind="daemon", channels=lambda: list(served))
    looks = iter(range(100))

    def is_over() -> bool:
        served[:] = [ACME]
        return bench.state() is State.DELIVERED or next(looks, None) is None

    runner.run(is_over)

    assert bench.state() is State.DELIVERED


def test_posts_come_on_time_without_a_sweep_between_them(bench: Bench) -> None:
    """After each post its channel alone is asked what comes next."""
    now = read_wall_clock()
    slots = [now + timedelta(milliseconds=150 * n) for n in range(4)]
    bench.enroll(
        *(make_delivery(f"m{n}", slot_at=slot) for n, slot in enumerate(slots)),
        *(make_delivery(f"p{n}", slot_at=slot, channel=PAGE) for n, slot in enumerate(slots)),
    )
    durations = replace(bench.equipment.durations, sweep=timedelta(hours=1))
    equipment = replace(bench.equipment, clock=SystemClock(), durations=durations)
    runner = Runner(equipment, kind="launch", channels=lambda: [ACME, PAGE])
    looks = iter(range(100))

    runner.run(lambda: runner.is_done("storm") or next(looks, None) is None)

    assert set(bench.states().values()) == {State.DELIVERED}


def test_a_rehearsal_s_posts_come_without_a_sweep_between_them(bench: Bench) -> None:
    """The wake-up is set by the pace at which the clock then runs: an hour is a fifth of a second."""
    slots = [NOON + timedelta(hours=n) for n in range(1, 5)]
    bench.enroll(
        *(make_delivery(f"m{n}", slot_at=slot) for n, slot in enumerate(slots)),
        *(make_delivery(f"p{n}", slot_at=slot, channel=PAGE) for n, slot in enumerate(slots)),
    )
    durations = replace(bench.equipment.durations, sweep=timedelta(hours=1))
    equipment = replace(bench.equipment, clock=StormClock(NOON, 18_000), durations=durations)
    runner = Runner(equipment, kind="rehearsal", channels=lambda: [ACME, PAGE])
    looks = iter(range(100))

    runner.run(lambda: runner.is_done("storm") or next(looks, None) is None)

    assert set(bench.states().values()) == {State.DELIVERED}


def test_a_rehearsal_uploads_before_the_slot_however_fast_it_is(bench: Bench) -> None:
    """Five minutes ahead, as on the day, or at least before it where slots lie close together."""
    slots = {("one", ACME): 60, ("two", PAGE): 120, ("three", ACME): 181, ("four", PAGE): 183}
    deliveries = []
    for (name, channel), minutes in slots.items():
        picture = make_media(name, name.encode())
        bench.ledger.media.store(picture.digest, picture.mime, name.encode(), bench.clock.moment())
        slot_at = NOON + timedelta(minutes=minutes)
        deliveries.append(make_delivery(name, slot_at=slot_at, channel=channel, media=(picture,)))
    bench.enroll(*deliveries)
    clock = StormClock(NOON, 50_000)
    runner = Runner(replace(bench.equipment, clock=clock), kind="rehearsal", channels=lambda: [ACME, PAGE])

    runner.run(lambda: runner.is_done("storm"))

    uploaded = [(e.at - NOON) / MINUTE for e in bench.events.all if e.kind is EventKind.PREPARED]
    assert uploaded == pytest.approx([55, 115, 176, 180], abs=2)
    assert set(bench.states().values()) == {State.DELIVERED}


def test_a_rehearsal_waits_for_an_upload_that_is_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is real time: a clock that hurries on would have the post tried in vain, again and again."""
    boat = make_media("boat", b"boat")
    bench.ledger.media.store(boat.digest, boat.mime, b"boat", bench.clock.moment())
    bench.enroll(make_delivery(slot_at=NOON + timedelta(hours=1), media=(boat,)))
    upload, failures = bench.x.prepare, iter(range(2))

    def stumble(media: MediaFile) -> Upload:
        if next(failures, None) is not None:
            raise PrepareFailed(NotSent(reason="X answered 503"))
        return upload(media)

    monkeypatch.setattr(bench.x, "prepare", stumble)
    durations = replace(bench.equipment.durations, upload_rest=timedelta(milliseconds=300))
    equipment = replace(bench.equipment, clock=StormClock(NOON, 50_000), durations=durations)
    runner = Runner(equipment, kind="rehearsal", channels=lambda: [ACME])

    runner.run(lambda: runner.is_done("storm"))

    assert bench.state() is State.DELIVERED
    assert bench.events.texts(EventKind.NOT_SENT) == []
    assert len(bench.events.texts(EventKind.WARNING)) == 2


def test_a_doubt_is_settled_while_the_run_goes_on(bench: Bench) -> None:
    """A dropped connection whose post was accepted ends as delivered, with one request."""
    bench.enroll(make_delivery(slot_at=read_wall_clock()))

    def drop(post: OutgoingPost) -> Outcome:
        bench.x.accept(post)
        return InDoubt(reason="dropped")

    bench.x.script.append(drop)
    runner = _runner(bench)

    runner.run(lambda: runner.is_done("storm"))

    assert bench.state() is State.DELIVERED
    assert len(bench.x.sent) == 1


def test_a_post_that_never_arrived_is_proved_absent_and_sent_again(bench: Bench) -> None:
    """Two readings free it, and the second request delivers it: in all one post."""
    bench.enroll(make_delivery(slot_at=read_wall_clock()))
    bench.x.script.append(InDoubt(reason="dropped before it was read"))
    runner = _runner(bench)

    runner.run(lambda: runner.is_done("storm"))

    assert bench.state() is State.DELIVERED
    assert len(bench.x.posts) == 1


def test_a_suspended_channel_does_not_keep_the_run_alive(bench: Bench) -> None:
    """What only a person can mend is left, and the run ends."""
    bench.enroll(make_delivery(slot_at=read_wall_clock()))
    bench.x.script.append(Refused(reason="token revoked", code="401", for_good=False, suspends=True))
    runner = _runner(bench)

    runner.run(lambda: runner.is_done("storm"))

    assert bench.state() is State.PLANNED


def test_a_bug_on_one_channel_stops_neither_the_others_nor_is_it_forgotten(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The other channel's posts go out; at the end the bug is raised with its traceback."""
    now = read_wall_clock()
    later = now + timedelta(milliseconds=300)
    bench.enroll(make_delivery("x", slot_at=now), make_delivery("page", slot_at=later, channel=PAGE))

    def fail(_post: OutgoingPost) -> Outcome:
        raise ZeroDivisionError("a bug of ours")

    bench.x.script.append(fail)
    runner = _runner(bench)

    with pytest.raises(ZeroDivisionError, match="a bug of ours"):
        runner.run(lambda: bool(bench.facebook.sent))

    assert [post.text for post in bench.facebook.sent] == ["Text of page"]
    assert "Traceback" in caplog.text
    assert [event.channel for event in bench.events.all if event.kind is EventKind.BUG] == ["x:acme"]


def test_one_round_does_what_is_due_now_and_no_more(bench: Bench) -> None:
    """`tick`: what is due goes out, what is due later stays."""
    now = read_wall_clock()
    bench.enroll(make_delivery("now", slot_at=now), make_delivery("later", slot_at=now + timedelta(hours=1)))

    _runner(bench).run_once()

    assert bench.states() == {"now/en": State.DELIVERED, "later/en": State.PLANNED}


def test_what_comes_due_at_the_end_of_a_round_waits_for_the_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`tick` ends when it has found nothing more to claim, whatever is enrolled just then."""
    now = read_wall_clock()
    bench.enroll(make_delivery("first", slot_at=now))
    claim = bench.ledger.outbox.claim_unless_media

    def claim_and_enroll(*arguments: Any) -> object:
        found = claim(*arguments)
        if found == (None, False):
            bench.enroll(make_delivery("first", slot_at=now), make_delivery("then", slot_at=now))
        return found

    monkeypatch.setattr(bench.ledger.outbox, "claim_unless_media", claim_and_enroll)

    _runner(bench).run_once()

    assert bench.states() == {"first/en": State.DELIVERED, "then/en": State.PLANNED}


def test_a_stopped_runner_leaves_the_rest_in_the_ledger(bench: Bench) -> None:
    """Ctrl-C: nothing new is started, and the runner says that it is gone."""
    bench.enroll(make_delivery(slot_at=read_wall_clock() + timedelta(hours=1)))
    runner = _runner(bench)
    runner.stop()

    runner.run(lambda: False)

    (seen,) = [
        r
        for r in bench.ledger.runners.list(SystemClock().moment(), timeout=timedelta(minutes=1))
        if r.id == runner.id
    ]
    assert not seen.alive
    assert bench.state() is State.PLANNED


def test_a_doubt_whose_account_cannot_be_read_does_not_keep_the_run_alive_for_ever(bench: Bench) -> None:
    """The run ends and leaves it in doubt: a later runner may read the account, or a person must."""
    bench.enroll(make_delivery(slot_at=read_wall_clock()))
    bench.x.script.append(InDoubt(reason="dropped"))
    bench.x.unreadable = "404"
    runner = _runner(bench)

    runner.run(lambda: runner.is_done("storm"))

    assert bench.state() is State.IN_DOUBT


def test_a_clock_that_is_set_back_does_not_keep_the_run_alive(bench: Bench) -> None:
    """How long a run waits for a doubt is time that passed, whatever the clock was when it began."""
    durations = bench.equipment.durations
    runner = Runner(bench.equipment, kind="launch", channels=lambda: [ACME])
    bench.clock.set_by(-timedelta(hours=1))
    runner._housekeeping.do()
    bench.enroll(make_delivery(slot_at=bench.clock.at))
    bench.x.script.append(InDoubt(reason="dropped"))
    bench.serve()

    before = runner.is_done("storm")
    bench.clock.move(durations.patience(SETTLINGS))
    runner._housekeeping.do()

    assert (before, runner.is_done("storm")) == (False, True)


def test_a_run_does_not_end_while_its_account_can_be_read(bench: Bench) -> None:
    """A network was gone for as long as a run waits: the next reading settles what it left in doubt."""
    runner = Runner(bench.equipment, kind="launch", channels=lambda: [ACME, PAGE])
    bench.enroll(make_delivery(slot_at=bench.clock.at), make_delivery(slot_at=bench.clock.at, channel=PAGE))
    for platform in (bench.x, bench.facebook):
        platform.script.append(InDoubt(reason="dropped"))
    bench.serve()
    bench.serve(PAGE)
    bench.clock.move(bench.equipment.durations.patience(4))
    runner._housekeeping.do()
    ends = [runner.is_done("storm")]

    for doubt in bench.ledger.doubts.open([str(PAGE)]):
        for is_complete in (True, False):
            bench.clock.move(timedelta(seconds=1))
            bench.ledger.doubts.record_reading(doubt, bench.clock.moment(), complete=is_complete, reason="")
            ends.append(runner.is_done("storm"))

    assert ends == [True, False, True]


def test_a_claim_of_a_dead_runner_is_taken_over(bench: Bench, tmp_path: Path) -> None:
    """A process of this machine died after its claim: its delivery goes out at once, and that is told."""
    now = SystemClock().moment()
    bench.enroll(make_delivery(slot_at=now.at))
    dying = open_ledger("sqlite:///ledger.db", root=tmp_path)
    dead_id = dying.runners.register("launch", socket.gethostname(), 1, now)
    assert dying.outbox.claim(str(ACME), dead_id, now, timedelta(hours=1)) is not None
    dying.close()
    runner = _runner(bench)

    runner.run(lambda: runner.is_done("storm"))

    assert bench.state() is State.DELIVERED
    assert len(bench.x.sent) == 1
    assert any("its runner died" in event.text for event in bench.events.all)


def test_a_ledger_that_is_locked_for_a_moment_costs_a_line(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep comes again; the run goes on."""
    bench.enroll(make_delivery(slot_at=read_wall_clock()))
    sweep, failures = bench.ledger.sweeping.sweep, [LedgerError("the ledger is locked")]

    def sweep_or_fail(moment: Moment) -> tuple[StormEvent, ...]:
        if failures:
            raise failures.pop()
        return sweep(moment)

    monkeypatch.setattr(bench.ledger.sweeping, "sweep", sweep_or_fail)
    runner = _runner(bench)

    runner.run(lambda: runner.is_done("storm"))

    assert bench.state() is State.DELIVERED
    assert bench.events.texts(EventKind.WARNING) == ["the ledger is locked"]


def test_a_bug_in_the_sweep_ends_the_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the sweep nothing is safe: the runner stops, and the bug is raised."""
    bench.enroll(make_delivery(slot_at=read_wall_clock() + timedelta(hours=1)))

    def fail(_moment: Moment) -> tuple[StormEvent, ...]:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr(bench.ledger.sweeping, "sweep", fail)

    with pytest.raises(ZeroDivisionError, match="a bug of ours"):
        _runner(bench).run(lambda: False)

    assert "Traceback" in caplog.text
    assert bench.state() is State.PLANNED


def test_a_round_of_a_tick_raises_the_bug_that_it_met(bench: Bench) -> None:
    """Cron's mail then holds the traceback."""
    bench.enroll(make_delivery(slot_at=read_wall_clock()))

    def fail(_post: OutgoingPost) -> Outcome:
        raise ZeroDivisionError("a bug of ours")

    bench.x.script.append(fail)

    with pytest.raises(ZeroDivisionError, match="a bug of ours"):
        _runner(bench).run_once()


def test_after_the_run_every_delivered_post_is_read(bench: Bench) -> None:
    """The rehearsal's last reading goes over all channels; at once there would be nothing to see."""
    now = read_wall_clock()
    bench.enroll(make_delivery(slot_at=now), make_delivery(slot_at=now, channel=PAGE))
    runner = _runner(bench)
    runner.run_once()
    runner.collect_all("storm")
    assert [post.read_at for post in bench.ledger.metrics.newest("storm")] == [None, None]
    bench.x.metrics = [MetricReading("acme-1", Metric.IMPRESSIONS, 120)]

    _runner(bench, ahead=TOO_EARLY).collect_all("storm")

    values = {post.channel: post.values for post in bench.ledger.metrics.newest("storm")}
    assert values == {"x:acme": {Metric.IMPRESSIONS: 120}, "facebook:acme": {}}


def test_after_the_run_a_channel_without_posts_needs_no_credentials(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The storm's posts are loaded once, however many channels it has; only those with posts are asked."""
    now = read_wall_clock()
    bench.enroll(make_delivery(slot_at=now), make_delivery("later", slot_at=now + HOUR, channel=PAGE))
    runner = _runner(bench)
    runner.run_once()
    bench.x.metrics = [MetricReading("acme-1", Metric.IMPRESSIONS, 120)]
    bench.platforms.withheld[PAGE] = CredentialsError("no credentials", "Put them back.")
    load, loads = bench.ledger.metrics.receipts, []

    def receipts(storm_id: str, until: datetime) -> dict[str, dict[str, str]]:
        loads.append(storm_id)
        return load(storm_id, until)

    monkeypatch.setattr(bench.ledger.metrics, "receipts", receipts)

    _runner(bench, ahead=TOO_EARLY).collect_all("storm")

    assert loads == ["storm"]
    assert [post.values for post in bench.ledger.metrics.newest("storm")] == [{Metric.IMPRESSIONS: 120}]


def test_after_the_run_the_channels_are_read_side_by_side(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits for the other's request: with many channels, one after the other takes long."""
    now = read_wall_clock()
    bench.enroll(make_delivery(slot_at=now), make_delivery(slot_at=now, channel=PAGE))
    runner = _runner(bench)
    runner.run_once()
    both = threading.Barrier(2, timeout=5)

    def read(post_ids: Sequence[str]) -> list[MetricReading]:
        both.wait()
        return [MetricReading(post_id, Metric.REACTIONS, 7) for post_id in post_ids]

    for platform in (bench.x, bench.facebook):
        monkeypatch.setattr(platform, "read_metrics", read)

    _runner(bench, ahead=TOO_EARLY).collect_all("storm")

    values = {post.channel: post.values for post in bench.ledger.metrics.newest("storm")}
    assert values == {"x:acme": {Metric.REACTIONS: 7}, "facebook:acme": {Metric.REACTIONS: 7}}


def test_a_request_in_flight_is_finished_when_the_runner_is_stopped(bench: Bench) -> None:
    """Ctrl-C in the middle of a post: its answer is recorded, and the next one stays planned."""
    now = read_wall_clock()
    bench.enroll(make_delivery("m1", slot_at=now), make_delivery("m2", slot_at=now))
    runner = _runner(bench)

    def stop_and_accept(post: OutgoingPost) -> Outcome:
        runner.stop()
        return bench.x.accept(post)

    bench.x.script.append(stop_and_accept)

    runner.run(lambda: False)

    assert sorted(bench.states().values()) == [State.DELIVERED, State.PLANNED]
    assert len(bench.x.sent) == 1


def test_a_ledger_whose_server_is_away_for_a_moment_does_not_end_the_run(bench: Bench) -> None:
    """While nobody can tell whether the storm is over it is not; then the run goes on."""
    bench.enroll(make_delivery(slot_at=read_wall_clock()))
    runner, failures = _runner(bench), [LedgerUnreachableError("the ledger does not answer")]

    def is_over() -> bool:
        if failures:
            raise failures.pop()
        return runner.is_done("storm")

    runner.run(is_over)

    assert bench.state() is State.DELIVERED


def test_a_ledger_that_is_gone_for_good_ends_the_run(bench: Bench) -> None:
    """What won't mend itself is told at once."""
    runner = _runner(bench)

    def fail() -> bool:
        message = "there is no ledger any more"
        raise LedgerError(message)

    with pytest.raises(LedgerError, match="no ledger any more"):
        runner.run(fail)


def test_a_ledger_that_is_deleted_stops_the_runner(bench: Bench, tmp_path: Path) -> None:
    """What is in flight is finished and told; nothing more is claimed, and the run raises it at its end."""
    now = read_wall_clock()
    bench.enroll(make_delivery("m1", slot_at=now), make_delivery("m2", slot_at=now))

    def delete_and_accept(post: OutgoingPost) -> Outcome:
        (tmp_path / "ledger.db").unlink()
        return bench.x.accept(post)

    bench.x.script.append(delete_and_accept)
    runner = _runner(bench)
    looks = iter(range(100))  # twenty seconds: a run that doesn't end by itself is not what we want

    with pytest.raises(LedgerGoneError, match="was deleted or replaced"):
        runner.run(lambda: next(looks, None) is None)

    told = bench.events.texts(EventKind.WARNING)
    assert next(looks, None) is not None
    assert len(bench.x.sent) == 1
    assert any("posted, but it could not be recorded: http://127.0.0.1/acme-1" in line for line in told)


def test_a_round_on_a_ledger_that_is_gone_raises_it(bench: Bench, tmp_path: Path) -> None:
    """`tick` ends with exit code 10."""
    runner = _runner(bench)
    (tmp_path / "ledger.db").unlink()

    with pytest.raises(LedgerGoneError):
        runner.run_once()


def test_an_answer_that_could_not_be_written_is_written_by_a_later_sweep(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full for a moment: the receipt is kept, and no reading is needed."""
    bench.enroll(make_delivery(slot_at=read_wall_clock()))
    record, failures = bench.ledger.outbox.record, [LedgerError("the disk is full")] * 3

    def record_or_fail(*arguments: Any, **options: Any) -> Recorded:
        if failures:
            raise failures.pop()
        return record(*arguments, **options)

    monkeypatch.setattr(bench.ledger.outbox, "record", record_or_fail)
    runner = _runner(bench)

    runner.run(lambda: runner.is_done("storm"))

    assert bench.state() is State.DELIVERED
    assert (len(bench.x.sent), bench.x.readings) == (1, 0)


def test_the_same_warning_is_not_told_with_every_sweep(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger that stays locked is one line a minute."""
    bench.enroll(make_delivery(slot_at=read_wall_clock() + timedelta(hours=1)))
    sweeps = 0

    def fail(_moment: Moment) -> tuple[StormEvent, ...]:
        nonlocal sweeps
        sweeps += 1
        message = "the ledger is locked"
        raise LedgerError(message)

    monkeypatch.setattr(bench.ledger.sweeping, "sweep", fail)

    _runner(bench).run(lambda: sweeps >= 3)

    assert bench.events.texts(EventKind.WARNING) == ["the ledger is locked"]


def test_a_runner_tells_that_its_ledger_is_a_copy(bench: Bench, tmp_path: Path) -> None:
    """Before it claims anything."""
    bench.enroll(make_delivery(slot_at=read_wall_clock() + timedelta(hours=1)))
    (fingerprint_check,) = (find_state_folder() / "ledgers").glob("*.json")
    fingerprint_check.unlink()
    copy = open_ledger("sqlite:///ledger.db", root=tmp_path)

    _runner(replace(bench, ledger=copy))

    copy.close()
    (alarm,) = bench.events.texts(EventKind.WARNING)
    assert "is a copy of one that was at work elsewhere" in alarm


def test_a_run_reads_before_it_gives_an_old_doubt_up(bench: Bench) -> None:
    """A launch an hour later takes the time for both readings, and publishes what is not there."""
    begun = read_wall_clock() - timedelta(hours=1)
    bench.clock.at = bench.clock.wall_at = begun
    bench.enroll(make_delivery(slot_at=begun, late=LatePolicy.SEND))
    bench.x.script.append(InDoubt(reason="dropped"))
    bench.serve()
    runner = _runner(bench)

    runner.run(lambda: runner.is_done("storm"))

    assert bench.state() is State.DELIVERED


def test_spacing_holds_between_runners_whose_machines_have_other_clocks(bench: Bench) -> None:
    """Five minutes behind, right, and five ahead: by the server's clock two posts are a minute apart."""
    slot_at = bench.clock.at - 10 * MINUTE
    posts = [make_delivery(f"m{n}", slot_at=slot_at, late=LatePolicy.SEND) for n in range(4)]
    bench.enroll(*posts, make_delivery("page", channel=PAGE), spacing=MINUTE)

    def on_machine(ahead: timedelta) -> SystemClock:
        return SystemClock(lambda: -ahead, wall=lambda: bench.clock.wall_at + ahead)

    clocks = [on_machine(ahead) for ahead in (-5 * MINUTE, timedelta(), 5 * MINUTE)]
    sent_at = []

    for turn in range(60):
        clock = clocks[turn % 3]
        claim = bench.ledger.outbox.claim(str(ACME), f"r{turn % 3}", clock.moment(), timedelta(seconds=20))
        if claim is not None:
            bench.ledger.outbox.mark_sending(claim, clock.moment())
            receipt = Delivered(post_id=f"{turn}", url="")
            bench.ledger.outbox.record(claim, receipt, clock.moment())
            sent_at.append(bench.clock.at)
        bench.clock.move(timedelta(seconds=5))

    assert [later - sooner for sooner, later in pairwise(sent_at)] == [MINUTE] * 3
