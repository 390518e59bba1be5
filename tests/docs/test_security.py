"""The page about security names what there is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ATTACKS = re.findall(
    r"^\| (?P<attack>[^|]+) \| [^|]+ \| (?P<where>`[^|]+) \| (?P<test>`[^|]+) \|$", PAGE, re.MULTILINE
)


def test_every_attack_names_a_module_and_a_test_that_exist() -> None:
    """What was renamed or removed is missed here."""
    named = [path for _, *cells in ATTACKS for cell in cells for path in re.findall(r"`([^`]+)`", cell)]

    assert len(ATTACKS) > 15
    assert [path for path in named if not (ROOT / path).is_file()] == []
    assert {path.split("/")[0] for path in named} == {"stormctl", "tests"}


def test_everybody_who_brings_something_is_named() -> None:
    """Five kinds of people and machines, and what each is trusted with."""
    rows = re.findall(r"^\| \*\*(.+?)\*\* \|", PAGE, re.MULTILINE)

    assert {"volunteer", "staff", "neighbour", "the ledger's server", "platform"} <= set(rows)


def test_the_way_to_report_is_linked() -> None:
    """From where people look: the first page, the page for contributors, and this one."""
    for name in ("README.md", "CONTRIBUTING.md"):
        page = (ROOT / name).read_text(encoding="utf-8")
        assert "(docs/security.md)" in page
        assert "(SECURITY.md)" in page
    assert "(../SECURITY.md)" in PAGE
