"""Alerts and heartbeat together: what a runner is given so that people hear how it fares."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from stormctl.domain.base.event import EventKind
from stormctl.engine.alerts.alert_addresses import Sender, open_addresses
from stormctl.engine.alerts.alerting import END_S, Alerter
from stormctl.engine.alerts.pinging import Pinger
from stormctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import SecretStr

    from stormctl.domain.base.clock import Clock
    from stormctl.domain.base.event import StormEvent
    from stormctl.engine.alerts.alert_addresses import Addresses
    from stormctl.engine.base.equipment import Durations, Equipment
    from stormctl.ledger.ledger import Ledger
    from stormctl.settings import Settings


class Notifications:
    """Who is told what happens, by the settings.

    Attributes:
        addresses: where alerts go.
    """

    def __init__(
        self, addresses: Addresses, heartbeat: SecretStr | None, *, is_heartbeat_locked: bool = False
    ) -> None:
        self.addresses = addresses
        self._heartbeat = heartbeat
        self._is_heartbeat_locked = is_heartbeat_locked

    @property
    def summary(self) -> str:
        """Where alerts go, in a line for people; and that the heartbeat is locked, if it is."""
        locked = (
            "; the heartbeat is locked, because STORMCTL_LIVE is not 1" if self._is_heartbeat_locked else ""
        )
        return f"{self.addresses.summary}{locked}"

    @property
    def is_locked(self) -> bool:
        """Whether the lock `STORMCTL_LIVE` keeps something from being used."""
        return bool(self.addresses.locked) or self._is_heartbeat_locked

    @contextmanager
    def watching(self, equipment: Equipment, *, pausing: bool = False) -> Iterator[Equipment]:
        """Look while a runner runs; at its end, wait some seconds at most for what is still to be said.

        Args:
            equipment: whose listener is told all events, and a line where nobody could be reached.
            pausing: whether the pause between alerts is kept at the end, because the next run is near.

        Returns:
            the equipment to run by: what it tells and each of its sweeps is heard here, too.
        """

        def warn(text: str) -> None:
            equipment.tell(EventKind.WARNING, text)

        alerter = self.make_alerter(equipment.ledger, equipment.clock, equipment.durations, warn)
        pinger = None if self._heartbeat is None else Pinger(self._heartbeat, warn=warn)

        def listen(event: StormEvent) -> None:
            equipment.listener(event)
            if alerter is not None:
                alerter(event)

        for worker in (alerter, pinger):
            if worker is not None:
                worker.start()
        try:
            yield replace(equipment, listener=listen, swept=pinger.swept if pinger else equipment.swept)
        finally:
            end = time.monotonic() + END_S
            if alerter is not None:
                alerter.ask_to_end(pausing=pausing)
            if pinger is not None:
                pinger.ask_to_end()
            for worker in (alerter, pinger):
                if worker is not None:
                    worker.join(max(0.0, end - time.monotonic()))

    def make_alerter(
        self, ledger: Ledger, clock: Clock, durations: Durations, warn: Callable[[str], None]
    ) -> Alerter | None:
        """Return who tells people; None where nobody is to be told."""
        if not self.addresses.usable:
            return None
        sender, place = Sender(self.addresses.usable), socket.gethostname()
        return Alerter(ledger, clock, durations, sender, warn=warn, place=place)


def make_notifications(settings: Settings) -> Notifications:
    """Read who is to hear of what happens.

    Raises:
        UsageError: an address can't be used; which one is said, its text never is.
    """
    heartbeat = settings.find_heartbeat()
    is_locked = heartbeat is None and bool(settings.heartbeat_url.get_secret_value())
    return Notifications(open_addresses(settings), heartbeat, is_heartbeat_locked=is_locked)


@contextmanager
def alerting(
    settings: Settings, ledger: Ledger, clock: Clock, durations: Durations, warn: Callable[[str], None]
) -> Iterator[None]:
    """Have people told at once of what was just done, while whoever did it goes on."""
    alerter = None
    try:
        alerter = make_notifications(settings).make_alerter(ledger, clock, durations, warn)
    except UsageError as error:  # it must not keep anyone from halting
        warn(f"no alert is sent: {error.message}")
    if alerter is not None:
        alerter.start()
        alerter.ask_to_end(pausing=False)
    try:
        yield
    finally:
        if alerter is not None:
            alerter.join()
