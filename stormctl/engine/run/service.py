"""Run what is enrolled: a storm to its end, everything for good, or one round; and tell systemd meanwhile."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from stormctl.domain.base.event import EventKind
from stormctl.engine.accounts.preflight import refuse_locked
from stormctl.engine.operate.standing import exit_code_of_tick
from stormctl.engine.run.runner import Runner
from stormctl.engine.run.served_channels import ServedChannels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from stormctl.domain.base.clock import Clock
    from stormctl.domain.base.event import Listener
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.accounts.preflight import ChannelProof
    from stormctl.engine.alerts.notifications import Notifications
    from stormctl.engine.base.equipment import Equipment, Workspace
    from stormctl.errors import ExitCode
    from stormctl.ledger.ledger import Ledger

STATUS_REST_S = 5.0
"""Seconds between two status lines at least: they are for eyes, and each one wakes the service manager."""

EXTEND_S = 60.0
"""For how long a start that still moves may go on, counted anew from each sweep."""

EXTEND_REST_S = 10.0
"""Seconds between two requests for more time at least."""

SEND_LIMIT_S = 1.0
"""Seconds that a message may wait for a manager that is busy: it must not hold up a sweep for long."""

ALIVE_SHARE = 3
"""A sign of life comes so many times in the watchdog's period: one that is late is not yet a death."""

MICROSECONDS = 1_000_000


class Service:
    """The service manager that started this process, if there is one: it is told ready, alive, how, stopping.

    Without `NOTIFY_SOCKET` in the environment nobody listens, and everything here does nothing. Source:
    sd_notify(3) and sd_watchdog_enabled(3), systemd 257.

    A message that can't be delivered is dropped: a manager that is away must not stop a storm.

    Args:
        address: of the manager's datagram socket, `@` for an abstract one; None if nobody listens.
        watchdog_s: after how many seconds without a sign of life the manager restarts us; None for never.
    """

    def __init__(
        self,
        address: str | None = None,
        watchdog_s: float | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._watchdog_s = watchdog_s
        self._monotonic = monotonic
        self._is_ready = False
        self._is_stopping = False
        self._status = ""
        self._said_at: dict[str, float] = {}

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Find the service manager by the variables that it sets for the process that it started."""
        return cls(environ.get("NOTIFY_SOCKET") or None, _read_watchdog(environ))

    @property
    def is_listening(self) -> bool:
        """Whether there is a service manager to be told."""
        return self._address is not None

    def ready(self) -> bool:
        """Say, once, that the start is over: the ledger is open, and every channel has been asked.

        Returns:
            whether this was the first time.
        """
        if self._is_ready:
            return False
        self._is_ready = True
        self._send("READY=1")
        return True

    def alive(self) -> None:
        """Say that the runner's sweep works; to be called from the sweep itself.

        Until we are ready it asks for more time to start: verifying many channels may take long.
        """
        if self._is_stopping:
            return
        if not self._is_ready:
            if self._is_due("extend", EXTEND_REST_S):
                self._send(f"EXTEND_TIMEOUT_USEC={int(EXTEND_S * MICROSECONDS)}")
        elif self._watchdog_s is not None and self._is_due("watchdog", self._watchdog_s / ALIVE_SHARE):
            self._send("WATCHDOG=1")

    def wants_status(self) -> bool:
        """Whether it is time for another status line."""
        return self.is_listening and self._is_due("status", STATUS_REST_S)

    def status(self, line: str) -> None:
        """Show a line beside the service's state, if it is another than before."""
        if line != self._status:
            self._status = line
            self._send(f"STATUS={line}")

    def stopping(self) -> None:
        """Say, once, that we are ending: requests in flight are being finished."""
        if not self._is_stopping:
            self._is_stopping = True
            self._send("STOPPING=1")

    def _is_due(self, what: str, rest_s: float) -> bool:
        now, said_at = self._monotonic(), self._said_at.get(what)
        if said_at is not None and now - said_at < rest_s:
            return False
        self._said_at[what] = now
        return True

    def _send(self, message: str) -> None:
        if self._address is None:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(SEND_LIMIT_S)
            sender.sendto(message.encode(), address)


def _read_watchdog(environ: Mapping[str, str]) -> float | None:
    """Return the watchdog's period in seconds; None if there is none, or it is meant for another process."""
    period, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not period.isdecimal() or int(period) == 0 or (pid and pid != str(os.getpid())):
        return None
    return int(period) / MICROSECONDS


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Whoever looks on while a runner runs.

    Attributes:
        watch: called some times a second, for a view and for signals.
        service: told when the start is over, and of every sweep.
        showing: entered while a launch's storm runs.
    """

    listener: Listener
    watch: Callable[[Runner, Ledger, Clock], None]
    service: Service = field(default_factory=Service)
    showing: AbstractContextManager[object] = field(default_factory=contextlib.nullcontext)


def run_storm(
    equipment: Equipment,
    onlooker: Onlooker,
    *,
    storm_id: str,
    channels: Sequence[ChannelId],
    kind: str,
    proofs: Sequence[ChannelProof] = (),
) -> Runner:
    """Run an enrolled storm until nothing more can happen without a person, and read what it reached.

    While credentials that were rewritten keep a channel from being served, it waits for the right ones.
    """
    ledger, clock = equipment.ledger, equipment.clock
    served_channels = ServedChannels(equipment, channels, proofs)
    runner = _make_runner(equipment, served_channels, kind, onlooker)

    def is_over() -> bool:
        onlooker.watch(runner, ledger, clock)
        onlooker.service.ready()  # a launch has verified its channels already
        served_channels.refresh()
        is_waiting = served_channels.is_waiting and ledger.backlog.open_count(storm_id) > 0
        return runner.is_done(storm_id) and not is_waiting

    runner.run(is_over)
    ledger.follow_ups.arrange()
    for event in ledger.budgets.tell_spent(clock.moment()):  # a spent one ends the run
        equipment.listener(event)
    if runner.is_done(storm_id):
        runner.collect_all(storm_id)
    return runner


def serve(
    workspace: Workspace, notifications: Notifications, onlooker: Onlooker, tell: Callable[[str], None]
) -> None:
    """Publish whatever is launched until the onlooker stops the runner.

    Args:
        tell: told who is alerted, once nothing keeps it from serving.

    Raises:
        CredentialsError: the lock keeps it from all that it has to publish.
        LedgerError: there is no ledger, or it can't be published from.
    """
    settings, service = workspace.settings, onlooker.service
    with workspace.open_ledger() as ledger:
        ledger.check_hosts(settings.hosts)
        refuse_locked(settings, ledger, waits=True)
        tell(f"alerts: {notifications.summary}")
        with notifications.watching(workspace.equip(ledger, onlooker.listener)) as equipment:
            served_channels = ServedChannels(equipment)
            runner = _make_runner(equipment, served_channels, "daemon", onlooker)

            def is_over() -> bool:
                onlooker.watch(runner, ledger, equipment.clock)
                served_channels.refresh()
                if not served_channels.channels():
                    refuse_locked(settings, ledger)
                if service.ready() and not served_channels.channels():
                    text = "nothing to publish yet; storms that are launched will be picked up"
                    equipment.tell(EventKind.STARTED, text)
                return False

            runner.run(is_over)


def tick(
    workspace: Workspace, notifications: Notifications, onlooker: Onlooker, tell: Callable[[str], None]
) -> ExitCode:
    """Publish what is due now, one round; return what the shell is told.

    Args:
        tell: told who is alerted, where the lock keeps somebody from it.

    Raises:
        CredentialsError: the lock keeps it from what it has to publish.
        LedgerError: there is no ledger, or it can't be published from.
    """
    with workspace.open_ledger() as ledger:
        ledger.check_hosts(workspace.settings.hosts)
        refuse_locked(workspace.settings, ledger)
        if notifications.is_locked:
            tell(f"alerts: {notifications.summary}")
        with notifications.watching(workspace.equip(ledger, onlooker.listener), pausing=True) as equipment:
            served_channels = ServedChannels(equipment)
            served_channels.refresh(only_at_work=True)
            runner = _make_runner(equipment, served_channels, "tick", onlooker)
            may_go_by_clock = runner.run_once()
            moment, served = equipment.clock.moment(), served_channels.channels()
            return exit_code_of_tick(
                ledger, moment, equipment.durations, served, may_go_by_clock=may_go_by_clock
            )


def _make_runner(
    equipment: Equipment, served_channels: ServedChannels, kind: str, onlooker: Onlooker
) -> Runner:
    told_offset, on_sweep = served_channels.tell_offset, onlooker.service.alive
    runner = Runner(
        equipment, kind=kind, channels=served_channels.channels, on_sweep=on_sweep, told_offset=told_offset
    )
    # before it posts, so that the log names it in its first line too
    onlooker.watch(runner, equipment.ledger, equipment.clock)
    return runner
