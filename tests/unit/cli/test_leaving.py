"""Ctrl-C asks what becomes of the storm, and nothing waits for the answer."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from stormctl.cli import leaving
from stormctl.cli.leaving import LeaveQuestion, TypedLine
from stormctl.cli.watching import Watch
from stormctl.engine.base.equipment import Durations
from tests.unit.cli.test_watching import Picture, clock, runner

if TYPE_CHECKING:
    from stormctl.engine.run.runner import Runner
    from stormctl.ledger.ledger import Ledger
    from tests.fakes import FakeClock

__all__ = ["clock", "runner"]  # fixtures


class Line(TypedLine):
    """A line that is there at once."""

    def __init__(self, typed: str | None) -> None:
        self._typed = typed
        self.is_last = typed is None

    def poll(self) -> str | None:
        """Return it."""
        return self._typed or ""


@dataclass
class Person:
    """Somebody at a terminal, who types these lines, and then closes the input."""

    lines: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def type(self) -> TypedLine:
        """Type the next line."""
        return Line(self.lines.pop(0) if self.lines else None)


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Person:
    """The person who is asked."""
    made = Person()
    monkeypatch.setattr(
        LeaveQuestion.__init__, "__kwdefaults__", {"listen": made.type, "say": made.told.append}
    )
    return made


@dataclass
class Scene:
    """A run at a terminal."""

    person: Person
    runner: Runner
    ledger: Ledger
    clock: FakeClock
    watch: Watch = field(default_factory=lambda: Watch(Picture(), "storm", Durations(), asks=True))

    def leave(self, *numbers: signal.Signals, looks: int = 8) -> None:
        """Press Ctrl-C, or have these signals come, and let the run look some times."""
        with self.watch.catching_signals():
            for number in numbers or (signal.SIGINT,):
                signal.raise_signal(number)
            for _ in range(looks):
                self.watch(self.runner, self.ledger, self.clock)


@pytest.fixture
def scene(person: Person, runner: Runner, ledger: Ledger, clock: FakeClock) -> Scene:
    """A run at whose terminal somebody sits."""
    return Scene(person, runner, ledger, clock)


def test_going_on(scene: Scene) -> None:
    """A wrong answer is asked again; the picture goes away for the question and comes back."""
    scene.person.lines = ["perhaps", "", "g"]

    scene.leave()

    assert (scene.watch.was_stopped, scene.ledger.halts.active()) == (False, ())
    assert scene.person.told.count("Type h, g and Enter:") == 3
    assert "“perhaps” is none of them." in scene.person.told
    assert isinstance(scene.watch._view, Picture)
    assert scene.watch._view.calls == ["stop", "start"]


def test_halting(scene: Scene) -> None:
    """Everything is halted with a reason, which is asked for until there is one, and the run ends."""
    scene.person.lines = ["halt", "", "a tragedy"]

    scene.leave()

    assert scene.watch.was_stopped
    assert [(halt.scope, halt.reason) for halt in scene.ledger.halts.active()] == [("all", "a tragedy")]
    assert scene.watch.parting == "to go on: stormctl resume, then stormctl launch storm"


@pytest.mark.parametrize(("kind", "is_offered"), [("daemon", True), ("launch", True), ("tick", False)])
def test_leaving_it_to_another_runner(scene: Scene, kind: str, is_offered: bool) -> None:
    """It is offered where one lives that stays; without one `l` is no answer."""
    scene.ledger.runners.register(kind, "server", 4711, scene.clock.moment())
    scene.person.lines = ["l"]

    scene.leave(looks=3)

    offered = f"  l  leave it to the {kind} on server (process 4711), which is alive"
    assert (scene.watch.was_stopped, offered in scene.person.told) == (is_offered, is_offered)
    assert scene.watch.parting == (f"left to the {kind} on server" if is_offered else "")


def test_a_runner_that_is_gone_by_then_is_not_left_to(scene: Scene) -> None:
    """Nothing is left to a dead daemon: the person is asked again, without it."""
    other = scene.ledger.runners.register("daemon", "server", 4711, scene.clock.moment())
    scene.person.lines = ["l", "g"]
    with scene.watch.catching_signals():
        signal.raise_signal(signal.SIGINT)
        scene.watch(scene.runner, scene.ledger, scene.clock)
        scene.ledger.runners.stop(other, scene.clock.moment())
        for _ in range(4):
            scene.watch(scene.runner, scene.ledger, scene.clock)

    asked = [line for line in scene.person.told if line.startswith("Type ")]
    assert asked == ["Type h, g, l and Enter:", "Type h, g and Enter:"]
    assert not scene.watch.was_stopped


def test_a_closed_input_goes_on(scene: Scene) -> None:
    """Nobody can answer any more: nothing is stopped by that."""
    scene.leave(looks=2)

    assert scene.person.told
    assert not scene.watch.was_stopped


def test_a_second_ctrl_c_leaves(scene: Scene) -> None:
    """At the question, or before it came; the handler of before is back for a third one."""
    before = signal.getsignal(signal.SIGINT)
    with scene.watch.catching_signals():
        signal.raise_signal(signal.SIGINT)
        first = scene.watch.was_stopped
        signal.raise_signal(signal.SIGINT)
        during = signal.getsignal(signal.SIGINT)
    scene.leave(signal.SIGTERM)

    assert (first, scene.watch.was_stopped, scene.person.told) == (False, True, [])
    assert during is before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_nobody_is_asked_elsewhere(number: signal.Signals) -> None:
    """SIGTERM never asks, and off a terminal Ctrl-C doesn't."""
    watch = Watch(Picture(), "storm", Durations(), asks=number == signal.SIGTERM)

    with watch.catching_signals():
        signal.raise_signal(number)

    assert watch.was_stopped


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no such signal")
@pytest.mark.parametrize("is_served", [True, False])
def test_a_closed_window_is_told_once(scene: Scene, is_served: bool) -> None:
    """An alert says whether anybody goes on."""
    if is_served:
        scene.ledger.runners.register("daemon", "server", 4711, scene.clock.moment())
    scene.leave(signal.SIGHUP)
    scene.ledger.alerts.gather(scene.clock.moment(), Durations().patience(2))

    alert = scene.ledger.alerts.take(scene.clock.moment(), patient=False)

    rest = "the daemon on server goes on" if is_served else "NO OTHER RUNNER IS ALIVE"
    assert alert is not None
    assert [notice.text.partition(", and")[0] for notice in alert.notices] == [
        f"the window in which it ran was closed: {rest}"
    ]


def test_a_line_is_read_without_waiting() -> None:
    """What is typed comes when it comes, the end of the input and a lost terminal included."""
    typed, gate = [b"h\n", b""], threading.Event()

    def read() -> bytes:
        gate.wait(5)
        if not typed:
            raise OSError
        return typed.pop(0)

    lines = [TypedLine(read)]
    early = lines[0].poll()
    gate.set()
    lines += [TypedLine(read), TypedLine(read)]
    for thread in threading.enumerate():
        if thread.name == leaving.READER:
            thread.join()

    assert early is None
    assert [(line.poll(), line.is_last) for line in lines] in (
        [("h", False), ("", True), ("", True)],
        [("", True), ("h", False), ("", True)],
        [("", True), ("", True), ("h", False)],
    )
