"""A small campaign on disk, and pictures for it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from stormctl.files.schedules.schedule import load_storm

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.domain.base.finding import Finding
    from stormctl.domain.plan.storm import Storm


MINIMAL = """\
name = "A day"
date = 2026-12-18
timezone = "America/New_York"
bank = "imd"
[[channels]]
id = "x:migrants-day"
[[windows]]
from = 08:00:00
to = 20:00:00
every = "20m"
"""
"""The shortest schedule that there can be."""


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def make_png(width: int = 2, height: int = 2) -> bytes:
    """Make a PNG file, whose pixels are only there if it is small."""
    header = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 2, 0, 0, 0])
    pixels = zlib.compress(b"\0" * min(height * (1 + 3 * width), 10_000))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


class Campaign:
    """A campaign folder that a test fills with files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bank = root / "messages" / "imd"
        self.bank.mkdir(parents=True)
        (root / "schedules").mkdir()

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file of the bank."""
        path = self.bank / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def write_sparse(self, name: str, size: int) -> Path:
        """Write a file of the bank that is only as big as it says."""
        path = self.write(name, b"")
        with path.open("wb") as file:
            file.truncate(size)
        return path

    def write_schedule(self, content: str | bytes, name: str = "imd-2026") -> Path:
        """Write a schedule."""
        path = self.root / "schedules" / f"{name}.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


def load(
    campaign: Campaign, source: str | bytes, name: str = "imd-2026"
) -> tuple[Storm | None, list[Finding]]:
    """Load a schedule from its text."""
    return load_storm(campaign.root, campaign.write_schedule(source, name))


def to_lines(findings: list[Finding]) -> list[str]:
    """Write findings short: line, code, message."""
    return [f"{finding.place.line} {finding.code} {finding.message}" for finding in findings]
