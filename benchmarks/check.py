"""What `check` costs: wordings of real shapes, beside reading them and parsing their front matter in C.

    python -m benchmarks.check [--wordings 10000] [--grow 100000]

Without planning and printing, in processor time. Each rule's share is printed, and similarity apart. Growth
is what a wording costs among these (or so many as `--grow` says), over what it costs among a tenth of them.
"""

from __future__ import annotations

import argparse
import functools
import gc
import math
import random
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from benchmarks.texts import SHAPES, judge
from stormctl.checks.case import CheckContext
from stormctl.checks.registry import RULES
from stormctl.domain.plan.planning import plan_storm
from stormctl.engine.base.campaign import collector_paused
from stormctl.files.bank.bank import load_bank
from stormctl.files.schedules.schedule import load_storm
from tests.campaigns import make_png

if TYPE_CHECKING:
    from stormctl.domain.plan.storm import Storm

AIM, MOST, GROWTH = 8.0, 12.0, 1.05
APART = "near-duplicate"
SCHEDULE = """\
name = "A storm of many words"
date = { from = 2026-12-18, to = 2026-12-LAST }
timezone = "America/New_York"
bank = "b"
hashtags = ["MigrantsDay"]
[[channels]]
id = "x:acme"
languages = ["en", "es", "fr"]
[[channels]]
id = "facebook:acme"
languages = ["en", "es", "fr"]
[[windows]]
from = 08:00:00
to = 20:00:00
every = "1s"
[limits]
spacing = "0s"
per_15min = 1000000
per_day = 1000000
[trust]
links = ["example.org", "example.com", "example.co.uk", "youtube.com"]
mentions = ["@acme"]
hashtags = ["DíaDelMigrante", "المهاجرين"]
"""
FRONTS = (
    "topic: hope\nlink: https://example.org/act\nexpires: 2026-12-18 20:00 America/New_York",
    "hashtags: [MigrantsDay, DíaDelMigrante]\ntopic: rights\nas_of: 2026-06-01",
    "link: https://example.org/sign\ntopic: sign-on\npartner: open-door",
    'media: [{file: PICTURE, alt: "People on a bridge, with lanterns"}]\ncredit: Volunteers\nconsent: yes',
    "",
)
_KEPT = type(functools.lru_cache(len))
PICTURES = 50
SLOTS_A_DAY = 43_200
REPEATS = 3
WORDS = [
    "migrants",
    "rights",
    "people",
    "travel",
    "border",
    "hope",
    "family",
    "school",
    "harvest",
    "water",
    "night",
    "market",
    "letter",
    "bridge",
    "window",
    "garden",
    "promise",
    "stone",
    "river",
    "morning",
    "teacher",
    "doctor",
    "kitchen",
    "music",
    "winter",
    "summer",
    "station",
    "coat",
    "bread",
    "name",
    "list",
    "paper",
    "street",
]


def write(root: Path, count: int) -> None:
    """Write a campaign of so many wordings, four in five with front matter and one with a picture."""
    bank = root / "messages" / "b"
    bank.mkdir(parents=True)
    (root / "schedules").mkdir()
    last = 18 + count // SLOTS_A_DAY  # so that each has a slot
    schedule = SCHEDULE.replace("LAST", str(last))
    (root / "schedules" / "s.toml").write_text(schedule, encoding="utf-8")
    for n in range(PICTURES):
        (bank / f"p{n}.png").write_bytes(make_png(20 + n, 40))
    chance = random.Random(18)  # noqa: S311 - words of texts
    for n in range(count):
        front = FRONTS[n % len(FRONTS)].replace("PICTURE", f"p{n % PICTURES}.png")
        more = " ".join(chance.choice(WORDS) for _ in range(16)).capitalize()
        text = f"{SHAPES[n % len(SHAPES)].format(n=100 + n % 900)}\n\n{more}.\n"
        name = f"m{n:06}.{('en', 'es', 'fr')[n % 3]}.md"
        (bank / name).write_text(f"---\n{front}\n---\n{text}" if front else text, encoding="utf-8")


def read_alone(root: Path) -> float:
    """Read the files and parse their front matter with the C loader; return the seconds."""
    started = time.process_time()
    for path in sorted((root / "messages" / "b").glob("*.md")):
        source = path.read_bytes().decode()
        if source.startswith("---\n"):
            yaml.load(source[4:].split("\n---\n", 1)[0], Loader=yaml.CSafeLoader)
    return time.process_time() - started


def forget() -> None:
    """Empty what is kept of texts: a bank is checked once a process, and a second time would be quicker."""
    for kept in gc.get_objects():
        if type(kept) is _KEPT and (kept.cache_parameters()["maxsize"] or 0) > 1:
            kept.cache_clear()


@collector_paused()
def check(root: Path, storm: Storm) -> tuple[float, dict[str, float]]:
    """Check once; return the seconds of reading and of each rule."""
    forget()
    started = time.process_time()
    bank, _ = load_bank(root, "b")
    loading = time.process_time() - started
    case = CheckContext(storm, bank, plan_storm(storm, bank))
    forget()  # what planning has read: it is not counted
    started = time.process_time()
    _ = case.words, case.numbered, case.links, case.composed, case.posts, case.threads
    shares = {"(what all rules share)": time.process_time() - started}
    for rule in RULES.values():
        if rule.test is not None:
            started = time.process_time()
            for _hit in rule.test(case):
                pass
            shares[rule.code] = time.process_time() - started
    return loading, shares


class Measured:
    """What a wording costs among so many, in microseconds; each look may make it less.

    Attributes:
        alone: reading it and parsing its front matter.
        apart: similarity.
        shares: all else, by rule.
    """

    def __init__(self, root: Path, count: int) -> None:
        self.alone = self.apart = math.inf
        self.shares: dict[str, float] = {}
        self.root = root / str(count)
        self._each = 1e6 / count
        write(self.root, count)
        storm, _ = load_storm(self.root, self.root / "schedules" / "s.toml")
        assert storm is not None  # noqa: S101 - the schedule is ours
        self.storm = storm

    @property
    def ours(self) -> float:
        """All but similarity."""
        return sum(self.shares.values())

    def look(self) -> None:
        """Measure again, and keep the lesser."""
        self.alone = min(self.alone, read_alone(self.root) * self._each)
        loading, shares = check(self.root, self.storm)
        self.apart = min(self.apart, shares.pop(APART) * self._each)
        for code, seconds in {"(reading)": loading, **shares}.items():
            self.shares[code] = min(self.shares.get(code, math.inf), seconds * self._each)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--wordings", type=int, default=10_000)
    parser.add_argument("--grow", type=int, default=0)
    told = parser.parse_args()
    counts = {told.wordings // 10, told.wordings, told.grow or told.wordings}
    with tempfile.TemporaryDirectory() as folder:
        check_of = {count: Measured(Path(folder), count) for count in sorted(counts)}
        for _ in range(REPEATS):
            for measured in check_of.values():
                measured.look()
        few, *_, many = check_of
        these = check_of[told.wordings]
        tracemalloc.start()
        check(these.root, these.storm)
        peak = tracemalloc.get_traced_memory()[1]
    ratio = these.ours / these.alone
    growth = check_of[many].ours / check_of[few].ours
    verdict = "ok" if ratio <= AIM else f"above the aim of {AIM:g}" if ratio <= MOST else "MISSED"
    beside = f"{ratio:.1f} times the {these.alone:.0f} µs of reading and parsing it"
    alone = check_of[many].alone / check_of[few].alone
    lines = [
        f"checking a wording: {these.ours:.0f} µs, {beside}: {verdict} (never above {MOST:g})",
        f"similarity apart: {these.apart:.0f} µs, {these.apart / these.alone:.1f} times",
        f"growth from {few:,} to {many:,}: {growth:.2f} (target ≤ {GROWTH}) {judge(growth, GROWTH)}",
        f"growth of reading and parsing alone: {alone:.2f}",
        f"peak memory, planning included: {peak / 1e6:.0f} MB",
    ]
    lines += [
        f"  {share:6.1f} µs  {code}"
        for code, share in sorted(these.shares.items(), key=lambda one: -one[1])
        if share >= 1
    ]
    for line in lines:
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
