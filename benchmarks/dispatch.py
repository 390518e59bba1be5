"""What the durable path costs: beside tweepy alone, beside the floor, and with a hundred thousand deliveries.

    python -m benchmarks.dispatch [--quick]

One server on loopback for all sides, which take turns. stormctl's side is `stormctl daemon` with a ledger
in a file on the disk of the current folder; tweepy alone does the same work with no ledger at all. The floor
is tweepy with one row on the same disk before each request: what every design pays that posts nothing twice.
Each figure is a median, ratios those of the rounds, and stands beside its target; the exit code is 0 unless
it could not be measured.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from benchmarks.sides import (
    NotMeasuredError,
    Server,
    daemon_folder,
    run_bare_dates,
    run_bare_loop,
    run_daemon,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.sides import Daemon, Run, Slot

CONNECTIONS = 8
"""Channels of the daemon, and threads of the loop: as many accounts as a large campaign has.

Each has one connection and one request under way at a time: a channel's posts go out one after the other.
"""

BURST_CHANNELS = 20
BURST_POSTS = 200
BACKLOG_CHANNELS = 20
POSTS_FOR_MEMORY = 5
"""How many posts the daemon makes before its memory is measured."""

DELAY_MS = 50.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    rounds: int = 3
    each: int = 90
    backlog: int = 100_000


FULL = Scale()
QUICK = Scale(rounds=1, each=40, backlog=5_000)


def main() -> int:
    """Run as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dispatch", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round each, and a shorter backlog")
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--only", choices=("rate", "lateness", "backlog"), help="one part of it")
    options = parser.parse_args()
    scale = QUICK if options.quick else FULL
    try:
        with Server() as server:
            if options.only in {None, "rate"}:
                measure_rate(server, scale, options.connections, DELAY_MS, target="alone")
                measure_rate(server, scale, options.connections, 0.0, target="floor")
            if options.only in {None, "lateness"}:
                measure_lateness(server, scale, over_s=1.0, target=2.0)
                measure_lateness(server, scale, over_s=0.0, target=1.5)
            if options.only in {None, "backlog"}:
                measure_backlog(server, scale)
    except NotMeasuredError as error:
        sys.stderr.write(f"could not measure: {error}\n")
        return 1
    return 0


def measure_rate(server: Server, scale: Scale, connections: int, delay_ms: float, *, target: str) -> None:
    """Compare posts a second with loops that have equally many connections."""
    slots = [(0.0, n, f"Post {n} {count}") for n in range(connections) for count in range(scale.each)]
    rates: dict[str, list[float]] = {"ours": [], "alone": [], "floor": []}
    for _ in range(scale.rounds):
        for name in ("alone", "floor"):
            run = run_bare_loop(server, connections, scale.each, delay_ms, durable=name == "floor")
            rates[name].append(_rate(run))
        rates["ours"].append(_rate(run_daemon(server, connections, slots, delay_ms)))
    when = f"answers after {delay_ms:g} ms" if delay_ms else "answers at once"
    ours, alone, floor = (statistics.median(rates[name]) for name in ("ours", "alone", "floor"))
    _say(
        f"posts a second, {when}, {connections} connections: {ours:.0f}, "
        f"tweepy alone {alone:.0f}, the floor {floor:.0f}"
    )
    for name, words in (("alone", "tweepy alone"), ("floor", "the floor")):
        ratio = _median_ratio(rates["ours"], rates[name])
        _judge(f"  of {words}", ratio, 0.9 if name == target else None, at_least=True)


def measure_lateness(server: Server, scale: Scale, *, over_s: float, target: float) -> None:
    """Compare how late posts arrive that are due within a second, or all at one instant."""
    slots: list[Slot] = [
        (over_s * n / BURST_POSTS, n % BURST_CHANNELS, f"Post {n}") for n in range(BURST_POSTS)
    ]
    is_spread = over_s > 0
    ours, theirs = [], []
    for _ in range(scale.rounds):
        run = run_bare_dates(server, BURST_CHANNELS, slots, DELAY_MS, durable=is_spread)
        theirs.append(_lateness(run, slots))
        ours.append(_lateness(run_daemon(server, BURST_CHANNELS, slots, DELAY_MS), slots))
    spread = "due within a second" if is_spread else "due at one instant"
    other = "the floor, with APScheduler" if is_spread else "APScheduler and tweepy alone"
    _say(f"lateness of {BURST_POSTS} posts {spread} on {BURST_CHANNELS} channels, ms (median, p99, most)")
    for name, rounds in (("ours", ours), (other, theirs)):
        _say(f"  {name}: " + ", ".join(f"{statistics.median(f):.0f}" for f in zip(*rounds, strict=True)))
    ratio = _median_ratio([late[1] for late in ours], [late[1] for late in theirs])
    _judge("  ratio of p99", ratio, target, at_least=False)


def measure_backlog(server: Server, scale: Scale) -> None:
    """Compare memory with a long and a short backlog, and time a restart to its first post."""
    few, _ = _restart(server, 100, scale.rounds)
    many, steps = _restart(server, scale.backlog, scale.rounds)
    _say(f"memory at most: {many / few:.2f} with {scale.backlog} deliveries over 100 ({many} and {few} KiB)")
    _judge("  ratio", many / few, 1.2, at_least=False)
    names = ("to the first account asked", "to the last", "to the first post")
    parts = ", ".join(f"{name} {step:.2f}" for name, step in zip(names, steps, strict=True))
    _say(f"restart with {scale.backlog} deliveries, seconds: {parts}")
    _judge("  seconds to the first post", sum(steps), 1.0, at_least=False)


def _restart(server: Server, backlog: int, rounds: int) -> tuple[int, tuple[float, ...]]:
    """Start the daemon anew on one ledger; return its memory, and how long each step took (medians).

    A slot a second, so that something is due whenever it comes back.
    """
    with daemon_folder(server, BACKLOG_CHANNELS) as daemon:
        start_at = time.time()  # noqa: TID251 - it measures real time
        daemon.enroll([(start_at + n, n % BACKLOG_CHANNELS, f"Post {n}") for n in range(backlog)])
        found = [_start_once(server, daemon) for _ in range(rounds)]
    return (
        int(statistics.median(memory for memory, _ in found)),
        tuple(statistics.median(step) for step in zip(*(steps for _, steps in found), strict=True)),
    )


def _start_once(server: Server, daemon: Daemon) -> tuple[int, tuple[float, ...]]:
    server.begin()
    started_at = time.time()  # noqa: TID251 - as above
    process = daemon.start()
    server.wait_for_posts(POSTS_FOR_MEMORY, process)
    memory = daemon.stop(process)
    posts, asked_at = server.arrivals()
    marks = [started_at, min(asked_at), max(asked_at), posts[0][0]]
    return memory, tuple(later - earlier for earlier, later in pairwise(marks))


def _rate(run: Run) -> float:
    """Return posts a second from the first arrival to the last."""
    moments = [at for at, _ in run.posts]
    return (len(moments) - 1) / (max(moments) - min(moments))


def _lateness(run: Run, slots: Sequence[Slot]) -> tuple[float, float, float]:
    """Return how late posts came, in ms: median, 99th percentile, most."""
    due_at = {text: run.ready_at + at for at, _, text in slots}
    late = sorted((at - due_at[text]) * 1000 for at, text in run.posts)
    return late[len(late) // 2], late[len(late) * 99 // 100], late[-1]


def _median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the rounds' ratios: what disturbs the machine disturbs both sides of a round."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _judge(name: str, value: float, target: float | None, *, at_least: bool) -> None:
    if target is None:
        _say(f"{name}: {value:.2f}")
        return
    ok = value >= target if at_least else value <= target
    sign = "≥" if at_least else "≤"
    _say(f"{name}: {value:.2f} (target {sign} {target:g}) {'ok' if ok else 'MISSED'}")


if __name__ == "__main__":
    sys.exit(main())
