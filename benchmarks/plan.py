"""What planning costs: slots and channels that grow, beside checking the bank, and what is held in memory.

    python -m benchmarks.plan [--slots 100000] [--channels 200]

In processor time, each run beginning with nothing remembered. Growth is what a post costs among so many over
what it costs among a hundredth of them, and on so many channels over what it costs on two; they take turns,
and the middle one of the rounds counts. Half of the channels are X accounts that share a language, so that
texts are dealt to them. Memory is what a process that plans and then enrols in a new ledger holds at most,
the bank included.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.texts import judge
from stormctl.checks.run import run_checks
from stormctl.domain.base.clock import Moment
from stormctl.domain.plan.occupancy import make_limits
from stormctl.domain.plan.planning import plan_storm
from stormctl.domain.text.reader import read
from stormctl.engine.base.campaign import collector_paused
from stormctl.engine.launch.launch import terms_of
from stormctl.ledger.ledger import open_ledger
from tests.unit.domain.making import make_bank, make_rule, make_storm, make_variant, make_window

if TYPE_CHECKING:
    from stormctl.domain.bank.message import Bank
    from stormctl.domain.plan.storm import Storm

GROWTH, RATIO, MEGABYTES = 1.1, 1.0, 250
TOPICS = ("rights", "work", "school", "home", None)
DAYS = 30
ROUNDS = 3
AT_LEAST = 30_000
"""Fewer posts than this are planned again and again, so that chance weighs as little as on many."""


def make_case(slots: int, channels: int) -> tuple[Storm, Bank]:
    """Make a storm of so many slots, each of which has a wording: half are dealt, half go to a Page each."""
    accounts = channels // 2
    each = max(1, slots // channels)
    rules = [
        *(make_rule(f"x:a{number}", messages=("m*",)) for number in range(accounts)),
        *(
            make_rule(f"facebook:p{number}", messages=(f"p{number:03}-*",))
            for number in range(channels - accounts)
        ),
    ]
    every = timedelta(days=DAYS, seconds=-1) / each
    storm = make_storm(
        *rules,
        first_on=date(2026, 12, 1),
        last_on=date(2026, 12, DAYS),
        windows=(make_window("00:00", "00:00", every=every),),
        limits=make_limits(spacing=timedelta(), per_15min=10**6, per_day=10**6),
    )
    names = [f"m{number:06}" for number in range(each * accounts)]
    names += [f"p{page:03}-{number:06}" for page in range(channels - accounts) for number in range(each)]
    variants = [
        make_variant(
            f"{name}.en",
            f"Text {number} of {name}: everybody who arrives has rights, and number {number * 7} says so.",
            topic=TOPICS[number % len(TOPICS)],
        )
        for number, name in enumerate(names)
    ]
    pages = replace(storm, channels=tuple(rules))
    return pages, make_bank(*variants)


def time_planning(storm: Storm, bank: Bank) -> float:
    """Return the seconds that a post takes to plan, with nothing remembered."""
    spent, filled = 0.0, 0
    while filled < AT_LEAST:
        read.cache_clear()
        started = time.process_time()
        plan = plan_storm(storm, bank)
        spent += time.process_time() - started
        filled += len(plan.deliveries)
    return spent / filled


def time_checking(storm: Storm, bank: Bank) -> float:
    """Return the seconds that a post takes to check."""
    plan = plan_storm(storm, bank)
    started = time.process_time()
    run_checks(storm, bank, plan)
    return (time.process_time() - started) / len(plan.deliveries)


def hold(slots: int, channels: int) -> float:
    """Plan and enrol; return the most memory that the process has held, in millions of bytes."""
    storm, bank = make_case(slots, channels)
    plan = plan_storm(storm, bank)
    moment = Moment(datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger("sqlite:///ledger.db", root=Path(folder), create=True)
        ledger.enrolment.enroll(terms_of(storm), plan.deliveries, moment)
        ledger.close()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slots", type=int, default=100_000)
    parser.add_argument("--channels", type=int, default=200)
    told = parser.parse_args()
    # First: what this process holds counts as its child's.
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        held = process.submit(hold, told.slots, told.channels).result()
    say(f"most memory, {told.slots:,} enrolled: {held:.0f} MB", held, MEGABYTES)
    scales = ((told.slots // 100, 2), (told.slots, 2), (told.slots, told.channels))
    cases = [make_case(*scale) for scale in scales]
    with collector_paused():
        rounds = [[time_planning(*case) for case in cases] for _ in range(ROUNDS)]
        checking = time_checking(*cases[-1])
    for (slots, channels), found in zip(scales, zip(*rounds, strict=True), strict=True):
        micros = median(found) * 1e6
        sys.stdout.write(f"{slots:7,} posts on {channels:3} channels: {micros:.1f} µs to plan one\n")
    sys.stdout.write(f"{checking * 1e6:.1f} µs to check one\n")
    say_ratio("growth with slots", [many / few for few, many, _ in rounds], GROWTH)
    say_ratio("growth with channels", [wide / many for _, many, wide in rounds], GROWTH)
    say_ratio("planning over checking", [wide / checking for _, _, wide in rounds], RATIO)


def say_ratio(name: str, found: list[float], target: float) -> None:
    """Print the middle one of the rounds' ratios."""
    say(f"{name}: {median(found):.2f}", median(found), target)


def say(figure: str, found: float, target: float) -> None:
    """Print a figure with its target."""
    sys.stdout.write(f"{figure} (target ≤ {target:g}) {judge(found, target)}\n")


if __name__ == "__main__":
    main()
