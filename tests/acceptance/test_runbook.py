"""The runbook is true: each trouble shows itself as it says, and what it says to type mends it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from tests.acceptance import scenes_machines, scenes_ordinary, scenes_posts
from tests.acceptance.conftest import QUICK, Campaign, start_emulator
from tests.acceptance.runbook import (
    FACEBOOK,
    LABELS,
    PAGE,
    TROUBLES,
    Person,
    Section,
    X,
    find_drills,
    find_parts,
    find_sections,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(os.name != "posix", reason="signals, modes, Unix sockets and forks are POSIX's"),
]

SECTIONS = find_sections()
SCENES = scenes_posts.SCENES | scenes_machines.SCENES
PARTNER = "x:north-coalition"

LEFT_OUT = {
    "stormctl auth x migrants-day": "a person answers with a PIN: tests/unit/cli/commands/test_auth.py",
    "stormctl auth facebook migrants-day": "a person types a token: tests/unit/cli/commands/test_auth.py",
    "stormctl doctor --canary facebook:migrants-day": "a person confirms it: tests/acceptance/test_canary.py",
    "umask 077": "the shell's own, for the line after it",
    "stormctl emulator > .env": "one is running: every scene stands on it",
    "STORMCTL_LEDGER_URL=postgresql://storm:PASSWORD@db.example.org/storm?sslmode=require": "a line of .env",
}
"""Lines of `sh` blocks that are not typed, and why."""

PARTS = find_parts(LEFT_OUT)
DRILLS = find_drills()


@pytest.fixture(scope="session")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An emulator for all scenes of a worker; each scene finds it empty and well."""
    with start_emulator(Campaign(tmp_path_factory.mktemp("emulator")), X, FACEBOOK, PARTNER) as variables:
        yield variables


@pytest.fixture
def person(platforms: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest) -> Person:
    """Somebody in an empty campaign folder, with the keys of three accounts."""
    root = tmp_path / "campaign"
    root.mkdir()
    made = Person(
        root,
        environment=platforms | QUICK,
        emulator_url=platforms["STORMCTL_X_BASE_URL"],
        get_postgres=lambda: request.getfixturevalue("postgres"),
    )
    made.forget_faults()
    made.ask("/_emulator/reset", {})
    return made


def test_every_section_has_its_scene() -> None:
    """No trouble of the page is without a scene, and no scene without its section."""
    assert sorted(section.heading for section in SECTIONS) == sorted(SCENES)
    assert sorted(part.heading for part in PARTS) == sorted(scenes_ordinary.SCENES)


def test_the_index_leads_to_every_section() -> None:
    """The table at its beginning names every trouble, in the order in which they stand."""
    index = PAGE.partition(f"\n## {TROUBLES}\n")[2].partition("\n### ")[0]

    rows = re.findall(r"\| `([^`]+)` \| \[(.+)\]\(#.+\) \|$", index, re.MULTILINE)

    assert [section.heading for section in SECTIONS] == [heading for _, heading in rows]
    for section, (command, _) in zip(SECTIONS, rows, strict=True):  # the sections' scenes type them
        assert command in {*section.commands, "stormctl status"}, section.heading


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.heading)
def test_section_has_its_three_parts(section: Section) -> None:
    """It begins with what to do first, and says what one sees, what it means and what to type."""
    first = section.text.strip().splitlines()[0]

    assert re.findall(r"^\*\*(.+?)\*\*", section.text, re.MULTILINE) == LABELS
    assert not first.startswith("**")
    assert section.commands


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.heading)
def test_what_an_ordinary_day_needs_works(part: Section, person: Person) -> None:
    """Every command around the troubles does what it says, in the order of the page."""
    person.section = part

    scenes_ordinary.SCENES[part.heading](person)

    person.finish()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.heading)
def test_what_the_section_says_is_so(section: Section, person: Person) -> None:
    """The trouble shows itself as the page says, and what the page says to type ends it."""
    person.section = section

    SCENES[section.heading](person)

    person.finish()


def test_the_drills_are_those_that_were_agreed_on() -> None:
    """The page has five, and each plays a trouble of the runbook with that section's own commands."""
    by_heading = {section.heading: section for section in SECTIONS}

    assert len(DRILLS) == 5
    for drill, plays in DRILLS:
        assert drill.commands == [*by_heading[plays].commands, "stormctl log"], drill.heading


@pytest.mark.parametrize(("drill", "plays"), DRILLS, ids=[drill.heading for drill, _ in DRILLS])
def test_a_drill_can_be_played(drill: Section, plays: str, person: Person) -> None:
    """Each step is typed against the emulator, with real processes; the log tells it at the end."""
    person.section = drill

    SCENES[plays](person)

    (told,) = person.type(0)
    assert "launched by" in told
    person.finish()
