"""A small campaign on disk: two messages, one of them with a picture, an X account and a Page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.engine.base.campaign import Campaign, load_campaign
from tests.unit.files.campaigns import make_png

if TYPE_CHECKING:
    from pathlib import Path

SCHEDULE = """\
name = "A small storm"
date = 2026-12-18
timezone = "America/New_York"
bank = "acme"
{head}
[[channels]]
id = "x:acme"
[[channels]]
id = "facebook:acme"
[[windows]]
from = 12:00:00
to = 13:00:00
at = [12:00:00, 12:30:00]
[limits]
spacing = "0s"
{limits}
{tail}
"""

M1 = '---\nmedia: [{file: boat.png, alt: "A boat"}]\n---\nEveryone who moves has rights.\n'
M2 = "Sign before the evening, and bring a friend.\n"
TEXTS = ("Everyone who moves has rights.", "Sign before the evening, and bring a friend.")


def write_campaign(root: Path, *, head: str = "", limits: str = "", tail: str = "") -> Path:
    """Write the campaign, with more lines where a test needs them; return its schedule."""
    bank, schedules = root / "messages" / "acme", root / "schedules"
    bank.mkdir(parents=True, exist_ok=True)
    schedules.mkdir(exist_ok=True)
    (bank / "boat.png").write_bytes(make_png())
    (bank / "m1.en.md").write_text(M1, encoding="utf-8")
    (bank / "m2.en.md").write_text(M2, encoding="utf-8")
    schedule = schedules / "small.toml"
    text = SCHEDULE.format(head=head, limits=limits, tail=tail)
    schedule.write_text(text, encoding="utf-8")
    return schedule


def make_campaign(root: Path, **more: str) -> Campaign:
    """Write the campaign and load it."""
    return load_campaign(root, write_campaign(root, **more))
