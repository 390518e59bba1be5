"""The table of the platforms' rules names code and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8").splitlines()
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in LINES
    if line.startswith("| ") and not line.startswith("| rule")
]


def test_there_are_rules() -> None:
    """Both platforms have more than a handful, each with all its columns."""
    assert len(ROWS) > 40
    assert {len(row) for row in ROWS} == {5}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[4].strip("` |"))
def test_every_rule_has_its_source_its_code_and_its_test(row: list[str]) -> None:
    """The module exists, and the named test stands in the named file."""
    source, code, test = row[2], row[3].strip("` "), row[4].strip("` |")
    file, _, name = test.partition("::")

    assert source
    assert (ROOT / code).is_file()
    assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
