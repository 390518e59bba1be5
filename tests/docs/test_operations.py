"""The operations page agrees with the code."""

from __future__ import annotations

import re
from pathlib import Path

from stormctl.errors import PRECEDENCE, ExitCode

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_every_exit_code_is_explained() -> None:
    """The table of exit codes has a row for each code, in order, and no others."""
    rows = [int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)]

    assert sorted(code.value for code in ExitCode) == rows


def test_precedence_of_exit_codes_is_that_of_the_code() -> None:
    """Where several codes apply, the page names the order that the code follows."""
    match = re.search(r"Where several apply, the order is ([\d, ]+)\.", PAGE)
    assert match is not None

    assert [code.value for code in PRECEDENCE] == [int(code) for code in match[1].split(", ")]
