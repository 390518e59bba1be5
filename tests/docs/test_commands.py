"""The pages tell people to type only what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    path
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
    if path != ROOT / "docs" / "cli.md"
]
CODE = re.compile(r"^```(?:sh|powershell|ini|crontab)\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"\bstormctl ([a-z]+)\b")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
FOREIGN = re.compile(r"^.*\b(?:git|pip|lint-imports|pytest|python) .*$", re.MULTILINE)


def find_typed(page: Path) -> tuple[set[str], set[str]]:
    """Find the commands and options that a page names in its code."""
    text = page.read_text(encoding="utf-8")
    code = "\n".join(block or span for block, span in CODE.findall(text))
    return set(COMMAND.findall(code)), set(OPTION.findall(FOREIGN.sub("", code)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_named_commands_and_options_exist(page: Path) -> None:
    """Every command and option that a page names is in the reference, which is made from the help."""
    reference = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    commands, options = find_typed(page)

    assert not {name for name in commands if f"stormctl {name}" not in reference}
    assert not {name for name in options if name not in reference}


def test_every_command_is_named_somewhere() -> None:
    """Every command of the reference is told of on some page."""
    reference = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    told = set.union(*(find_typed(page)[0] for page in PAGES))

    assert not set(re.findall(r"^#+ .*`?stormctl ([a-z]+)`?", reference, re.MULTILINE)) - told
