"""Each rule has small banks that break it and that do not, and what is said of them in three languages.

`rules/CODE/bad*/` holds `messages/b/` and perhaps a schedule; without one it is a bank alone. What
people are told of it is beside it, in `bad.en.txt`, `bad.es.txt` and `bad.fr.txt`. In `rules/CODE/good*/`
nothing is found.
To write what is told anew, after a look at it: `RECORD_FINDINGS=1 pytest tests/checks -k CODE`.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from stormctl.checks.registry import RULES
from stormctl.engine.base.campaign import Campaign, load_bank_alone, load_campaign
from stormctl.files.bank.fixes import plan_fixes
from stormctl.render.language import LANGUAGES, Language
from stormctl.render.terminal.findings import render_findings

FOLDER = Path(__file__).parent / "rules"
BAD = sorted(path for path in FOLDER.glob("*/bad*") if path.is_dir())
GOOD = sorted(path for path in FOLDER.glob("*/good*") if path.is_dir())


def load(folder: Path) -> Campaign:
    """Check a small campaign."""
    schedule = next((folder / "schedules").glob("*.toml"), None)
    return load_campaign(folder, schedule) if schedule else load_bank_alone(folder, "messages/b")


def tell(campaign: Campaign, code: str) -> str:
    """Write what people are told of it."""
    console = Console(width=100, color_system=None, highlight=False, markup=False, emoji=False, record=True)
    with console.capture() as told:
        console.print(render_findings(campaign.findings, Language(code)))
    return "".join(f"{line.rstrip()}\n" for line in told.get().splitlines())


@pytest.mark.parametrize("folder", BAD, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_breaks_a_rule_is_told(folder: Path) -> None:
    """The rule finds it, and what people read is right in three languages."""
    campaign = load(folder)

    told = {code: tell(campaign, code) for code in LANGUAGES}

    if os.environ.get("RECORD_FINDINGS"):
        for code, text in told.items():
            folder.with_name(f"{folder.name}.{code}.txt").write_text(text, encoding="utf-8")
    assert folder.parent.name in {finding.code for finding in campaign.findings}
    for code, text in told.items():
        assert text == folder.with_name(f"{folder.name}.{code}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", GOOD, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_keeps_a_rule_is_fine(folder: Path) -> None:
    """Nothing is found in what is right."""
    assert load(folder).findings == ()


@pytest.mark.parametrize("folder", BAD, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_is_mended_is_right_afterwards(folder: Path, tmp_path: Path) -> None:
    """Each edit that is offered can be made, and what it was offered for is found no more."""
    copy = tmp_path / "campaign"
    shutil.copytree(folder, copy)
    offered = sum(found.edit is not None for found in load(copy).findings)

    for _ in range(offered):  # edits that overlap wait for the next round
        for fix in plan_fixes(copy, [found.edit for found in load(copy).findings if found.edit is not None]):
            fix.write()

    assert [found.code for found in load(copy).findings if found.edit is not None] == []


SCHEDULE = """
name = "Small"
date = 2026-12-18
timezone = "America/New_York"
bank = "b"
hashtags = ["MigrantsDay", "HumanRightsForEveryone"]
channels = [{ id = "x:acme", languages = ["en"] }]
windows = [{ from = 08:00:00, to = 20:00:00, every = "20m" }]
facts = { max_age = "3y" }
trust = { links = ["example.org"] }
"""
ELSEWHERE = re.compile(
    r"\[\[|\.toml|\.\w\w\.md|\.en\.txt|\.pdf|(?m:^(?:channels|media|bank|messages|from|date|every) ?[=:])"
)
"""An example of a schedule, or of a file's name, and not of what stands in a message file."""
IN_FILES = sorted(
    code
    for code, rule in RULES.items()
    if type(rule.bad) is str
    and (rule.bad.startswith("---") or not ELSEWHERE.search(rule.bad))
    and code not in {"bad-captions", "missing-captions", "bank-empty", "file-name", "not-utf8"}
)


@pytest.mark.parametrize("code", IN_FILES)
def test_an_example_shows_its_rule(code: str, tmp_path: Path) -> None:
    """What is shown as bad breaks the rule as it stands there, and what is shown as good keeps it."""
    bank = tmp_path / "messages" / "b"
    bank.mkdir(parents=True)
    (tmp_path / "schedules").mkdir()
    schedule = tmp_path / "schedules" / "small.toml"
    schedule.write_text(SCHEDULE, encoding="utf-8")
    for name in ("boat.png", "march.jpg"):
        Image.new("RGB", (640, 480), "teal").save(bank / name)

    found = {}
    for kind, example in (("bad", RULES[code].bad), ("good", RULES[code].good)):
        (bank / "m.en.md").write_text(example.replace("\\u202e", "\u202e"), encoding="utf-8")
        found[kind] = {finding.code for finding in load_campaign(tmp_path, schedule).findings}

    assert code in found["bad"]
    assert code not in found["good"]


UNREACHABLE = {"slot-outside-dates", "per-day-exceeded", "beyond-platform-ceiling"}
"""What only a plan that is wrong would break, or thousands of messages: unit tests show it."""


@pytest.mark.parametrize("code", sorted(RULES.keys() - UNREACHABLE))
def test_each_rule_has_banks(code: str) -> None:
    """There is a bank that breaks it and one that does not, and an example of each for people."""
    assert list((FOLDER / code).glob("bad*/messages/b"))
    assert list((FOLDER / code).glob("good*/messages/b"))
    assert RULES[code].bad
    assert RULES[code].good
