"""Tell people what they must hear of, on a thread that can neither delay nor break publishing."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import Moment
from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.domain.delivery.alert import Notice, write_alert
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.errors import StormctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from stormctl.domain.base.clock import Clock
    from stormctl.domain.delivery.alert import Alert
    from stormctl.engine.alerts.alert_addresses import Sender
    from stormctl.engine.base.equipment import Durations
    from stormctl.ledger.ledger import Ledger

logger = logging.getLogger(__name__)

LOOK_S = 2.0
"""Real seconds between two looks at the ledger."""

SEND_LIMIT_S = 30.0
"""Real seconds in which the addresses must have taken an alert; a slow mail server may take a while."""

LAST_LIMIT_S = 8.0
"""The same at the end of a run, whose whole last look takes at most `END_S`."""

END_S = 10.0
"""Real seconds for which the end of a run waits for its last alert."""

SETTLINGS = 2
"""A doubt that is still open after the request limit and so many settling times does not settle itself."""

UNSERVED_AFTER = timedelta(seconds=90)
"""How long something is due without a runner before it is an alarm: cron wakes `tick` once a minute."""

UNSERVED_EVERY_S = 15.0
"""Real seconds between two looks at who serves what."""

OUTAGE_S = 60.0
"""Real seconds without the ledger after which someone must hear of it; a restart of a server is shorter."""

OUTAGE_EVERY_S = 900.0
"""Real seconds until an outage is told again."""

_TOLD_ONLY = frozenset({EventKind.BUG})
"""Events that the ledger's history doesn't hold: they are heard as they are told, and so is a warning about a
delivery: an answer that could not be recorded."""


class Alerter:
    """Gathers what the ledger's history holds and what this runner tells, and sends it.

    Args:
        warn: told a line when an address takes nothing, once until it takes alerts again.
        place: who tells it, for the end of every alert: this machine.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        durations: Durations,
        sender: Sender,
        *,
        warn: Callable[[str], None],
        place: str = "",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._durations = durations
        self._sender = sender
        self._warn = warn
        self._signature = " · ".join(part for part in (ledger.where, place) if part)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._heard_events: list[StormEvent] = []
        self._failing: frozenset[str] = frozenset()
        self._looked_for_unserved_at = monotonic()  # a runner that just starts has not said what it serves
        self._away_since: float | None = None
        self._outage_told_at: float | None = None
        self._has_bug = False
        self._ending = threading.Event()
        self._pausing_at_end = True
        self._thread = threading.Thread(target=self._run, name="alerter", daemon=True)

    def __call__(self, event: StormEvent) -> None:
        """Listen to what the runner tells; quick, since nothing is written or sent here."""
        is_unwritten = event.kind is EventKind.WARNING and event.key is not None
        if event.kind in _TOLD_ONLY or is_unwritten:
            with self._lock:
                self._heard_events.append(event)

    def start(self) -> None:
        """Begin to look, every now and then."""
        self._thread.start()

    def ask_to_end(self, *, pausing: bool) -> None:
        """Have the last look made at once, without waiting for more to come.

        Args:
            pausing: whether the pause after the last alert is kept, because someone looks again soon.
        """
        self._pausing_at_end = pausing
        self._ending.set()

    def join(self, limit_s: float = END_S) -> None:
        """Wait for the last look, but no longer than that; what was not sent waits in the ledger."""
        self._thread.join(limit_s)

    def look(self, *, patient: bool = True, pausing: bool = True, limit_s: float = SEND_LIMIT_S) -> None:
        """Gather, and send the alert that is due, if any; see `Alerts.take`."""
        moment = self._clock.moment()
        try:
            self._gather(moment, is_last=not patient)
            alert = self._ledger.alerts.take(moment, patient=patient, pausing=pausing)
            self._away_since = None
            if alert is not None:
                self._send(alert, limit_s)
        except StormctlError as error:
            self._note_outage(error, moment, limit_s, is_last=not patient)

    def _run(self) -> None:
        while not self._ending.wait(LOOK_S):
            self._look_safely(patient=True, pausing=True, limit_s=SEND_LIMIT_S)
        self._look_safely(patient=False, pausing=self._pausing_at_end, limit_s=LAST_LIMIT_S)

    def _look_safely(self, *, patient: bool, pausing: bool, limit_s: float) -> None:
        try:
            self.look(patient=patient, pausing=pausing, limit_s=limit_s)
        except Exception:
            if not self._has_bug:  # once: it would come back with every look
                self._has_bug = True
                logger.exception("a bug while alerting")

    def _gather(self, moment: Moment, *, is_last: bool) -> None:
        durations = self._durations
        self._ledger.alerts.gather(moment, durations.patience(SETTLINGS))
        while self._heard_events:
            event = self._heard_events[0]
            self._ledger.alerts.note(_without_words(event), moment)
            with self._lock:
                self._heard_events.remove(event)
        now = self._monotonic()
        if is_last or now - self._looked_for_unserved_at >= UNSERVED_EVERY_S:
            self._looked_for_unserved_at = now
            for event in find_unserved(self._ledger, moment, durations):
                self._ledger.alerts.note(event, moment)

    def _send(self, alert: Alert, limit_s: float) -> None:
        title, text = write_alert(alert.notices, self._signature)
        heard = alert.heard | self._deliver(title, text, alert.heard, limit_s)
        is_whole = self._sender.names <= heard
        self._ledger.alerts.close(alert, heard, self._clock.moment(), is_whole=is_whole)

    def _deliver(self, title: str, text: str, heard: Collection[str], limit_s: float) -> frozenset[str]:
        taken = self._sender.send(title, text, heard=heard, limit_s=limit_s)
        failing = self._sender.names - taken - frozenset(heard)
        for name in sorted(failing - self._failing):
            self._warn(f"alerts: address {name} did not accept an alert; it will be tried a few more times")
        self._failing = (self._failing - taken) | failing
        return taken

    def _note_outage(self, error: StormctlError, moment: Moment, limit_s: float, *, is_last: bool) -> None:
        """Tell without the ledger that it can't be reached, when that lasts or the run ends by it."""
        now = self._monotonic()
        self._away_since = now if self._away_since is None else self._away_since
        told_at = self._outage_told_at
        if not is_last and now - self._away_since < OUTAGE_S:
            return
        if told_at is not None and now - told_at < OUTAGE_EVERY_S:
            return
        self._outage_told_at = now
        with self._lock:
            unwritten = [Notice.of(_without_words(event)) for event in self._heard_events]
        notice = Notice(kind=EventKind.UNREACHABLE, at=moment.at, text=error.message)
        title, text = write_alert([notice, *unwritten], self._signature)
        self._deliver(title, text, (), limit_s)


def find_unserved(ledger: Ledger, moment: Moment, durations: Durations) -> list[StormEvent]:
    """Find the channels on which something has been due for a while and that no live runner serves."""
    before = Moment(moment.at - UNSERVED_AFTER, moment.wall_at - UNSERVED_AFTER)
    due = ledger.backlog.due_channels(before, ledger.backlog.open_channels())
    served = ledger.alerts.served(moment, timeout=durations.runner_timeout) if due else set()
    return [
        StormEvent(
            kind=EventKind.UNSERVED,
            at=moment.at,
            text="something is due and no live runner serves it",
            storm_id=ledger.alerts.storm_of(channel),
            channel=channel,
        )
        for channel in due
        if channel not in served and not _is_halted(ledger, channel)
    ]


def _is_halted(ledger: Ledger, channel: str) -> bool:
    """Whether a halt covers all of a channel: whatever flows again under it is someone else's, or a part."""
    platform = parse_channel_id(channel).platform.value
    covering = {("all", None), ("platform", platform), ("channel", channel)}
    return any(
        (halt.scope, halt.target) in covering
        and not any(_may_touch(exception, channel) for exception in halt.exceptions)
        for halt in ledger.halts.active()
    )


def _may_touch(exception: str, channel: str) -> bool:
    """Whether something of a channel may flow by what was excepted from a halt, such as `topic sign-on`."""
    scope, _, target = exception.partition(" ")
    if scope in {"channel", "platform"}:
        return target in {channel, channel.partition(":")[0]}
    return True


def _without_words(event: StormEvent) -> StormEvent:
    """Return a bug without its words: nobody knows what an unforeseen exception says."""
    if event.kind is not EventKind.BUG:
        return event
    return replace(event, text="its traceback is in the runner's log")
