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

    from stormctl.cli.logfile import Log
    from stormctl.domain.base.clock import Clock
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
    """

    def __init__(
        self,
        view: StormView,
        storm_id: str | None,
        durations: Durations,
        *,
        log: Log | None = None,
        service: Service | None = None,
    ) -> None:
        self._view = view
        self._storm_id = storm_id
        self._durations = durations
        self._log = log
        self._service = service
        self._shown_at: datetime | None = None
        self._look: Callable[[], None] | None = None
        self.was_stopped = False

    def __call__(self, runner: Runner, ledger: Ledger, clock: Clock) -> None:
        """Look once."""
        if self._log is not None:
            self._log.runner_id = runner.id
        if self.was_stopped:
            runner.stop()
        self._tell_service(ledger, clock)
        wall_at = clock.moment().wall_at
        if self._storm_id is None or (self._shown_at and abs(wall_at - self._shown_at) < REFRESH):
            return
        self._shown_at = wall_at
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

        So does closing the window, which may be told twice; under `nohup` it ends nothing.
        """

        def ask(number: int, _frame: FrameType | None) -> None:
            self.was_stopped = True
            if number not in _HANGUPS:
                signal.signal(number, before[number])

        hangups = (number for number in _HANGUPS if signal.getsignal(number) is not signal.SIG_IGN)
        numbers = (signal.SIGINT, signal.SIGTERM, *hangups)
        before = {int(number): signal.signal(number, ask) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
