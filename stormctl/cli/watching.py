"""Show a storm while it runs, and end it when the person or the system asks."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, tzinfo
    from types import FrameType

    from stormctl.cli.leaving import LeaveQuestion
    from stormctl.cli.logfile import Log
    from stormctl.domain.base.clock import Clock
    from stormctl.domain.report.status import RunnerStatus
    from stormctl.engine.base.equipment import Durations
    from stormctl.engine.run.runner import Runner
    from stormctl.engine.run.service import Service
    from stormctl.ledger.ledger import Ledger
    from stormctl.render.terminal.live import LiveView, PlainView, StormView

REFRESH = timedelta(milliseconds=500)
"""Between two looks at the ledger for the view, real time."""


def make_view(timezone: str, *, plain: bool, is_rehearsal: bool = False) -> LiveView | PlainView:
    """Make the moving picture on a terminal, and plain lines elsewhere or where they are asked for."""
    from stormctl.cli.console import make_console
    from stormctl.render.terminal.live import LiveView, PlainView

    console = make_console(stderr=True)
    if plain or not console.is_terminal:
        return PlainView(sys.stderr, ZoneInfo(timezone), is_rehearsal=is_rehearsal)
    return LiveView(console, ZoneInfo(timezone), is_rehearsal=is_rehearsal)


def viewer_zone() -> tzinfo:
    """Return the zone of the person who looks."""
    from stormctl.engine.base.clocks import read_wall_clock

    zone = read_wall_clock().astimezone().tzinfo
    return zone if zone is not None else ZoneInfo("UTC")


_HANGUPS = (signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()
"""A window was closed, or a connection to it is lost; Windows has no such signal."""


class Watch:
    """Called some times a second while a storm runs: renews the view, and passes signals on to the runner.

    Args:
        storm_id: the storm to show; None shows none (a daemon's lines tell enough).
        service: the service manager, told how things stand and when we are ending.
        asks: whether Ctrl-C asks what becomes of the storm, because a person sits at a terminal.
    """

    def __init__(
        self,
        view: StormView,
        storm_id: str | None,
        durations: Durations,
        *,
        log: Log | None = None,
        service: Service | None = None,
        asks: bool = False,
    ) -> None:
        self._view = view
        self._storm_id = storm_id
        self._durations = durations
        self._log = log
        self._service = service
        self._shown_at: datetime | None = None
        self._look: Callable[[], None] | None = None
        self._asks = asks
        self._question: LeaveQuestion | None = None
        self._wants_to_leave = self._was_hung_up = self._is_told = False
        self.was_stopped = False
        self.parting = ""
        """What is said at the end of a run that was left; empty for the usual words."""

    def __call__(self, runner: Runner, ledger: Ledger, clock: Clock) -> None:
        """Look once."""
        if self._log is not None:
            self._log.runner_id = runner.id
        if self._wants_to_leave and not self.was_stopped:
            self._ask(runner, ledger, clock)
        if self.was_stopped:
            self._tell_hangup(runner, ledger, clock)
            runner.stop()
        self._tell_service(ledger, clock)
        wall_at = clock.moment().wall_at
        if self._storm_id is None or (self._shown_at and abs(wall_at - self._shown_at) < REFRESH):
            return
        self._shown_at = wall_at
        if self._question is not None:
            return  # its lines stand where the picture was
        self._look = partial(self._renew, self._storm_id, ledger, clock)
        self._look()

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show the view while the storm runs; how things stood at the end stays on the screen."""
        self._view.start()
        try:
            yield
            if self._look is not None:
                self._look()
        finally:
            self._view.stop()

    def _ask(self, runner: Runner, ledger: Ledger, clock: Clock) -> None:
        """Ask what becomes of the storm, and do it; the storm goes on until there is an answer."""
        from stormctl.cli.leaving import LeaveQuestion
        from stormctl.places import find_user

        if self._question is None:
            self._view.stop()
            others = self._find_others(runner, ledger, clock)
            self._question = LeaveQuestion(str(self._storm_id), others)
            return
        answer = self._question.poll()
        if answer is None:
            return
        if answer == LeaveQuestion.GO_ON:
            self._wants_to_leave, self._question = False, None
            self._view.start()
            return
        reason, self._question = self._question.reason, None  # asked anew where it can't be done
        if answer == LeaveQuestion.HALT:
            ledger.halts.halt("all", None, reason, find_user(), clock.moment())
            self.parting = f"to go on: stormctl resume, then stormctl launch {self._storm_id}"
        elif others := self._find_others(runner, ledger, clock):
            self.parting = f"left to the {others[0].kind} on {others[0].host}"
        self.was_stopped = bool(self.parting)

    def _find_others(self, runner: Runner, ledger: Ledger, clock: Clock) -> list[RunnerStatus]:
        """Return the other runners that are alive and stay."""
        listed = ledger.runners.list(clock.moment(), timeout=self._durations.runner_timeout)
        return [one for one in listed if one.alive and one.id != runner.id and one.kind != "tick"]

    def _tell_hangup(self, runner: Runner, ledger: Ledger, clock: Clock) -> None:
        """Have someone told, once, that the window of this run was closed, and who goes on."""
        from stormctl.domain.base.event import EventKind, StormEvent

        if not self._was_hung_up or self._is_told:
            return
        self._is_told, moment = True, clock.moment()
        others = self._find_others(runner, ledger, clock)
        if others:
            rest = f"the {others[0].kind} on {others[0].host} goes on"
        else:
            rest = "NO OTHER RUNNER IS ALIVE, and nothing is published until one starts"
        text = f"the window in which it ran was closed: {rest}"
        event = StormEvent(kind=EventKind.LEFT, at=moment.at, text=text, storm_id=self._storm_id)
        ledger.history.append(event, moment)

    def _tell_service(self, ledger: Ledger, clock: Clock) -> None:
        from stormctl.render.terminal.status import render_status_line

        if self._service is None:
            return
        if self.was_stopped:
            self._service.stopping()
            self._service.status("stopping: finishing the requests in flight")
        elif self._service.wants_status():
            status = ledger.overview.status(clock.moment(), runner_timeout=self._durations.runner_timeout)
            self._service.status(render_status_line(status))

    def _renew(self, storm_id: str, ledger: Ledger, clock: Clock) -> None:
        moment = clock.moment()
        status = ledger.overview.status(
            moment, storm_id=storm_id, runner_timeout=self._durations.runner_timeout
        )
        for storm in status.storms:
            self._view.update(storm, moment, status.halts)

    @contextmanager
    def catching_signals(self) -> Iterator[None]:
        """Let Ctrl-C and SIGTERM end the run after the requests in flight; a second one ends it at once.

        Where a person can be asked, the first Ctrl-C asks, and the second ends the run. Closing the window
        ends it too, which may be told twice; under `nohup` it ends nothing.
        """

        def ask(number: int, _frame: FrameType | None) -> None:
            if number == signal.SIGINT and self._asks and not self._wants_to_leave and not self.was_stopped:
                self._wants_to_leave = True
                return
            self.was_stopped = True
            if number in _HANGUPS:
                self._was_hung_up = True
            else:
                signal.signal(number, before[number])

        hangups = (number for number in _HANGUPS if signal.getsignal(number) is not signal.SIG_IGN)
        numbers = (signal.SIGINT, signal.SIGTERM, *hangups)
        before = {int(number): signal.signal(number, ask) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
