"""The installed command as a process, a small campaign of its own, and an emulator for it."""

from __future__ import annotations

import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import urllib.request
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.stage import HASTY
from stormctl.ledger.db.migrator import load_migrations
from tests.campaigns import ACME, CampaignFolder, make_schedule
from tests.documents import hold_against_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]

PATIENCE_S = 50
"""Real seconds that a command may take before its test fails."""

SCENE_S = 180
"""The same for a whole scene of many commands: on a busy machine each one starts several times slower."""

QUICK = {
    "STORMCTL_REQUEST_LIMIT": "1s",
    "STORMCTL_LEASE": "2s",
    "STORMCTL_SETTLING": "1s",
    "STORMCTL_HEARTBEAT": "1s",
}
"""Machine durations that let doubts be settled in seconds."""

MORE = """
[limits]
spacing = "0s"
per_15min = 500
per_day = 500

[late]
policy = "send"

[trust]
links = ["example.org"]"""

WORDS = [
    "bread",
    "bridge",
    "harvest",
    "lantern",
    "market",
    "music",
    "name",
    "night",
    "paper",
    "river",
    "road",
    "roof",
    "school",
    "sea",
    "shoes",
    "song",
    "spring",
    "station",
    "stone",
    "storm",
    "street",
    "table",
    "teacher",
    "ticket",
    "tongue",
    "tower",
    "train",
    "tree",
    "voice",
    "wall",
    "water",
    "window",
    "winter",
    "wood",
    "work",
    "year",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every scene that says nothing else the time that a busy machine needs."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SCENE_S))


@dataclass
class Campaign(CampaignFolder):
    """A campaign folder and the environment in which commands are run there, perhaps through another one.

    Attributes:
        is_warm: whether a command that is run to its end is forked, as in `tests.acceptance.warm`.
    """

    environment: dict[str, str] = field(default_factory=dict)
    emulator_url: str = ""
    is_warm: bool = False
    prefix: tuple[str, ...] = ()

    def write_messages(self, count: int) -> None:
        """Write that many messages in English."""
        for number in range(count):
            chance = random.Random(number)  # noqa: S311 - words, so that no two say nearly the same
            said = " ".join(chance.sample(WORDS, 8))
            text = f"Message {number:03}: everyone who moves has rights: {said}.\n"
            self.write(f"m{number:03}.en.md", text)

    def write_hours(self, *, every: str = "1s", starts_in: float = 0, lasts: float = 6) -> None:
        """Write a schedule whose window opens soon, with a slot every second on each channel."""
        start = datetime.now(UTC) + timedelta(seconds=starts_in)  # noqa: TID251 - a real day for real processes
        end = start + timedelta(seconds=lasts)
        window = f'from = {start:%H:%M:%S}\nto = {end:%H:%M:%S}\nevery = "{every}"'
        text = make_schedule(
            dict.fromkeys(ACME, 'languages = ["en"]\n'),
            [window],
            date=start.date(),
            zone="UTC",
            head='hashtags = ["MigrantsDay"]\n',
            tail=MORE,
        )
        self.write_schedule(text)

    def run(
        self,
        *arguments: str,
        expect: int | None = 0,
        cwd: Path | None = None,
        patience_s: float = PATIENCE_S,
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; fail if its exit code is not the expected one."""
        done = self._run(arguments, cwd or self.root, self._environment(environment), patience_s)
        shown = f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert expect is None or done.returncode == expect, shown
        assert expect == 1 or "Traceback" not in done.stderr, shown
        hold_against_schema(arguments, done.stdout)
        return done

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        variables = self._environment(environment)
        return subprocess.Popen(
            self._command(arguments, variables),
            cwd=self.root,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )

    def accept_ledger(self) -> subprocess.CompletedProcess[str]:
        """Say yes to a ledger that was not made here, as a script does: it names the one that was shown."""
        shown = self.run("ledger", "accept", expect=2).stderr
        (name,) = re.findall(r"stormctl ledger accept --yes ([0-9a-f]{32})", shown)
        return self.run("ledger", "accept", "--yes", name)

    def received(self) -> Counter[tuple[str, str]]:
        """Ask the emulator which texts stand on which channel, and how often."""
        posts = self.ask("/_emulator/posts")["posts"]
        return Counter((post["channel"], post["text"]) for post in posts if not post["deleted"])

    def ask(self, path: str, body: Any = None) -> Any:
        """Speak to the emulator's control addresses."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - loopback
            self.emulator_url + path, data, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310 - as above
            return json.loads(answer.read() or "null")

    def _run(
        self, arguments: tuple[str, ...], cwd: Path, env: dict[str, str], patience_s: float
    ) -> subprocess.CompletedProcess[str]:
        if self.is_warm:
            from tests.acceptance.warm import run_warm

            return run_warm(["stormctl", *arguments], cwd=cwd, env=env, timeout=patience_s)
        return subprocess.run(
            self._command(arguments, env),
            cwd=cwd,
            env=env,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=patience_s,
            check=False,
        )

    def _command(self, arguments: tuple[str, ...], variables: Mapping[str, str]) -> list[str]:
        how = ["-c", HASTY] if "STORMCTL_SETTLING" in variables else ["-m", "stormctl"]
        return [*self.prefix, sys.executable, *how, *arguments]

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("STORMCTL_") or name == "STORMCTL_STATE_DIR"
        }
        return kept | {"STORMCTL_LIVE": "0", "NO_COLOR": "1"} | self.environment | dict(more)


def make_old_ledger(path: Path, version: int) -> None:
    """Make a ledger of an older version, with the witness that one kept beside its runners' locks."""
    ledger_id = "0123456789abcdef" * 2
    locks = path.parent / "runners"
    locks.mkdir(mode=0o700, parents=True)
    meta = {"schema_version": str(version), "ledger_id": ledger_id}
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for migration in load_migrations("sqlite")[:version]:
            for statement in migration.statements:
                connection.execute(statement)
        connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    seen = {"ledger_id": ledger_id, "pulse": 0, "inode": path.stat().st_ino}
    (locks / f"{ledger_id}.witness").write_text(json.dumps(seen), encoding="utf-8")


def read_until(process: subprocess.Popen[str], word: str, times: int = 1) -> str:
    """Read a command's lines until a word has come that often; return the last of them."""
    assert process.stdout is not None
    seen: list[str] = []
    for line in process.stdout:
        seen.append(line)
        times -= word in line
        if not times:
            return line
    pytest.fail("the command ended early:\n" + "".join(seen))


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """A campaign folder with six messages for the next six seconds; no platform is reachable yet."""
    made = Campaign(tmp_path / "campaign")
    made.root.mkdir()
    made.write_messages(6)
    made.write_hours()
    return made


@pytest.fixture
def stage(campaign: Campaign) -> Iterator[Campaign]:
    """The campaign with an emulator of its own, and the credentials for it in the environment."""
    with start_emulator(campaign, "x:acme", "facebook:acme") as variables:
        campaign.environment |= variables
        campaign.emulator_url = variables["STORMCTL_X_BASE_URL"]
        yield campaign


@contextmanager
def start_emulator(campaign: Campaign, *channels: str) -> Iterator[dict[str, str]]:
    """Start an emulator as people do; yield what it prints for an .env file."""
    names = [word for channel in channels for word in ("--channel", channel)]
    process = campaign.start("emulator", "--port", "0", *names)
    assert process.stdout is not None
    variables: dict[str, str] = {}
    while len(variables) < 3 + 4 * len(channels):  # the lock, two addresses, and four credentials a channel
        line = process.stdout.readline()
        assert line, "the emulator ended early"
        if line.startswith("STORMCTL_"):
            name, _, value = line.strip().partition("=")
            variables[name] = value
    try:
        yield variables
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)
