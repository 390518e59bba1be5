"""Watching a storm: signals end it politely once, and at once the second time."""

from __future__ import annotations

import signal
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.cli import console
from stormctl.cli.logfile import Log
from stormctl.cli.watching import Watch, make_view, viewer_zone
from stormctl.domain.delivery.delivery import State
from stormctl.engine.base.clocks import read_wall_clock
from stormctl.engine.base.equipment import Durations, Equipment
from stormctl.engine.run.runner import Runner
from stormctl.engine.run.service import Service
from stormctl.render.terminal.live import LiveView, PlainView
from tests.factories import ACME, make_delivery, make_terms
from tests.fakes import Events, FakeClock, FakePlatforms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.base.event import StormEvent
    from stormctl.domain.report.halts import HaltView
    from stormctl.domain.report.status import StormStatus
    from stormctl.ledger.ledger import Ledger


class Picture:
    """A view that remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[StormStatus] = []
        self.calls: list[str] = []

    def __call__(self, event: StormEvent) -> None:
        """Show nothing."""

    def update(self, status: StormStatus, moment: Moment, halts: Sequence[HaltView] = ()) -> None:
        """Remember."""
        del moment, halts
        self.shown.append(status)

    def start(self) -> None:
        """Remember."""
        self.calls.append("start")

    def stop(self) -> None:
        """Remember."""
        self.calls.append("stop")


def _only_state(status: StormStatus) -> State:
    """Return the state of a storm's only delivery."""
    (state,) = [state for state, count in status.counts.items() if count]
    return state


@pytest.fixture
def clock() -> FakeClock:
    """Noon of the day."""
    return FakeClock()


@pytest.fixture
def runner(ledger: Ledger, clock: FakeClock) -> Runner:
    """A runner that serves one channel."""
    platforms = FakePlatforms([ACME])
    ledger.enrolment.enroll(make_terms(ACME), [make_delivery(slot_at=clock.at)], clock.moment())
    equipment = Equipment(
        ledger=ledger, adapters=platforms, clock=clock, listener=Events(), durations=Durations()
    )
    return Runner(equipment, kind="launch", channels=lambda: [ACME])


is_posix = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no such signal")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_first_signal_asks_and_a_second_one_ends(number: signal.Signals) -> None:
    """After the first the old handler is back, so that the second does what it always does."""
    watch = Watch(Picture(), "storm", Durations())
    before = signal.getsignal(number)

    with watch.catching_signals():
        signal.raise_signal(number)
        during = signal.getsignal(number)

    assert watch.was_stopped
    assert before is during is signal.getsignal(number)


@is_posix
def test_a_closed_window_asks_however_often_it_is_told() -> None:
    """The kernel tells it, and the shell once more: the request in flight is finished all the same."""
    watch = Watch(Picture(), "storm", Durations())
    before = signal.getsignal(signal.SIGHUP)

    with watch.catching_signals():
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)

    assert watch.was_stopped
    assert before is signal.getsignal(signal.SIGHUP)


@is_posix
def test_under_nohup_a_closed_window_ends_nothing() -> None:
    """Whoever starts it so wants it to go on."""
    watch = Watch(Picture(), "storm", Durations())
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with watch.catching_signals():
        signal.raise_signal(signal.SIGHUP)
    after = signal.signal(signal.SIGHUP, before)

    assert (watch.was_stopped, after) == (False, signal.SIG_IGN)


def test_handlers_are_put_back_after_an_error() -> None:
    """What follows the storm can be interrupted as before."""
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(RuntimeError), Watch(Picture(), "storm", Durations()).catching_signals():
        raise RuntimeError

    assert before is signal.getsignal(signal.SIGTERM)


def test_the_view_is_renewed_at_most_twice_a_second(runner: Runner, ledger: Ledger, clock: FakeClock) -> None:
    """Between two looks at the ledger half a second of real time passes."""
    picture = Picture()
    watch = Watch(picture, "storm", Durations())

    watch(runner, ledger, clock)
    clock.move(timedelta(milliseconds=499))
    watch(runner, ledger, clock)
    clock.move(timedelta(milliseconds=1))
    watch(runner, ledger, clock)

    assert [status.storm_id for status in picture.shown] == ["storm", "storm"]


def test_the_view_goes_on_after_a_clock_was_set_back(
    runner: Runner, ledger: Ledger, clock: FakeClock
) -> None:
    """The picture does not stand still until that hour comes again."""
    picture = Picture()
    watch = Watch(picture, "storm", Durations())

    watch(runner, ledger, clock)
    clock.set_by(timedelta(hours=-3))
    watch(runner, ledger, clock)

    assert [status.storm_id for status in picture.shown] == ["storm", "storm"]


def test_the_end_stays_on_the_screen(runner: Runner, ledger: Ledger, clock: FakeClock) -> None:
    """What happened after the last regular look is shown before the picture stops."""
    picture = Picture()
    watch = Watch(picture, "storm", Durations())

    with watch.showing():
        watch(runner, ledger, clock)
        ledger.sweeping.sweep(clock.move(timedelta(days=1)))

    assert [_only_state(status) for status in picture.shown] == [State.PLANNED, State.MISSED]
    assert picture.calls == ["start", "stop"]


def test_a_storm_that_broke_off_still_puts_the_picture_away() -> None:
    """The terminal is left as it was, and the error goes on."""
    picture = Picture()

    with pytest.raises(RuntimeError), Watch(picture, "storm", Durations()).showing():
        raise RuntimeError

    assert picture.calls == ["start", "stop"]


def test_a_daemon_shows_no_picture(runner: Runner, ledger: Ledger, clock: FakeClock) -> None:
    """Without a storm to show, only signals are looked after."""
    picture = Picture()

    Watch(picture, None, Durations())(runner, ledger, clock)

    assert picture.shown == []


class Manager(Service):
    """A service manager's side of the talk."""

    def __init__(self) -> None:
        super().__init__("@nobody", monotonic=lambda: 0.0)
        self.heard: list[str] = []

    def _send(self, message: str) -> None:
        self.heard.append(message)


def test_the_service_manager_is_told_how_things_stand_and_of_the_end(
    runner: Runner, ledger: Ledger, clock: FakeClock
) -> None:
    """One line while it runs; after a signal, that the end is coming."""
    manager = Manager()
    watch = Watch(Picture(), None, Durations(), service=manager)

    watch(runner, ledger, clock)
    with watch.catching_signals():
        signal.raise_signal(signal.SIGTERM)
    watch(runner, ledger, clock)

    assert manager.heard == [
        "STATUS=next post 12:00 EST on x:acme",
        "STOPPING=1",
        "STATUS=stopping: finishing the requests in flight",
    ]


def test_the_log_is_told_whose_events_it_writes(runner: Runner, ledger: Ledger, clock: FakeClock) -> None:
    """The runner is made after the log."""
    log = Log(Events(), None)

    Watch(Picture(), None, Durations(), log=log)(runner, ledger, clock)

    assert log.runner_id == runner.id


def test_plain_lines_off_a_terminal() -> None:
    """Nothing moves in a pipe."""
    assert isinstance(make_view("UTC", plain=False), PlainView)


@pytest.mark.parametrize(("plain", "view"), [(False, LiveView), (True, PlainView)])
def test_a_picture_on_a_terminal_unless_lines_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, *, plain: bool, view: type
) -> None:
    """A terminal gets the moving picture; `--plain` wins over it."""

    def make_console(*, stderr: bool = False) -> Console:
        from rich.console import Console

        return Console(stderr=stderr, force_terminal=True, file=sys.stderr)

    monkeypatch.setattr(console, "make_console", make_console)

    assert isinstance(make_view("UTC", plain=plain), view)


def test_the_viewer_has_a_zone() -> None:
    """It is the machine's own."""
    now = read_wall_clock()

    assert now.astimezone(viewer_zone()).utcoffset() == now.astimezone().utcoffset()
