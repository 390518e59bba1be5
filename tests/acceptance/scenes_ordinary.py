"""The parts of the operations page around the troubles: rehearsals, a launch, a daemon, reports, backups."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tests.acceptance.runbook import Scenes

if TYPE_CHECKING:
    from tests.acceptance.runbook import Person

SCENES = Scenes()


@SCENES.of("The days before")
def play_before(person: Person) -> None:
    """Rehearsed once as it is, once slowly with hands on it, once with trouble; then the doctor."""
    person.write_day(("noon-statement",))
    person.type(0)
    person.write_midday()
    with person.leave_running() as rehearsal:
        person.read(rehearsal, "  delivered  ")
        person.type(None, 0, 0)
    person.write_day(("noon-statement",))
    person.type(0)
    person.type(0)


@SCENES.of("The day, on a laptop")
def play_laptop(person: Person) -> None:
    """Launched, watched from a second terminal, halted and resumed; single deliveries by their keys."""
    person.write_midday()
    with person.leave_running() as launch:
        person.read(launch, "  delivered  ", 2)
        person.type(0, 0)
        person.words["--web"] = "--web --port 0"
        with person.leave_running() as page:
            person.read(page, "http://127.0.0.1:")
        with person.leave_running() as page:
            person.read(page, "http://127.0.0.1:", 2)
        person.type(0, 0, 0, 0, 0)
        person.words["2026-12-18 15:30"] = find_later(person)
        person.type(0, 0)

    assert person.counts() == {"delivered": 1, "planned": 4, "retracted": 1}


@SCENES.of("The day, on a server")
def play_server(person: Person) -> None:
    """Enrolled here, published by a daemon; the unit and the line for cron."""
    person.write_midday()
    person.type(0)
    with person.leave_running() as daemon:
        person.read(daemon, "  delivered  ", 2)
    unit, line = person.type(0, 0)

    assert str(person.root) in unit
    assert " tick" in line


@SCENES.of("After the day")
def play_after(person: Person) -> None:
    """The report, on the screen, as a page, as JSON and as a calendar."""
    person.write_day(("noon-statement",))
    person.run("launch", "--yes", "--plain")

    person.type(0, 0, 0, 0)

    assert (person.root / "report.html").exists()
    assert (person.root / "figures.ics").exists()


@SCENES.of("Reference")
def play_reference(person: Person) -> None:
    """The ledger is looked at and backed up; a launch writes a log."""
    person.write_day(("noon-statement",))
    person.run("launch", "--yes", "--detach")
    person.words["/media/stick/"] = ""

    person.type(0, 0, 0, 0, 0)

    assert (person.root / "noon.db").exists()
    assert '"kind": "delivered"' in (person.root / "storm.jsonl").read_text(encoding="utf-8")


def find_later(person: Person) -> str:
    """Find a time of today in the storm's zone, some hours from now."""
    standing = person.standing()
    zone = ZoneInfo(standing["storms"][0]["timezone"])
    return f"{datetime.fromisoformat(standing['at']).astimezone(zone) + timedelta(hours=3):%Y-%m-%d %H:%M}"
