"""A campaign of any size in a folder of its own, an emulator for it, and runners as processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.engine.launch.emulator_process import ANSWER_S, EmulatorProcess
from tests.campaigns import CampaignFolder, make_schedule

if TYPE_CHECKING:
    from pathlib import Path

STORM = "measured"

HASTY = """\
import sys
from datetime import timedelta
from stormctl.cli.main import main
from stormctl.domain.platforms.channel import Platform
for platform in Platform:
    object.__setattr__(platform.facts, "settling", timedelta())
sys.exit(main())
"""
"""stormctl where STORMCTL_SETTLING alone counts: the emulator is not as late as platforms may be."""

POSTS_A_CHANNEL = 40
"""X lets an unverified account post 50 times a day."""

START_S = 3

LIMITS = """
[limits]
spacing = "0s"
per_15min = 1000
per_day = 1000

[late]
policy = "send"

[trust]
links = ["example.org"]
"""


@dataclass
class Stage:
    """A campaign whose slots follow each other evenly, over channels that take turns.

    Args:
        root: an empty folder.
        posts: how many there are in all.
        faults: the emulator's profile, or the path of a file of faults.
        ledger_url: of the ledger; a file in the folder by default.
        durations: environment variables that shorten what machines wait for.
        channels: how many at least; a multiple of `a_second`.
        a_second: slots a second in all.
        starts_in_s: from now to the first slot, in seconds.
        more: what each text ends with; `{number}` is the post's.
    """

    root: Path
    posts: int
    faults: str
    ledger_url: str = ""
    durations: dict[str, str] = field(default_factory=dict)
    channels: int = 1
    a_second: int = 1
    starts_in_s: float = START_S
    more: str = ""

    def __post_init__(self) -> None:
        count = max(self.channels, -(-self.posts // POSTS_A_CHANNEL))
        self.ids = [parse_channel_id(f"{('x', 'facebook')[n % 2]}:c{n:02}") for n in range(count)]
        self.folder = CampaignFolder(self.root, "measured", STORM)
        self._write_messages()
        self._write_schedule()
        self.emulator = EmulatorProcess(self.ids, seed=7, faults=self.faults)

    @property
    def lasts_s(self) -> float:
        """Seconds from now to the last slot."""
        return self.starts_in_s + self.posts / self.a_second

    def start(self) -> subprocess.Popen[bytes]:
        """Start a runner: a launch of the storm, its lines appended to one log."""
        with (self.root / "runners.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own words
                [sys.executable, "-c", HASTY, "launch", "--yes", "--plain"],
                cwd=self.root,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def log(self) -> str:
        """Return what the runners have said."""
        return (self.root / "runners.log").read_text(encoding="utf-8")

    def texts(self) -> Counter[str]:
        """Ask the emulator which texts it holds, and how often."""
        return Counter(post.text for post in self.emulator.received() if not post.deleted)

    def faults_met(self) -> Counter[str]:
        """Ask the emulator which faults it has played, by operation and name, and how often."""
        url = f"{self.emulator.base_url}/_emulator/requests"
        with urllib.request.urlopen(url, timeout=ANSWER_S) as answer:  # noqa: S310 - loopback
            requests = json.load(answer)["requests"]
        return Counter(f"{r['operation']} {r['fault']}" for r in requests if r["fault"])

    def environment(self) -> dict[str, str]:
        """Return the environment of a stormctl that posts to the emulator."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STORMCTL_")}
        chosen = {"STORMCTL_LEDGER_URL": self.ledger_url} if self.ledger_url else {}
        own = {"STORMCTL_LIVE": "0", "STORMCTL_STATE_DIR": str(self.root.parent / f"{self.root.name}-state")}
        return kept | own | self.emulator.variables() | self.durations | chosen

    def _write_messages(self) -> None:
        for number in range(self.posts):
            channel = number % len(self.ids)
            text = f"Post {number:05} of {self.posts}: everyone who moves has rights."
            self.folder.write(
                f"c{channel:02}-{number:05}.en.md", f"{text}{self.more.format(number=number)}\n"
            )

    def _write_schedule(self) -> None:
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=self.starts_in_s)  # noqa: TID251 - real processes
        every = -(-len(self.ids) // self.a_second)
        channels, windows = {}, []
        for number, channel in enumerate(self.ids):
            first = start + timedelta(seconds=number // self.a_second)
            end = first + timedelta(seconds=every * -(-self.posts // len(self.ids)))
            channels[str(channel)] = f'languages = ["en"]\nmessages = ["c{number:02}-*"]'
            windows.append(
                f'from = {first:%H:%M:%S}\nto = {end:%H:%M:%S}\nevery = "{every}s"\nchannels = ["{channel}"]'
            )
        text = make_schedule(channels, windows, date=start.date(), zone="UTC", bank="measured", tail=LIMITS)
        self.folder.write_schedule(text)
