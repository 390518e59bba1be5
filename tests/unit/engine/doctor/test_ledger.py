"""The ledger's lines: whether it opens, whose it is, what it may not know, who works with it."""

from __future__ import annotations

import os
import socket
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.clock import Moment
from stormctl.domain.delivery.delivery import CANARY_STORM, Delivered, InDoubt, RateLimit
from stormctl.domain.plan.canary import plan_canary
from stormctl.domain.report.diagnosis import Verdict
from stormctl.engine.base.clocks import SystemClock
from stormctl.engine.base.equipment import Durations
from stormctl.engine.doctor.ledger import examine_ledger, read_ledger
from stormctl.engine.operate.maintenance import LedgerMaintenance
from stormctl.errors import ExitCode
from stormctl.ledger.care.maintenance import NEWEST
from stormctl.ledger.ledger import open_ledger
from stormctl.settings import Settings
from tests.campaigns import make_campaign
from tests.factories import (
    ACME,
    PAGE,
    bind_account_of,
    bind_hosts_of,
    learn_limits,
    make_delivery,
    make_terms,
    note_gap_of,
)
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stormctl.domain.report.diagnosis import DiagnosisSection
    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.doctor.ledger import LedgerNotes
    from stormctl.ledger.ledger import Ledger

URL = "sqlite:///.stormctl/ledger.db"
LOCAL = Settings(base_urls={"X": "http://127.0.0.1:1", "FACEBOOK": "http://127.0.0.1:1"})
NOW = Moment(NOON, NOON)
LEASE = timedelta(seconds=20)


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """A storm at noon."""
    return make_campaign(tmp_path)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger that is bound to an emulator."""
    with closing(open_ledger(URL, root=tmp_path, create=True)) as opened:
        bind_hosts_of(opened, {"x": "127.0.0.1:1", "facebook": "127.0.0.1:1"})
        yield opened


def read(root: Path) -> LedgerNotes:
    """Read what the ledger tells of the X account."""
    return read_ledger(URL, root, [str(ACME)], Durations())


def look(
    root: Path, campaign: Campaign, moment: Moment = NOW, settings: Settings = LOCAL
) -> DiagnosisSection:
    """Read the ledger and judge it."""
    return examine_ledger(campaign, settings, read(root), moment)


def texts(section: DiagnosisSection, verdict: Verdict) -> list[str]:
    """Return the lines of one verdict."""
    return [line.text for line in section.lines if line.verdict is verdict]


def fly(ledger: Ledger, outcome: Delivered | InDoubt) -> str:
    """Let a canary fly; return its key."""
    planned, moment = plan_canary(ACME, "en", NOON, LEASE), SystemClock().moment()
    planned = replace(planned, slot_at=moment.at, expires_at=None)
    ledger.enrolment.enroll(make_terms(storm_id=CANARY_STORM), [planned], moment)
    claim = ledger.outbox.claim(str(ACME), "r1", moment, LEASE)
    assert claim is not None
    ledger.outbox.mark_sending(claim, moment)
    ledger.outbox.record(claim, outcome, moment)
    return claim.key


@pytest.mark.usefixtures("ledger")
def test_a_ledger_that_opens_is_fine(tmp_path: Path, campaign: Campaign) -> None:
    """Its place and its version; nothing to warn of."""
    section = look(tmp_path, campaign)

    assert texts(section, Verdict.OK) == [
        f"sqlite: .stormctl/ledger.db: version {NEWEST}, it can be read and written",
        "no runner is alive; launch, daemon or tick starts one",
    ]
    assert len(section.lines) == 2


def test_what_it_knows_of_channels_is_noted(tmp_path: Path, ledger: Ledger) -> None:
    """Accounts, ceilings and suspensions, for the channels' own lines."""
    limit = RateLimit(name="x-user-limit-24hour", limit=50, remaining=3, reset_at=NOON)
    bind_account_of(ledger, ACME, "1001", "@acme", NOW)
    learn_limits(ledger, str(ACME), [limit], NOW)
    ledger.channels.suspend(str(ACME), "the token is dead", NOW)

    notes = read(tmp_path)

    assert notes.accounts == {"x:acme": ("1001", "@acme")}
    assert notes.limits == {"x:acme": [limit]}
    assert notes.suspended == {"x:acme": "the token is dead"}


@pytest.mark.usefixtures("ledger")
def test_a_ledger_of_other_hosts_is_proved_bad(tmp_path: Path, campaign: Campaign) -> None:
    """Practice is never taken for the day: launch refuses it, too."""
    section = look(tmp_path, campaign, settings=Settings())

    (facebook, x) = (line for line in section.lines if line.verdict is Verdict.FAIL)
    assert facebook.text == ("it belongs to 127.0.0.1:1, but Facebook is at graph.facebook.com here")
    assert x.text == "it belongs to 127.0.0.1:1, but X is at api.x.com here"
    assert (facebook.exit_code, x.exit_code) == (ExitCode.MAINTENANCE, ExitCode.MAINTENANCE)


def test_a_damaged_ledger_is_proved_bad(tmp_path: Path, campaign: Campaign) -> None:
    """With the ledger's own words, and its exit code."""
    path = tmp_path / ".stormctl" / "ledger.db"
    path.parent.mkdir()
    path.write_bytes(b"not a database, not at all" * 100)

    (line,) = look(tmp_path, campaign).lines

    assert (line.verdict, line.exit_code) == (Verdict.FAIL, ExitCode.MAINTENANCE)


def test_an_older_ledger_is_proved_bad(tmp_path: Path, campaign: Campaign, ledger: Ledger) -> None:
    """It has to be migrated first, and doctor does not do it by the way."""
    ledger.close()
    with closing(sqlite3.connect(tmp_path / ".stormctl" / "ledger.db", isolation_level=None)) as connection:
        connection.execute("UPDATE meta SET value = '2' WHERE key = 'schema_version'")

    (line,) = (line for line in look(tmp_path, campaign).lines if line.verdict is Verdict.FAIL)

    assert (line.exit_code, "migrate" in line.hint) == (ExitCode.MAINTENANCE, True)


def test_an_address_that_names_no_ledger_is_proved_bad(tmp_path: Path, campaign: Campaign) -> None:
    """Nothing is opened."""
    notes = read_ledger("mysql://127.0.0.1/x", tmp_path, [], Durations())

    (line,) = examine_ledger(campaign, LOCAL, notes, NOW).lines

    assert line.verdict is Verdict.FAIL
    assert notes.folder == tmp_path


def test_a_gap_a_halt_and_a_missing_backup_are_warnings(
    tmp_path: Path, campaign: Campaign, ledger: Ledger
) -> None:
    """Each with what to do about it."""
    ledger.enrolment.enroll(make_terms(), [make_delivery(slot_at=NOON)], NOW)
    note_gap_of(ledger, NOON - timedelta(hours=1), NOW, "restored")
    ledger.halts.halt("all", None, "a mistake", "ada", NOW)

    section = look(tmp_path, campaign)

    assert texts(section, Verdict.WARN) == [
        "it may not know what was published since 2026-12-18 16:00 UTC: restored (1 in doubt)",
        "a halt is in force: nothing that they cover goes out",
        "it has never been backed up",
    ]
    assert all(line.hint for line in section.lines if line.verdict is Verdict.WARN)


def test_a_backup_is_told(tmp_path: Path, campaign: Campaign, ledger: Ledger) -> None:
    """With its time."""
    ledger.enrolment.enroll(make_terms(), [make_delivery(slot_at=NOON)], NOW)
    done = LedgerMaintenance(URL, tmp_path, timedelta(seconds=15)).back_up(None)

    section = look(tmp_path, campaign)

    assert texts(section, Verdict.WARN) == []
    assert done.facts.backed_up_at is not None
    assert f"last backup {done.facts.backed_up_at:%Y-%m-%d}" in " ".join(texts(section, Verdict.OK))


def test_a_live_runner_is_named(tmp_path: Path, campaign: Campaign, ledger: Ledger) -> None:
    """With its machine and process."""
    ledger.runners.register("daemon", socket.gethostname(), os.getpid(), SystemClock().moment())

    ok = texts(look(tmp_path, campaign), Verdict.OK)

    assert f"a runner is alive: daemon on {socket.gethostname()} (process {os.getpid()})" in ok


@pytest.mark.parametrize(("minutes", "is_warned"), [(-60, False), (-15, True), (60, True)])
def test_a_storm_about_to_begin_needs_a_runner(
    tmp_path: Path, campaign: Campaign, ledger: Ledger, minutes: int, is_warned: bool
) -> None:
    """From a quarter of an hour before its first post on, where it has posts to make."""
    assert campaign.plan is not None
    ledger.enrolment.enroll(make_terms(ACME, PAGE, storm_id="small"), campaign.plan.deliveries, NOW)
    at = NOON + timedelta(minutes=minutes)

    warned = texts(look(tmp_path, campaign, Moment(at, at)), Verdict.WARN)

    assert ("no runner is alive, and the storm has posts to make" in warned) is is_warned


def test_a_canary_that_still_stands_is_a_warning(tmp_path: Path, campaign: Campaign, ledger: Ledger) -> None:
    """Its process was killed perhaps: the address, and how to take it down."""
    key = fly(ledger, Delivered(post_id="1", url="http://127.0.0.1/1"))

    (line,) = (line for line in look(tmp_path, campaign).lines if line.verdict is Verdict.WARN)

    assert (line.text, line.hint) == (
        "a canary is still there: http://127.0.0.1/1",
        f"stormctl retract {key}",
    )


def test_a_canary_in_doubt_is_a_warning(tmp_path: Path, campaign: Campaign, ledger: Ledger) -> None:
    """A person has to look at the account."""
    key = fly(ledger, InDoubt(reason="the connection was lost"))

    (line,) = (line for line in look(tmp_path, campaign).lines if line.verdict is Verdict.WARN)

    assert line.text == f"a canary is in doubt: {key}"
    assert f"stormctl resolve {key}" in line.hint
