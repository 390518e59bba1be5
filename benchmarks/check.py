"""What `check` costs: wordings of real shapes, beside reading them and parsing their front matter in C.

    python -m benchmarks.check [--wordings 10000] [--grow 100000]

Without planning and printing. Each rule's share is printed, and similarity apart. Growth is what a wording
costs among these (or so many as `--grow` says), over what it costs among a tenth of them.
"""

from __future__ import annotations

import argparse
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

if TYPE_CHECKING:
    from stormctl.domain.plan.storm import Storm

AIM, MOST, GROWTH = 8.0, 12.0, 1.05
APART = "near-duplicate"
SCHEDULE = """\
name = "A storm of many words"
date = 2026-12-18
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
    'link: https://example.org/sign\ntopic: sign-on\ncredit: "A. Volunteer"\nconsent: yes',
    "",
)
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
    """Write a campaign of so many wordings, three in four with front matter."""
    bank = root / "messages" / "b"
    bank.mkdir(parents=True)
    (root / "schedules").mkdir()
    (root / "schedules" / "s.toml").write_text(SCHEDULE, encoding="utf-8")
    chance = random.Random(18)  # noqa: S311 - words of texts
    for n in range(count):
        front = FRONTS[n % len(FRONTS)]
        more = " ".join(chance.choice(WORDS) for _ in range(16)).capitalize()
        text = f"{SHAPES[n % len(SHAPES)].format(n=n)}\n\n{more}.\n"
        name = f"m{n:06}.{('en', 'es', 'fr')[n % 3]}.md"
        (bank / name).write_text(f"---\n{front}\n---\n{text}" if front else text, encoding="utf-8")


def read_alone(root: Path) -> float:
    """Read the files and parse their front matter with the C loader; return the seconds."""
    started = time.perf_counter()
    for path in sorted((root / "messages" / "b").iterdir()):
        source = path.read_bytes().decode()
        if source.startswith("---\n"):
            yaml.load(source[4:].split("\n---\n", 1)[0], Loader=yaml.CSafeLoader)
    return time.perf_counter() - started


@collector_paused()
def check(root: Path, storm: Storm) -> tuple[float, dict[str, float]]:
    """Check once; return the seconds of reading and of each rule."""
    started = time.perf_counter()
    bank, _ = load_bank(root, "b")
    loading = time.perf_counter() - started
    case = CheckContext(storm, bank, plan_storm(storm, bank))
    started = time.perf_counter()
    _ = case.words, case.numbered, case.links, case.composed, case.posts, case.threads
    shares = {"(what all rules share)": time.perf_counter() - started}
    for rule in RULES.values():
        if rule.test is not None:
            started = time.perf_counter()
            for _hit in rule.test(case):
                pass
            shares[rule.code] = time.perf_counter() - started
    return loading, shares


def measure(count: int) -> tuple[float, float, float, dict[str, float]]:
    """Return the microseconds a wording of the reference, of all but similarity, of it, and the shares."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(root, count)
        storm, _ = load_storm(root, root / "schedules" / "s.toml")
        assert storm is not None  # noqa: S101 - the schedule is ours
        alone = min(read_alone(root) for _ in range(3))
        loading, shares = min(
            (check(root, storm) for _ in range(2)), key=lambda one: one[0] + sum(one[1].values())
        )
    apart = shares.pop(APART)
    each = 1e6 / count
    ours = loading + sum(shares.values())
    return (
        alone * each,
        ours * each,
        apart * each,
        {"(reading)": loading * each} | {code: share * each for code, share in shares.items()},
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--wordings", type=int, default=10_000)
    parser.add_argument("--grow", type=int, default=0)
    told = parser.parse_args()
    alone, ours, apart, shares = measure(told.wordings)
    ratio = ours / alone
    verdict = "ok" if ratio <= AIM else f"above the aim of {AIM:g}" if ratio <= MOST else "MISSED"
    said = f"{ratio:.1f} times the {alone:.0f} µs of reading and parsing it: {verdict} (never above {MOST:g})"
    lines = [
        f"checking a wording: {ours:.0f} µs, {said}",
        f"similarity apart: {apart:.0f} µs, {apart / alone:.1f} times",
    ]
    few, many = told.wordings // 10, told.grow or told.wordings
    _, small, _, _ = measure(few)
    large = measure(many)[1] if told.grow else ours
    growth = large / small
    lines.append(f"growth from {few:,} to {many:,}: {growth:.2f} (target ≤ {GROWTH}) {judge(growth, GROWTH)}")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(root, told.wordings)
        storm, _ = load_storm(root, root / "schedules" / "s.toml")
        assert storm is not None  # noqa: S101 - the schedule is ours
        tracemalloc.start()
        check(root, storm)
        lines.append(f"peak memory, planning included: {tracemalloc.get_traced_memory()[1] / 1e6:.0f} MB")
    lines += [
        f"  {share:6.1f} µs  {code}"
        for code, share in sorted(shares.items(), key=lambda one: -one[1])
        if share >= 1
    ]
    for line in lines:
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
