"""The runbook as a person uses it: its sections, and somebody who reads one and types what it says."""

from __future__ import annotations

import getpass
import json
import re
import shlex
import socket
import subprocess
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from stormctl.engine.operate.maintenance import LedgerMaintenance
from tests.acceptance.conftest import PATIENCE_S, ROOT, Campaign
from tests.acceptance.warm import WarmProcess, run_warm
from tests.campaigns import make_schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.postgres import Server

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
TROUBLES = "When something goes wrong"
LABELS = ["You see", "It means", "Type"]

X, FACEBOOK = "x:migrants-day", "facebook:migrants-day"
MESSAGES = ("noon-statement", "dignity", "sign-on")
SAYS_YES = {
    "launch": ["--yes", "--plain"],
    "resume": ["--yes"],
    "cancel": ["--yes"],
    "retract": ["--yes"],
    "restore": ["--yes"],
    "rehearse": ["--speed", "100000"],
}
"""What a script says where a person at a terminal answers, or has a minute."""


@dataclass(frozen=True)
class Section:
    """One section of the page: what stands in its blocks.

    Attributes:
        told: lines of its `text` blocks.
        commands: lines of its `sh` blocks.
    """

    heading: str
    text: str

    @property
    def told(self) -> list[str]:
        """What the program is said to print."""
        return [line.strip() for line in _lines_in(self.text, "text")]

    @property
    def commands(self) -> list[str]:
        """What is to be typed."""
        return _lines_in(self.text, "sh")


def find_parts(left_out: Collection[str]) -> list[Section]:
    """Find the other parts of the page in which something is typed, without the lines that are left out."""
    assert set(left_out) <= set(PAGE.splitlines()), "it is not on the page any more"
    text = "\n".join(line for line in PAGE.splitlines() if line not in left_out)
    _, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    sections = [Section(heading, text) for heading, _, text in (part.partition("\n") for part in parts)]
    return [section for section in sections if section.commands and section.heading != TROUBLES]


def _lines_in(text: str, language: str) -> list[str]:
    blocks = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def find_drills() -> list[tuple[Section, str]]:
    """Find the drills of their page, each with the section of the runbook that it plays."""
    page = (ROOT / "docs" / "drills.md").read_text(encoding="utf-8")
    _, _, *parts = re.split(r"^## ", page, flags=re.MULTILINE)
    sections = [Section(heading, text) for heading, _, text in (part.partition("\n") for part in parts)]
    return [(section, section.text.partition("**Plays** [")[2].partition("]")[0]) for section in sections]


def find_sections() -> list[Section]:
    """Find the sections of the part that tells what to do when something goes wrong."""
    part = PAGE.partition(f"\n## {TROUBLES}\n")[2].partition("\n## ")[0]
    _, *sections = re.split(r"^### ", part, flags=re.MULTILINE)
    return [Section(heading, text) for heading, _, text in (part.partition("\n") for part in sections)]


class Scenes(dict[str, "Callable[[Person], None]"]):
    """What produces the trouble of each section, by its heading."""

    def of(self, heading: str) -> Callable[[Callable[[Person], None]], Callable[[Person], None]]:
        """Register the scene of a section."""

        def register(play: Callable[[Person], None]) -> Callable[[Person], None]:
            assert heading not in self
            self[heading] = play
            return play

        return register


@dataclass
class Person(Campaign):
    """Somebody in a campaign folder with one section of the page in hand.

    Attributes:
        get_postgres: starts the tests' PostgreSQL server where a scene needs one.
        words: what in the page stands for something else here: a process's number, a post's address.
        seen: everything that was printed so far.
    """

    section: Section = field(default_factory=lambda: Section("", ""))
    get_postgres: Callable[[], Server] = field(kw_only=True)
    words: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    module: str = "stormctl"
    typed: int = 0

    # The day

    def write_day(
        self,
        messages: Sequence[str] = MESSAGES,
        *,
        every: str = "1s",
        starts_in: float = 0,
        lasts: float | None = None,
        pin: str = "",
        channels: Sequence[str] = (X, FACEBOOK),
        limits: str = "per_15min = 90",
        late: str = "send",
        grace: str = "15m",
        verified: bool = False,
    ) -> None:
        """Write a bank with a text for each message, and a schedule from now on; `pin` goes out at once."""
        self.bank_name = self.storm = "imd-2026"
        for message in messages:
            head = "---\ntopic: sign-on\n---\n" if message == "sign-on" else ""
            text = f"{head}About {message}: a paper boat for everyone who moves, today and every day.\n"
            self.write(f"{message}.en.md", text)
        hour = datetime.now(UTC).hour  # noqa: TID251 - a real day for real processes
        zone = ZoneInfo(f"Etc/GMT{hour - 12:+d}")  # where it is noon: no storm crosses midnight
        now = datetime.now(zone)  # noqa: TID251 - as above
        start = now + timedelta(seconds=starts_in)
        end = start + timedelta(seconds=len(messages) if lasts is None else lasts)
        more = 'languages = ["en"]\n' + ("verified = true\n" if verified else "")
        pins = f'[[pins]]\nat = {now:%H:%M:%S}\nmessage = "{pin}"\n' if pin else ""
        text = make_schedule(
            dict.fromkeys(channels, more),
            [f'from = {start:%H:%M:%S}\nto = {end:%H:%M:%S}\nevery = "{every}"\n'],
            name="International Migrants Day 2026",
            date=now.date(),
            zone=zone.key,
            bank=self.bank_name,
            head='hashtags = ["MigrantsDay"]\n',
            tail=f'{pins}[limits]\nspacing = "0s"\n{limits}\n[late]\npolicy = "{late}"\ngrace = "{grace}"\n'
            '[trust]\nlinks = ["example.org"]',
        )
        self.write_schedule(text)

    def write_midday(self, **options: Any) -> None:
        """Write a day in its midst: the noon statement is due now, the others in the coming hours."""
        self.write_day(every="1h", starts_in=3600, lasts=6 * 3600, pin="noon-statement", **options)

    def write_env(self, variables: Mapping[str, str], mode: int = 0o600) -> None:
        """Write the campaign's .env anew, as an editor does: aside, then in its place."""
        fresh = self.root / ".env.new"
        fresh.write_text("".join(f"{n}={v}\n" for n, v in variables.items()), encoding="utf-8")
        fresh.chmod(mode)
        fresh.replace(self.root / ".env")

    def take_credentials(self) -> dict[str, str]:
        """Take the credentials out of the environment, for a scene that keeps them in .env."""
        names = [n for n in self.environment if "MIGRANTS_DAY" in n]
        return {name: self.environment.pop(name) for name in names}

    # What was printed

    def see(self, output: str) -> None:
        """Take note of what a command printed."""
        self.seen.append(output)

    def run(
        self,
        *arguments: str,
        expect: int | None = 0,
        cwd: Path | None = None,
        patience_s: float = PATIENCE_S,
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the scene to its end, and read what it prints."""
        done = run_warm(
            [self.module, *arguments],
            cwd=cwd or self.root,
            env=self._environment(environment),
            timeout=patience_s,
        )
        shown = f"{done.stdout}\n{done.stderr}"
        self.see(shown)
        assert expect in {None, done.returncode}, f"{arguments} ended with {done.returncode}\n{shown}"
        assert "Traceback" not in shown, shown
        return done

    def begin(self, *arguments: str) -> WarmProcess:
        """Start a command and leave it running."""
        return WarmProcess([self.module, *arguments], cwd=self.root, env=self._environment({}))

    @contextmanager
    def running(self, *arguments: str) -> Iterator[WarmProcess]:
        """Have a command running that is asked to end afterwards, if it has not ended by itself."""
        process = self.begin(*arguments)
        try:
            yield process
        finally:
            if not process.stdout.closed:
                process.terminate()
                self.see(process.communicate(timeout=PATIENCE_S)[0])

    def read(self, process: WarmProcess, word: str, times: int = 1) -> str:
        """Read a running command's lines until a word has come that often."""
        for line in process.stdout:
            self.see(line)
            times -= word in line
            if not times:
                return line
        pytest.fail("the command ended early:\n" + "".join(self.seen))

    # What is typed

    def type(self, *codes: int | None) -> list[str]:
        """Type the section's next commands, one for each expected exit code; return what they printed."""
        printed = []
        for code in codes:
            words = self._next()
            if words[0] == "stormctl":
                done = self.run(*words[1:], expect=code)
                printed.append(f"{done.stdout}\n{done.stderr}")
            else:
                assert subprocess.run(words, cwd=self.root, check=False).returncode == code
        return printed

    def leave_running(self) -> Any:
        """Type the next command, which goes on while others are typed."""
        return self.running(*self._next()[1:])

    def _next(self) -> list[str]:
        assert self.typed < len(self.section.commands), "the section has no more commands"
        command = self.section.commands[self.typed]
        self.typed += 1
        for word, meant in self.words.items():
            command = command.replace(word, meant)
        words = shlex.split(command)
        words = words[: words.index(">")] if ">" in words else words
        more = next((SAYS_YES[word] for word in words[1:3] if word in SAYS_YES), [])
        return words if "--speed" in words else words + more

    def finish(self) -> None:
        """Make sure that everything in the section was printed, and typed."""
        printed = [_plain(text, self.root) for text in self.seen]
        missing = [line for line in self.section.told if not _is_told(_plain(line, self.root), printed)]
        shown = "\n".join(self.seen)
        assert not missing, f"never printed: {missing}, only:\n{shown}"
        assert self.section.commands[self.typed :] == [], "not typed"

    # How things stand

    def standing(self) -> dict[str, Any]:
        """Return the storm's status as its JSON says it."""
        done = self.run("status", "--json", expect=None)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def counts(self) -> dict[str, int]:
        """Return how many deliveries are in each state, by the ledger itself."""
        url = self.environment.get("STORMCTL_LEDGER_URL", "sqlite:///.stormctl/ledger.db")
        (storm,) = LedgerMaintenance(url, self.root, timedelta(seconds=3)).describe().storms
        return {state.value: number for state, number in storm.counts.items() if number}

    def posts(self) -> list[str]:
        """Return channel and message of what stands on the accounts, in order."""
        return sorted(
            f"{channel}/{text.split(':')[0].split()[-1]}" for channel, text in self.received().elements()
        )

    def fault(self, **rule: Any) -> None:
        """Have the platforms do something wrong from now on."""
        self.ask("/_emulator/faults", rule)

    def forget_faults(self) -> None:
        """Let the platforms be well again."""
        request = urllib.request.Request(f"{self.emulator_url}/_emulator/faults", method="DELETE")  # noqa: S310 - loopback
        urllib.request.urlopen(request).close()  # noqa: S310 - as above

    @property
    def ledger(self) -> Path:
        """Where the ledger lies."""
        return self.root / ".stormctl" / "ledger.db"


def _is_told(line: str, printed: list[str]) -> bool:
    pattern = re.compile(".*?".join(re.escape(part.strip()) for part in line.split("…")))
    return any(pattern.search(text) for text in printed)


_CHANGING = (
    (r"https?://[^\s),]+", "URL"),
    (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ [A-Z][a-z]{2} \d{4}", "DAY"),
    (r"\b\d\d:\d\d(:\d\d)?", "TIME"),
    (r"\b(UTC([+-]\d+)?|GMT|EST)\b|(?<= )[+-]\d\d\b", "ZONE"),
    (r"\b\d+ ?(?:d|h|min|m|s)(?: ?\d+ ?(?:h|min|m|s))*\b", "SPAN"),
    (r"\d[\d,.]*", "N"),
)


def _plain(text: str, root: Path) -> str:
    """Write on one line what is printed, with all that is another at each time put aside."""
    for real, shown in (
        (re.escape(str(root)), "/path/to/campaign"),
        (rf"\b{re.escape(socket.gethostname())}\b", "laptop"),
        (rf"\bby {re.escape(getpass.getuser())}\b", "by ana"),
        *_CHANGING,
    ):
        text = re.sub(real, shown, text)
    return " ".join(re.sub("[│╭╮╰╯─]", " ", text).split())
