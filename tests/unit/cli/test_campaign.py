"""`check` and `plan`: what the files say, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.errors import ExitCode

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


def test_check_says_that_all_is_well(stormctl: CommandLine) -> None:
    """A campaign without findings ends with 0, and says so where data belongs."""
    ended = stormctl("check")

    assert (ended.code, ended.out, ended.err) == (0, "nothing to mend\n", "")


def test_check_names_file_and_line(stormctl: CommandLine) -> None:
    """A mistake in a message ends with 3, and its place is said."""
    stormctl.write("messages/small/boat.en.md", "---\ncolour: red\n---\nA boat.\n")

    ended = stormctl("check", "small")

    assert ended.code == ExitCode.FINDINGS
    assert "messages/small/boat.en.md:2" in ended.out


def test_check_tells_machines(stormctl: CommandLine) -> None:
    """`--json` prints a versioned document, with the same exit code."""
    stormctl.write("messages/small/boat.en.md", "---\ncolour: red\n---\nA boat.\n")

    ended = stormctl("check", "--json")

    assert (ended.code, ended.err) == (ExitCode.FINDINGS, "")
    assert ended.json["schema_version"] == 1
    assert ended.json["errors"] >= 1


def test_check_looks_at_every_schedule(stormctl: CommandLine) -> None:
    """Without a name all schedules are checked; with names only those."""
    stormctl.write("schedules/broken.toml", "name = ")

    assert [stormctl("check").code, stormctl("check", "small").code] == [ExitCode.FINDINGS, 0]


def test_plan_shows_the_day(stormctl: CommandLine) -> None:
    """The timeline names each channel and message, and costs nothing to look at."""
    ended = stormctl("plan")

    assert (ended.code, ended.err) == (0, "")
    assert all(word in ended.out for word in ("x:acme", "facebook:acme", "boat", "door", "09:00 EST"))
    assert not (stormctl.root / ".stormctl").exists()


def test_plan_tells_machines(stormctl: CommandLine) -> None:
    """`--json` prints every delivery with its exact text."""
    ended = stormctl("plan", "small", "--json")

    assert ended.code == 0
    assert ended.json["schema_version"] == 1
    assert {d["message_id"] for d in ended.json["deliveries"]} == {"boat", "door"}
    assert all(d["text"].endswith("#MigrantsDay") for d in ended.json["deliveries"])


def test_plan_tells_findings_apart_from_data(stormctl: CommandLine) -> None:
    """Findings go to standard error, so that the JSON stays whole; an error ends with 3."""
    stormctl.write("messages/small/house.en.md", "---\ncolour: red\n---\nA house.\n")

    ended = stormctl("plan", "--json")

    assert ended.code == ExitCode.FINDINGS
    assert "colour" in ended.err
    assert ended.json["schema_version"] == 1


def test_plan_of_a_broken_schedule_is_only_its_findings(stormctl: CommandLine) -> None:
    """Where no storm can be built there is nothing to show."""
    stormctl.write("schedules/small.toml", "name = ")

    ended = stormctl("plan")

    assert (ended.code, ended.out) == (ExitCode.FINDINGS, "")
    assert "schedules/small.toml:1" in ended.err


@pytest.mark.parametrize("command", ["plan", "launch", "rehearse"])
def test_one_of_several_schedules_must_be_named(stormctl: CommandLine, command: str) -> None:
    """Nothing is guessed where there are two storms."""
    stormctl.write("schedules/other.toml", (stormctl.root / "schedules/small.toml").read_text("utf-8"))

    ended = stormctl(command)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err.startswith("error: there are 2 schedules: say which one\nhint: one of: other, small")
