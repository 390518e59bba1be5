"""`report`: the figures of the ledger, on the terminal, as JSON and as a page."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.errors import ExitCode
from tests.factories import make_delivery
from tests.unit.cli.conftest import enroll, read_moment

if TYPE_CHECKING:
    from stormctl.ledger.ledger import Ledger
    from tests.unit.cli.conftest import CommandLine

SOON = timedelta(hours=2)


@pytest.mark.usefixtures("ledger")
def test_a_ledger_without_a_storm_has_nothing_to_report(stormctl: CommandLine) -> None:
    """That is said, not shown as zeros."""
    ended = stormctl("report")

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "the ledger has no storm yet" in ended.err


def test_report_shows_the_newest_storm(stormctl: CommandLine, ledger: Ledger) -> None:
    """Without a name it is the ledger's newest storm; with one it is that."""
    enroll(ledger, make_delivery(slot_at=read_moment().at + SOON))

    newest, named = stormctl("report"), stormctl("report", "storm")

    assert (newest.code, newest.err) == (0, "")
    assert newest.out.splitlines()[0] == named.out.splitlines()[0]


def test_report_tells_machines(stormctl: CommandLine, ledger: Ledger) -> None:
    """`--json` prints a versioned document."""
    enroll(ledger, make_delivery(slot_at=read_moment().at + SOON))

    ended = stormctl("report", "--json")

    assert (ended.code, ended.err) == (0, "")
    assert ended.json["schema_version"] == 1
    assert ended.json["counts"]["planned"] == 1


def test_report_is_written_as_a_page_with_its_figures(stormctl: CommandLine, ledger: Ledger) -> None:
    """`--html` writes the page, and the same figures as JSON beside it."""
    enroll(ledger, make_delivery(slot_at=read_moment().at + SOON))

    ended = stormctl("report", "--html", "day.html")

    figures = json.loads((stormctl.root / "day.json").read_text(encoding="utf-8"))
    assert ended.code == 0
    assert (stormctl.root / "day.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert figures["schema_version"] == 1


def test_a_page_that_cannot_be_written_is_wrong_use(stormctl: CommandLine, ledger: Ledger) -> None:
    """The place is named, and so is what the system says."""
    enroll(ledger, make_delivery(slot_at=read_moment().at + SOON))

    ended = stormctl("report", "--html", "nowhere/day.html")

    assert ended.code == ExitCode.USAGE
    assert ended.err == "error: the report can't be written to nowhere/day.html: No such file or directory\n"


def test_moderators_get_a_page(stormctl: CommandLine, ledger: Ledger) -> None:
    """In a file of its usual name, or of one that is given; the report itself is not printed."""
    enroll(ledger, make_delivery(slot_at=read_moment().at + SOON))

    usual, named = stormctl("report", "--moderators"), stormctl("report", "--moderators", "--html", "m.html")

    assert usual.out == "wrote moderators.html: 0 posts, the newest first; open it in a browser\n"
    assert (named.code, named.err) == (0, "")
    for name in ("moderators.html", "m.html"):
        assert "Nothing is out yet." in (stormctl.root / name).read_text(encoding="utf-8")
    assert not (stormctl.root / "m.json").exists()


def test_figures_come_into_the_calendar(stormctl: CommandLine, ledger: Ledger) -> None:
    """Three dates; a storm without posts has none."""
    enroll(ledger)
    empty = stormctl("report", "--calendar", "figures.ics")
    enroll(ledger, make_delivery(slot_at=read_moment().at + SOON))

    ended = stormctl("report", "--calendar", "figures.ics")

    assert (empty.code, "no figures come" in empty.err) == (ExitCode.USAGE, True)
    assert (ended.code, ended.out) == (0, "wrote figures.ics: open it, and your calendar takes 3 dates\n")
    assert (stormctl.root / "figures.ics").read_bytes().count(b"BEGIN:VEVENT\r\n") == 3


@pytest.mark.parametrize("option", [("--moderators",), ("--calendar", "f.ics")])
def test_json_is_the_figures_alone(stormctl: CommandLine, ledger: Ledger, option: tuple[str, ...]) -> None:
    """A program that asks for both is told, and nothing is written."""
    enroll(ledger, make_delivery(slot_at=read_moment().at + SOON))

    ended = stormctl("report", "--json", *option)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert not (stormctl.root / "f.ics").exists()
