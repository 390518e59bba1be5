"""A campaign of any size in a folder of its own, an emulator for it, and runners as processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from stormctl.domain.channel import parse_channel_id
from stormctl.engine.emulator_process import EmulatorProcess

if TYPE_CHECKING:
    from pathlib import Path

POSTS_A_CHANNEL = 40
"""X lets an unverified account post 50 times a day."""

HEAD = """\
name = "A storm for measuring"
date = {date}
timezone = "UTC"
bank = "measured"

[limits]
spacing = "0s"
per_15min = 1000
per_day = 1000

[late]
policy = "send"
"""

CHANNEL = """
[[channels]]
id = "{channel}"
languages = ["en"]
messages = ["c{number:02}-*"]

[[windows]]
from = {start}
to = {end}
every = "{every}s"
channels = ["{channel}"]
"""


@dataclass
class Stage:
    """A campaign with one slot a second in all, spread over as many channels as it needs.

    Args:
        root: an empty folder.
        posts: how many there are in all.
        faults: the emulator's profile.
    """

    root: Path
    posts: int
    faults: str
    ledger_url: str = ""
    durations: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = -(-self.posts // POSTS_A_CHANNEL)
        names = [f"{('x', 'facebook')[n % 2]}:c{n:02}" for n in range(count)]
        self.channels = [parse_channel_id(name) for name in names]
        self._write_messages()
        self._write_schedule()
        self.emulator = EmulatorProcess(self.channels, seed=7, faults=self.faults)

    def start(self) -> subprocess.Popen[bytes]:
        """Start a runner: a launch of the storm, its lines appended to one log."""
        with (self.root / "runners.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "stormctl", "launch", "--yes", "--plain"],
                cwd=self.root,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def texts(self) -> Counter[str]:
        """Ask the emulator which texts it holds, and how often."""
        return Counter(post.text for post in self.emulator.received() if not post.deleted)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STORMCTL_")}
        chosen = {"STORMCTL_LEDGER_URL": self.ledger_url} if self.ledger_url else {}
        return kept | {"STORMCTL_LIVE": "0"} | self.emulator.variables() | self.durations | chosen

    def _write_messages(self) -> None:
        bank = self.root / "messages" / "measured"
        bank.mkdir(parents=True)
        for number in range(self.posts):
            channel = number % len(self.channels)
            text = f"Post {number:05} of {self.posts}: everyone who moves has rights.\n"
            (bank / f"c{channel:02}-{number:05}.en.md").write_text(text, encoding="utf-8")

    def _write_schedule(self) -> None:
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)  # noqa: TID251 - real processes
        text = HEAD.format(date=start.date())
        every = len(self.channels)
        for number, channel in enumerate(self.channels):
            first = start + timedelta(seconds=number)
            end = first + timedelta(seconds=every * -(-self.posts // every))
            text += CHANNEL.format(
                channel=channel, number=number, start=f"{first:%H:%M:%S}", end=f"{end:%H:%M:%S}", every=every
            )
        (self.root / "schedules").mkdir()
        (self.root / "schedules" / "measured.toml").write_text(text, encoding="utf-8")
