"""Who tells people: what it gathers, when it sends, and what it does when nobody answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.engine.alerts.alert_addresses import Sender
from stormctl.engine.alerts.alerting import OUTAGE_EVERY_S, OUTAGE_S, UNSERVED_AFTER, Alerter, find_unserved
from stormctl.errors import LedgerUnreachableError
from tests.factories import ACME, PAGE, make_delivery
from tests.fakes import NOON

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

MINUTE = timedelta(minutes=1)


@dataclass
class Telephone:
    """An address that takes messages while it works."""

    name: str = "1 Telephone"
    works: bool = True
    titles: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def deliver(self, title: str, text: str) -> bool:
        """Take a message, if it works."""
        self.titles.append(title)
        self.texts.append(text)
        return self.works


@dataclass
class Desk:
    """An alerter with a telephone, and what it told on the screen."""

    bench: Bench
    telephone: Telephone = field(default_factory=Telephone)
    lines: list[str] = field(default_factory=list)
    monotonic_s: float = 0.0

    def __post_init__(self) -> None:
        self.alerter = self.make(self.telephone)

    def make(self, *telephones: Telephone) -> Alerter:
        """Make an alerter."""
        return Alerter(
            self.bench.ledger,
            self.bench.clock,
            self.bench.equipment.durations,
            Sender(telephones),
            warn=self.lines.append,
            place="desk",
            monotonic=lambda: self.monotonic_s,
        )

    def look_after(self, by: timedelta) -> None:
        """Let time pass and look."""
        self.bench.clock.move(by)
        self.monotonic_s += by.total_seconds()
        self.alerter.look()

    def suspend(self, channel: str = "x:acme") -> None:
        """Suspend a channel now."""
        self.bench.ledger.channels.suspend(channel, "token dead", self.bench.clock.moment())


@pytest.fixture
def desk(bench: Bench) -> Desk:
    """An alerter on the bench's ledger."""
    return Desk(bench)


def break_ledger(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the ledger's server be away."""

    def refuse(*_: object) -> None:
        raise LedgerUnreachableError("the server db.example.org does not answer")

    monkeypatch.setattr(desk.bench.ledger.alerts, "gather", refuse)


def test_a_suspension_is_sent_after_some_seconds(desk: Desk) -> None:
    """Title and text say storm, channel and who tells it; it is sent once."""
    desk.bench.enroll(make_delivery(slot_at=NOON + timedelta(hours=1)))
    desk.suspend()
    desk.look_after(timedelta(seconds=1))
    early = list(desk.telephone.titles)

    desk.look_after(timedelta(seconds=5))
    desk.look_after(MINUTE)

    assert early == []
    assert desk.telephone.titles == ["stormctl: storm: x:acme suspended"]
    assert desk.telephone.texts[0].endswith("Sent by sqlite: ledger.db · desk")


def test_a_failing_address_is_told_once_and_again_when_it_fails_anew(desk: Desk) -> None:
    """A line when it begins to fail; none for every try, and another after it worked."""
    desk.telephone.works = False
    desk.suspend()
    for _ in range(5):
        desk.look_after(2 * MINUTE)
    desk.telephone.works = True
    desk.look_after(9 * MINUTE)
    told_while_it_failed = list(desk.lines)
    desk.telephone.works = False
    desk.suspend("facebook:acme")
    desk.look_after(MINUTE)
    desk.look_after(MINUTE)

    assert told_while_it_failed == [
        "alerts: address 1 Telephone did not accept an alert; it will be tried a few more times"
    ]
    assert len(desk.lines) == 2


def test_a_bug_is_told_without_its_words(desk: Desk) -> None:
    """Nobody knows what an unforeseen exception says."""
    bug = StormEvent(kind=EventKind.BUG, at=NOON, text="KeyError: s3cr3t", channel="x:acme")

    desk.alerter(bug)
    desk.look_after(timedelta(seconds=1))
    desk.look_after(MINUTE)

    assert desk.telephone.titles == ["stormctl: x:acme hit a bug"]
    assert "s3cr3t" not in desk.telephone.texts[0]


def test_a_report_after_waking_is_told(desk: Desk) -> None:
    """Several runners of one laptop wake: it is told once."""
    for _ in range(3):
        event = StormEvent(kind=EventKind.WOKEN, at=NOON, text="asleep 02:10–06:40 UTC: 7 late")
        desk.bench.ledger.history.append(event, desk.bench.clock.moment())
        desk.alerter(event)

    desk.look_after(timedelta(seconds=1))
    desk.look_after(MINUTE)

    assert desk.telephone.titles == ["stormctl: woken"]
    assert desk.telephone.texts[0].count("asleep 02:10–06:40 UTC: 7 late") == 1


def test_a_channel_that_nobody_serves_is_told(desk: Desk) -> None:
    """Something is due there for more than a minute, and no live runner has said that it serves it."""
    desk.bench.enroll(make_delivery(), make_delivery(channel=PAGE))
    desk.bench.ledger.runners.beat(desk.bench.runner_id, desk.bench.clock.moment(), channels=[str(ACME)])
    for _ in range(10):
        desk.bench.ledger.runners.beat(desk.bench.runner_id, desk.bench.clock.moment(), channels=[str(ACME)])
        desk.look_after(timedelta(seconds=12))

    assert desk.telephone.titles == ["stormctl: storm: facebook:acme not served"]


@pytest.mark.parametrize(("scope", "target"), [("all", None), ("platform", "x"), ("channel", "x:acme")])
def test_what_is_halted_needs_no_runner(bench: Bench, scope: str, target: str | None) -> None:
    """A halt that covers the channel explains why nothing goes out."""
    bench.enroll(make_delivery())
    moment = bench.clock.move(UNSERVED_AFTER + MINUTE)
    before = find_unserved(bench.ledger, moment, bench.equipment.durations)
    bench.ledger.halts.halt(scope, target, "a tragedy", "alice", moment)

    after = find_unserved(bench.ledger, moment, bench.equipment.durations)

    assert [event.channel for event in before] == ["x:acme"]
    assert after == []


@pytest.mark.parametrize(
    ("scope", "target", "told"),
    [
        ("channel", "facebook:acme", []),
        ("platform", "facebook", []),
        ("channel", "x:acme", ["x:acme"]),
        ("platform", "x", ["x:acme"]),
        ("topic", "sign-on", ["x:acme"]),
    ],
)
def test_what_stays_halted_when_another_part_flows_needs_no_runner(
    bench: Bench, scope: str, target: str, told: list[str]
) -> None:
    """A Page that was resumed is no reason to call people about the account that was not."""
    bench.enroll(make_delivery())
    moment = bench.clock.move(UNSERVED_AFTER + MINUTE)
    bench.ledger.halts.halt("all", None, "a tragedy", "alice", moment)
    bench.ledger.halts.resume(moment, "alice", scope=scope, target=target)

    found = find_unserved(bench.ledger, moment, bench.equipment.durations)

    assert [event.channel for event in found] == told


def test_a_ledger_out_of_reach_is_told_after_a_minute(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the ledger, from memory; and again only after a quarter of an hour."""
    break_ledger(desk, monkeypatch)
    desk.look_after(timedelta(seconds=OUTAGE_S - 1))
    desk.look_after(timedelta(seconds=OUTAGE_S - 1))
    early = list(desk.telephone.titles)

    for _ in range(3):
        desk.look_after(timedelta(seconds=2))
    once = len(desk.telephone.titles)
    desk.look_after(timedelta(seconds=OUTAGE_EVERY_S))

    assert early == []
    assert (once, len(desk.telephone.titles)) == (1, 2)
    assert desk.telephone.titles[0] == "stormctl: can't reach its ledger"
    assert "the server db.example.org does not answer" in desk.telephone.texts[0]


def test_a_run_that_ends_without_its_ledger_tells_it_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody may be there in a minute to do it; what could not be recorded is told with it."""
    url = "https://example.org/p7"
    text = "posted, but it could not be recorded"
    break_ledger(desk, monkeypatch)
    desk.alerter(StormEvent(kind=EventKind.WARNING, at=NOON, text=text, channel="x:acme", key="k", url=url))

    desk.alerter.look(patient=False)

    assert desk.telephone.titles == ["stormctl: can't reach its ledger, x:acme needs attention"]
    assert f"{text} {url}" in desk.telephone.texts[0]


def test_the_end_waits_for_nothing(desk: Desk) -> None:
    """The last look of a run takes what is there, without more seconds and without the pause."""
    desk.suspend()
    desk.alerter.start()
    desk.alerter.ask_to_end(pausing=False)
    desk.alerter.join()
    desk.suspend("facebook:acme")
    second = desk.make(desk.telephone)
    second.start()

    second.ask_to_end(pausing=False)
    second.join()

    assert len(desk.telephone.titles) == 2


def test_a_tick_keeps_the_pause(desk: Desk) -> None:
    """The next tick is near: it sends what this one must keep back."""
    desk.suspend()
    desk.alerter.look(patient=False)
    desk.suspend("facebook:acme")

    desk.alerter.start()
    desk.alerter.ask_to_end(pausing=True)
    desk.alerter.join()

    assert len(desk.telephone.titles) == 1


def test_a_bug_of_its_own_is_logged_once_and_ends_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The next look is made all the same."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("a bug of ours")

    with monkeypatch.context() as patch:
        patch.setattr(desk.bench.ledger.alerts, "gather", fail)
        for _ in range(2):
            desk.alerter._look_safely(patient=True, pausing=True, limit_s=1)
    desk.suspend()
    desk.look_after(MINUTE)

    assert caplog.text.count("a bug while alerting") == 1
    assert len(desk.telephone.titles) == 1
