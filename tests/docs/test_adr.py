"""The decisions have a form, a number and a place in the index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "adr"
DECISIONS = sorted(FOLDER.glob("[0-9]*.md"))
TITLE = re.compile(r"# (?P<number>\d{4}): (?P<title>.+)")


def read_title(decision: Path) -> tuple[str, str]:
    """Read a decision's number and title from its first line."""
    match = TITLE.fullmatch(decision.read_text(encoding="utf-8").splitlines()[0])
    assert match is not None, f"{decision.name} does not begin with its number and title"
    return match["number"], match["title"]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.stem)
def test_decision_has_its_sections(decision: Path) -> None:
    """A decision has a date, a status, and says context, decision and consequences in this order."""
    text = decision.read_text(encoding="utf-8")

    assert re.search(r"^- Date: \d{4}-\d{2}-\d{2}$", text, re.MULTILINE)
    assert re.search(r"^- Status: (accepted|replaced by \[\d{4}\]\(.+\))$", text, re.MULTILINE)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.stem)
def test_decision_is_named_by_its_number(decision: Path) -> None:
    """The number in the title is that of the file's name."""
    number, _ = read_title(decision)

    assert decision.name.startswith(f"{number}-")


def test_numbers_are_unique_and_without_gaps() -> None:
    """Decisions are counted from 1 on, each number once."""
    numbers = [int(decision.name[:4]) for decision in DECISIONS]

    assert list(range(1, len(DECISIONS) + 1)) == numbers


def test_index_lists_every_decision() -> None:
    """The index names every decision with its number, file and title, in order."""
    rows = re.findall(
        r"^\| \[(\d{4})\]\((.+)\) \| (.+) \|$",
        (FOLDER / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )

    expected = []
    for decision in DECISIONS:
        number, title = read_title(decision)
        expected.append((number, decision.name, title))

    assert expected == rows
