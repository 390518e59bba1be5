"""What the commands cost as a campaign grows: 2, 20 and 200 channels, each with as many posts of its own.

    python -m benchmarks.commands [--rounds 3] [--idle 20] [--only plan]

Each command is a process of its own, on a ledger in a file and an emulator on loopback; `launch` stops when
the storm is enrolled. Counted is processor time, of which other work on the machine takes little. The
reference is the same command with a tenth of the channels, in the same rounds: growth is what a further
channel costs from 20 to 200 over what it costs from 2 to 20, 1 where a command takes time in proportion to
its channels. The idle daemon's figures are of a core, with its statements and its looks at files. The exit
code is 0 unless it could not be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.sides import NotMeasuredError
from benchmarks.stage import POSTS_A_CHANNEL, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SIZES = (2, 20, 200)
"""Channels; the posts grow along."""

COMMANDS = {
    "plan": ("plan",),
    "doctor": ("doctor",),
    "launch": ("launch", "--yes", "--detach"),
    "status": ("status",),
}
IDLE = "daemon"

STARTS_IN_S = 4 * 3600
"""From now to the first slot: nothing is due while something is measured."""

LINK = " Read more: https://example.org/rights/{number}"
"""Most messages have one, and X bills it."""

SETTLING_S = 10.0
"""From a daemon's start until it idles: by then it has asked whose its accounts are."""

TARGET, IDLE_TARGET = 1.1, 1.0
"""Growth, and % of a core of an idle daemon at the largest size."""

LEAST_S, LEAST_PERCENT = 0.001, IDLE_TARGET / SIZES[-1]
"""What a further channel counts as at least when growth is told: less is lost in the machine's unrest."""


def main() -> int:
    """Run as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.commands", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--idle", type=float, default=20.0, metavar="SECONDS", help="how long a daemon idles")
    parser.add_argument("--only", choices=[*COMMANDS, IDLE], help="one of them")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        return idle(options.idle)
    try:
        with ExitStack() as stages:
            measure([_set_up(size, stages) for size in SIZES], options)
    except NotMeasuredError as error:
        sys.stderr.write(f"could not measure: {error}\n")
        return 1
    return 0


def _set_up(channels: int, stages: ExitStack) -> Stage:
    """Make a campaign on a real disk: where this runs, since /tmp may be memory."""
    folder = stages.enter_context(tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-"))
    stage = Stage(
        Path(folder) / "campaign",
        posts=channels * POSTS_A_CHANNEL,
        faults="none",
        channels=channels,
        a_second=channels,
        starts_in_s=STARTS_IN_S,
        more=LINK,
    )
    stages.enter_context(stage.emulator)
    return stage


def measure(stages: Sequence[Stage], options: argparse.Namespace) -> None:
    """Run every command at every size, in rounds, then the daemons; print what they took."""
    least: dict[str, list[float]] = {name: [float("inf")] * len(SIZES) for name in COMMANDS}
    numbered = list(enumerate(stages))
    for _ in range(options.rounds):
        # The small sizes more often: their differences are so small that a disturbance would hide them.
        for place, stage in [*numbered[:-1], *numbered[:-1], *numbered]:
            shutil.rmtree(stage.root / ".stormctl", ignore_errors=True)
            for name, words in COMMANDS.items():
                if options.only in {None, name} or name == "launch":  # what comes after it needs the ledger
                    least[name][place] = min(least[name][place], _run(stage, words))
    if options.only != IDLE:
        _say(f"CPU seconds of a command, the least of {options.rounds}; {POSTS_A_CHANNEL} posts a channel")
    for name in COMMANDS:
        if options.only in {None, name}:
            _tell(name, least[name], "{:.2f}", LEAST_S)
            slope_ms = 1000 * _slope(least[name], 1)
            _say(f"  a further channel: {slope_ms:.1f} ms, {slope_ms / POSTS_A_CHANNEL:.2f} ms a post")
    if options.only in {None, IDLE}:
        _measure_idle(stages, options.idle)


def _measure_idle(stages: Sequence[Stage], lasts_s: float) -> None:
    found = [_idle_elsewhere(stage, lasts_s) for stage in stages]
    _say(f"idle daemon over {lasts_s:g} s")
    _tell("% of a core", [one["cpu_percent"] for one in found], "{:.2f}", LEAST_PERCENT)
    _judge(f"  % with {SIZES[-1]} channels", found[-1]["cpu_percent"], IDLE_TARGET)
    for what in ("statements", "file looks"):
        _say(f"{what} a second: {_list([one[what] for one in found], '{:,.0f}')}")


def _run(stage: Stage, words: Sequence[str]) -> float:
    """Run a command to its end; return the processor seconds that it took."""
    with (stage.root / "commands.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-m", "stormctl", *words],
            cwd=stage.root,
            env=stage.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = (stage.root / "commands.log").read_text(encoding="utf-8")[-2_000:]
        raise NotMeasuredError(f"{' '.join(words)} ended with {process.returncode}: {tail}")
    return used.ru_utime + used.ru_stime


def _idle_elsewhere(stage: Stage, lasts_s: float) -> dict[str, float]:
    """Let a daemon idle in a process of its own; return its figures."""
    done = subprocess.run(  # noqa: S603 - this module itself
        [sys.executable, "-m", "benchmarks.commands", "--here", "--idle", str(lasts_s)],
        cwd=stage.root,
        env=stage.environment() | {"PYTHONPATH": str(Path(__file__).parents[1])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    try:
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise NotMeasuredError(f"the daemon ended: {done.stderr.decode()[-2_000:]}") from None
    return found


def idle(lasts_s: float) -> int:
    """Be a daemon, count what it does once it idles, print that as JSON and end; return the exit code."""
    from stormctl.cli.main import main as stormctl

    counts: Counter[str] = Counter()

    def connect(*arguments: Any, **options: Any) -> Any:
        connection = opened(*arguments, **options)
        connection.set_trace_callback(lambda _: counts.update(statements=1))
        return connection

    def watch() -> None:
        pause = threading.Event()
        pause.wait(SETTLING_S)
        counts.clear()
        used_s, began_s = time.process_time(), time.monotonic()
        pause.wait(lasts_s)
        took_s = time.monotonic() - began_s
        found = {name: counts[name] / took_s for name in ("statements", "file looks")}
        found["cpu_percent"] = 100 * (time.process_time() - used_s) / took_s
        sys.stdout.write(f"{json.dumps(found)}\n")
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGTERM)

    opened = sqlite3.connect
    setattr(sqlite3, "connect", connect)  # noqa: B010 - as below, for type checkers
    for name in ("stat", "lstat"):
        setattr(os, name, _counting(getattr(os, name), counts))
    threading.Thread(target=watch, daemon=True).start()
    return stormctl(["daemon"])


def _counting(look: Callable[..., Any], counts: Counter[str]) -> Callable[..., Any]:
    def counted(*arguments: Any, **options: Any) -> Any:
        counts["file looks"] += 1
        return look(*arguments, **options)

    return counted


def _slope(values: Sequence[float], place: int) -> float:
    """Return what a further channel costs between one size and the next."""
    return (values[place + 1] - values[place]) / (SIZES[place + 1] - SIZES[place])


def _tell(name: str, values: Sequence[float], form: str, least: float) -> None:
    _say(f"{name}: {_list(values, form)}")
    _judge("  growth", _slope(values, 1) / max(_slope(values, 0), least), TARGET)


def _list(values: Sequence[float], form: str) -> str:
    return ", ".join(f"{form.format(value)} with {size}" for size, value in zip(SIZES, values, strict=True))


def _judge(name: str, value: float, target: float) -> None:
    _say(f"{name}: {value:.2f} (target ≤ {target:g}) {'ok' if value <= target else 'MISSED'}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
