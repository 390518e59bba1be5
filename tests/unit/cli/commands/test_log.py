"""`log`: who did what, on a ledger with several storms, halted, and without keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.cli.commands.log import read_since
from stormctl.domain.delivery.delivery import Delivered
from stormctl.errors import ExitCode, UsageError
from tests.factories import PAGE, make_delivery, make_terms
from tests.unit.cli.conftest import enroll
from tests.unit.cli.conftest import read_moment as now

if TYPE_CHECKING:
    from stormctl.ledger.ledger import Ledger
    from tests.unit.cli.conftest import CommandLine

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 12, 18, 17, 0, tzinfo=UTC)
NEW_YORK = {"America/New_York"}


def _live_a_day(ledger: Ledger) -> None:
    """Launch, publish late, halt, change a text, cancel, resume: a day in small."""
    boat = make_delivery("boat", slot_at=now().at - 2 * MINUTE)
    door, hope = (make_delivery(name, slot_at=now().at + 60 * MINUTE) for name in ("door", "hope"))
    terms = make_terms(boat.channel)
    ledger.enrolment.enroll(terms, [boat, door, hope], now(), who="ana")
    runner = ledger.runners.register("launch", "laptop", 7, now())
    claim = ledger.outbox.claim("x:acme", runner, now(), timedelta(seconds=20))
    assert claim is not None
    ledger.outbox.mark_sending(claim, now())
    ledger.outbox.record(claim, Delivered(post_id="1", url="https://x.com/acme/status/1"), now())
    ledger.halts.halt("all", None, "a tragedy in the news", "ben", now())
    reworded = make_delivery("door", slot_at=door.slot_at + MINUTE, text="Another text.")
    ledger.enrolment.enroll(terms, [boat, reworded], now(), who="ana")
    ledger.manual.cancel([str(reworded.key)], "cleo", now())
    ledger.halts.resume(now(), "ben")
    ledger.runners.stop(runner, now())


def test_the_day_in_one_list(stormctl: CommandLine, ledger: Ledger) -> None:
    """Launches, runners, posts with their lateness, halts, edits, cancels and resumes, in their order."""
    _live_a_day(ledger)

    ended = stormctl("log")

    lines = ended.out.splitlines()
    assert (ended.code, ended.err) == (ExitCode.DONE, "")
    assert lines[0].startswith("1 post published, the latest 2 min late; 1 halt, 1 resume (")
    told = [line.split("  ", 1)[1] for line in lines[1:]]
    assert told[0] == "launched by ana"
    assert told[2] == "launch on laptop (process 7) started"
    assert told[3] == "x:acme  delivered  boat.en  2 min late  https://x.com/acme/status/1"
    assert told[4] == "everything halted by ben: a tragedy in the news"
    assert "x:acme  changed  hope.en  withdrawn, no longer in the plan" in told
    assert [line for line in told if line.startswith("x:acme  changed  door.en  new text, moved from ")]
    assert "x:acme  door.en  cancelled by cleo" in told
    assert told[-2:] == ["everything resumed by ben", "launch on laptop (process 7) stopped"]


def test_cron_does_not_fill_it(stormctl: CommandLine, ledger: Ledger) -> None:
    """A tick starts every minute: what it does is told, not that it came and went."""
    runner = ledger.runners.register("tick", "server", 7, now())
    ledger.runners.stop(runner, now())

    assert stormctl("log").out == "nothing has happened yet\n"


def test_for_machines(stormctl: CommandLine, ledger: Ledger) -> None:
    """The same as JSON, by its schema, with the lateness in seconds."""
    _live_a_day(ledger)

    document = stormctl("log", "--json").json

    (post,) = (entry for entry in document["entries"] if entry["kind"] == "delivered")
    assert (post["key"], post["channel"]) == ("storm/x:acme/boat/en", "x:acme")
    assert 120 <= post["late_s"] < 180
    assert document["storms"] == [{"id": "storm", "timezone": "America/New_York"}]


def test_one_storm_with_what_concerns_all(stormctl: CommandLine, ledger: Ledger) -> None:
    """Another storm's posts are left out; a halt of everything stays, and an unknown storm is refused."""
    enroll(ledger, make_delivery("boat", slot_at=now().at + MINUTE))
    other = make_delivery("vigil", slot_at=now().at + MINUTE, channel=PAGE)
    other = replace(other, key=replace(other.key, storm="other"))
    terms = make_terms(PAGE, storm_id="other")
    ledger.enrolment.enroll(terms, [other], now(), who="dora", suspended={"facebook:acme": "left out"})
    ledger.halts.halt("all", None, "quiet", "ben", now())

    ended = stormctl("log", "storm")
    unknown = stormctl("log", "strom")

    assert ("dora" in ended.out, "left out" in ended.out, "quiet" in ended.out) == (False, False, True)
    assert (unknown.code, unknown.out) == (ExitCode.USAGE, "")
    assert "has no storm strom" in unknown.err


def test_since(stormctl: CommandLine, ledger: Ledger) -> None:
    """What is older is left out, and the first line says since when."""
    _live_a_day(ledger)

    ended = stormctl("log", "--since", "2099-01-01 00:00")

    assert ended.out.startswith("nothing has happened since Thu 1 Jan 2099, 00:00 EST")


def test_it_needs_no_keys(stormctl: CommandLine, ledger: Ledger) -> None:
    """An `.env` that can't be trusted keeps nobody from the history."""
    _live_a_day(ledger)
    stormctl.write(".env", "STORMCTL_LIVE: 1\n").chmod(0o644)

    ended = stormctl("log")

    assert ended.code == ExitCode.DONE
    assert "everything halted by ben" in ended.out


def test_without_a_rehearsal(stormctl: CommandLine, ledger: Ledger) -> None:
    """There is none to tell of, and it says how to start one."""
    _live_a_day(ledger)

    ended = stormctl("log", "--rehearsal")

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "stormctl rehearse" in ended.err


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2h", NOON - timedelta(hours=2)),
        ("11:30", NOON - timedelta(minutes=30)),
        ("9:05", datetime(2026, 12, 18, 14, 5, tzinfo=UTC)),
        ("12:01", NOON - timedelta(days=1) + MINUTE),
        ("2026-12-18", datetime(2026, 12, 18, 5, 0, tzinfo=UTC)),
        ("2026-12-18 09:00", datetime(2026, 12, 18, 14, 0, tzinfo=UTC)),
        ("2026-12-18 09:00 Europe/Madrid", datetime(2026, 12, 18, 8, 0, tzinfo=UTC)),
    ],
)
def test_since_is_a_duration_or_a_time(text: str, at: datetime) -> None:
    """A time of day is the last one that has passed, in the storm's zone."""
    assert read_since(text, NEW_YORK, NOON) == at


@pytest.mark.parametrize(
    ("text", "zones"),
    [
        ("yesterday", NEW_YORK),
        ("", NEW_YORK),
        ("25:00", NEW_YORK),
        ("9999y", NEW_YORK),
        ("2026-02-30", NEW_YORK),
        ("11:30", {"UTC", "Asia/Tokyo"}),
    ],
)
def test_what_since_can_not_be(text: str, zones: set[str]) -> None:
    """It is refused with the option's name, and so is a time that may be in several zones."""
    with pytest.raises(UsageError, match="--since"):
        read_since(text, zones, NOON)
