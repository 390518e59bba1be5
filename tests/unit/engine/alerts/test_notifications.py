"""What a runner is given so that people hear how it fares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import SecretStr

from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.engine.alerts.notifications import Notifications, make_notifications
from stormctl.settings import Settings
from tests.fakes import NOON
from tests.receiver import receiving

if TYPE_CHECKING:
    from tests.receiver import Receiver
    from tests.unit.engine.conftest import Bench


def make(receiver: Receiver) -> Notifications:
    """Make a lookout that tells a receiver."""
    return make_notifications(
        Settings(
            live=False,
            alert_urls=SecretStr(receiver.url("json")),
            heartbeat_url=SecretStr(receiver.url("http", "alive")),
        )
    )


def test_a_run_is_told_of_at_its_end(bench: Bench) -> None:
    """Events go on to the listener; what must be heard is sent, and the monitor is pinged once."""
    event = StormEvent(kind=EventKind.BUG, at=NOON, text="oops", channel="x:acme")
    with receiving() as receiver:
        notifications = make(receiver)
        with notifications.watching(bench.equipment) as watched:
            watched.swept()
            watched.listener(event)

    assert bench.events.all == [event]
    assert [alert["title"] for alert in receiver.alerts] == ["stormctl: x:acme hit a bug"]
    assert receiver.pinged == ["/alive"]


def test_without_addresses_nothing_is_started(bench: Bench) -> None:
    """The listener hears everything as before, and the ledger is not looked at."""
    event = StormEvent(kind=EventKind.BUG, at=NOON, text="oops")
    notifications = make_notifications(Settings())

    with notifications.watching(bench.equipment) as watched:
        watched.swept()
        watched.listener(event)

    assert bench.events.all == [event]
    assert notifications.make_alerter(bench.ledger, bench.clock, bench.equipment.durations, print) is None
    assert (notifications.summary, notifications.is_locked) == ("nobody: set STORMCTL_ALERT_URLS", False)


def test_a_failing_monitor_is_told_to_the_listener(bench: Bench) -> None:
    """As a warning, with nothing of its address."""
    with receiving(500) as receiver:
        notifications = make_notifications(Settings(heartbeat_url=SecretStr(receiver.url("http", "s3cr3t"))))
        with notifications.watching(bench.equipment) as watched:
            watched.swept()

    assert bench.events.texts(EventKind.WARNING) == [
        "the monitor at STORMCTL_HEARTBEAT_URL was not reached: it answered 500"
    ]


def test_the_lock_is_said() -> None:
    """Nobody must believe that they will be told."""
    notifications = make_notifications(
        Settings(
            live=False,
            alert_urls=SecretStr("tgram://123456789:abcdefg_hijklmnop/12345"),
            heartbeat_url=SecretStr("https://monitor.example.org/x"),
        )
    )

    assert notifications.is_locked
    assert notifications.summary == (
        "nobody: STORMCTL_LIVE is not 1, which locks Telegram; "
        "the heartbeat is locked, because STORMCTL_LIVE is not 1"
    )
