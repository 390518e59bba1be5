"""The README says how to start, exactly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def find_commands(language: str) -> list[str]:
    """Find the lines of the README's code blocks in a language."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize(
    ("language", "command"),
    [
        ("sh", "pip install . && stormctl rehearse"),
        ("sh", "pip install -e '.[dev]' -c constraints.txt && pytest"),
        ("powershell", "pip install .; if ($?) { stormctl rehearse }"),
        ("powershell", "pip install -e '.[dev]' -c constraints.txt; if ($?) { pytest }"),
    ],
)
def test_readme_holds_the_commands(language: str, command: str) -> None:
    """The two commands stand in the README as they are typed, for both kinds of shell."""
    commands = find_commands(language)

    assert commands.count(command) == 1


def test_rehearsal_is_on_the_first_screen() -> None:
    """Who opens the README sees what this is, for whom, and the first command without scrolling far."""
    first_screen = "\n".join(README.splitlines()[:40])

    assert "Campaign staff" in first_screen
    assert "Volunteers" in first_screen
    assert "stormctl rehearse" in first_screen


def test_storm_day_has_ten_steps() -> None:
    """The storm day is told in ten numbered steps."""
    day = README.partition("## The storm day in ten steps")[2].partition("\n## ")[0]

    steps = [int(number) for number in re.findall(r"^(\d+)\. \*\*", day, re.MULTILINE)]

    assert list(range(1, 11)) == steps
