"""A campaign on disk, its ledger, and the command line called in this process."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests

from stormctl.cli import console
from stormctl.cli.main import main
from stormctl.domain.base.clock import Moment
from stormctl.emulator.core.accounts import make_accounts
from stormctl.emulator.server import EmulatorThread, describe
from stormctl.engine.base.clocks import read_wall_clock
from stormctl.ledger.ledger import open_ledger
from tests.campaigns import make_schedule
from tests.documents import hold_against_schema
from tests.factories import make_terms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stormctl.domain.delivery.delivery import PlannedDelivery
    from stormctl.ledger.ledger import Ledger

HOURLY = 'from = 09:00:00\nto = 12:00:00\nevery = "1h"'
SCHEDULE = make_schedule(
    windows=[HOURLY], name="A day far away", date="2099-12-18", head='hashtags = ["MigrantsDay"]'
)
ACCOUNTS = make_accounts(["x:acme", "facebook:acme"], 0)
URL = "sqlite:///.stormctl/ledger.db"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed for machines."""
        return json.loads(self.out)


class CommandLine:
    """The commands, called in this process inside a campaign folder.

    Attributes:
        root: the campaign folder, which is the current one.
    """

    def __init__(self, root: Path, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.root = root
        self._capture = capture
        self._patch = patch

    def __call__(self, *arguments: str) -> Ended:
        """Run a command to its end."""
        self._capture.readouterr()
        code = main(list(arguments))
        printed = self._capture.readouterr()
        hold_against_schema(arguments, printed.out)
        return Ended(code, printed.out, printed.err)

    def answer(self, *lines: str) -> None:
        """Let a person sit at a terminal and type these lines."""
        self._patch.setattr(console, "is_terminal", lambda: True)
        self._patch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    def write(self, path: str, text: str) -> Path:
        """Write a file of the campaign."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file


@pytest.fixture
def stormctl(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """The command line inside a campaign of two messages, two channels and a day far away."""
    made = CommandLine(tmp_path / "campaign", capsys, monkeypatch)
    made.write("schedules/small.toml", SCHEDULE)
    made.write("messages/small/boat.en.md", "Everyone who moves has rights.\n")
    made.write("messages/small/door.en.md", "An open door is a beginning.\n")
    monkeypatch.chdir(made.root)
    return made


@pytest.fixture
def ledger(stormctl: CommandLine) -> Iterator[Ledger]:
    """The campaign's ledger, empty."""
    opened = open_ledger("sqlite:///.stormctl/ledger.db", root=stormctl.root, create=True)
    yield opened
    opened.close()


def read_moment() -> Moment:
    """Read the clock that the commands read."""
    now = read_wall_clock()
    return Moment(now, now)


def enroll(ledger: Ledger, *deliveries: PlannedDelivery) -> None:
    """Enter deliveries of the storm `storm` in the ledger."""
    channels = dict.fromkeys(delivery.channel for delivery in deliveries)
    ledger.enrolment.enroll(make_terms(*channels), deliveries, read_moment())


class Practice:
    """The campaign's two accounts on an emulator."""

    def __init__(self, emulator: EmulatorThread) -> None:
        self.emulator = emulator

    def posts(self) -> list[dict[str, Any]]:
        """Return everything that was ever posted."""
        found = requests.get(f"{self.emulator.base_url}/_emulator/posts", timeout=5).json()["posts"]
        return list(found)

    def break_with(self, action: str, **rule: object) -> None:
        """Make requests of a kind meet a fault."""
        rules = [{"action": action, **rule}]
        url = f"{self.emulator.base_url}/_emulator/faults"
        requests.post(url, json={"rules": rules}, timeout=5).raise_for_status()


@pytest.fixture
def practice(monkeypatch: pytest.MonkeyPatch) -> Iterator[Practice]:
    """An emulator, with the accounts' credentials in the environment."""
    with EmulatorThread(ACCOUNTS) as running:
        for line in describe(ACCOUNTS, running.base_url):
            name, _, value = line.partition("=")
            if not name.startswith("#"):
                monkeypatch.setenv(name, value)
        yield Practice(running)
