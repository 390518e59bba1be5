"""Campaigns on disk: only what a test is about needs to be said."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.engine.base.campaign import Campaign, load_campaign
from stormctl.files.schedules.schedule import load_storm

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.domain.base.finding import Finding
    from stormctl.domain.plan.storm import Storm

ACME = ("x:acme", "facebook:acme")
DAY = 'from = 08:00:00\nto = 20:00:00\nevery = "20m"'
NOON = "from = 12:00:00\nto = 13:00:00\nat = [12:00:00, 12:30:00]"

M1 = '---\nmedia: [{file: boat.png, alt: "A boat"}]\nconsent: yes\n---\nEveryone who moves has rights.\n'
M2 = "Sign before the evening, and bring a friend.\n"
TEXTS = ("Everyone who moves has rights.", "Sign before the evening, and bring a friend.")


def make_schedule(
    channels: Mapping[str, str] | Iterable[str] = ACME,
    windows: Iterable[str] = (DAY,),
    *,
    name: str = "A small storm",
    date: object = "2026-12-18",
    zone: str = "America/New_York",
    bank: str = "small",
    head: str = "",
    tail: str = "",
) -> str:
    """Write a schedule's text; channels may have further lines of their own."""
    own = channels if isinstance(channels, Mapping) else dict.fromkeys(channels, "")
    lines = [f'name = "{name}"', f"date = {date}", f'timezone = "{zone}"', f'bank = "{bank}"', head]
    lines += [line for channel in own for line in ("[[channels]]", f'id = "{channel}"', own[channel])]
    lines += [line for window in windows for line in ("[[windows]]", window)]
    return "\n".join(line for line in (*lines, tail) if line) + "\n"


MINIMAL = make_schedule(["x:migrants-day"], bank="imd", name="A day")
"""The shortest schedule that there can be."""


@dataclass
class CampaignFolder:
    """A campaign folder that a test fills with files.

    Attributes:
        bank_name: of its bank.
        storm: the name of its schedule.
    """

    root: Path
    bank_name: str = "small"
    storm: str = "small"

    @property
    def bank(self) -> Path:
        """The folder of its messages."""
        return self.root / "messages" / self.bank_name

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file of the bank."""
        return _write(self.bank / name, content)

    def write_sparse(self, name: str, size: int) -> Path:
        """Write a file of the bank that is only as big as it says."""
        path = self.write(name, b"")
        with path.open("wb") as file:
            file.truncate(size)
        return path

    def write_schedule(self, content: str | bytes, name: str | None = None) -> Path:
        """Write a schedule."""
        return _write(self.root / "schedules" / f"{name or self.storm}.toml", content)


def write_campaign(root: Path, *, head: str = "", limits: str = "", tail: str = "") -> Path:
    """Write two messages, one with a picture, and a schedule for noon and half past; return it."""
    folder = CampaignFolder(root, "acme")
    folder.write("boat.png", make_png())
    folder.write("m1.en.md", M1)
    folder.write("m2.en.md", M2)
    tail = f'[limits]\nspacing = "0s"\n{limits}\n{tail}'
    return folder.write_schedule(make_schedule(windows=[NOON], bank="acme", head=head, tail=tail))


def make_campaign(root: Path, **more: str) -> Campaign:
    """Write that campaign, with more lines where a test needs them, and load it."""
    return load_campaign(root, write_campaign(root, **more))


def load(
    campaign: CampaignFolder, source: str | bytes, name: str | None = None
) -> tuple[Storm | None, list[Finding]]:
    """Load a schedule from its text."""
    return load_storm(campaign.root, campaign.write_schedule(source, name))


def to_lines(findings: list[Finding]) -> list[str]:
    """Write findings short: line, code, message."""
    return [f"{finding.place.line} {finding.code} {finding.message}" for finding in findings]


def make_png(width: int = 4, height: int = 4) -> bytes:
    """Make a PNG file, whose pixels are only there if it is small."""
    header = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 2, 0, 0, 0])
    pixels = zlib.compress(b"\0" * min(height * (1 + 3 * width), 10_000))
    return (
        b"\x89PNG\r\n\x1a\n" + make_chunk(b"IHDR", header) + make_chunk(b"IDAT", pixels) + make_chunk(b"IEND")
    )


def make_chunk(kind: bytes, payload: bytes = b"") -> bytes:
    """Make a chunk of a PNG."""
    return len(payload).to_bytes(4) + kind + payload + zlib.crc32(kind + payload).to_bytes(4)


def _write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
