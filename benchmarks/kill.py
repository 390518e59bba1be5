"""Kill and stop runners at random during a storm, and count what the platform received.

    python -m benchmarks.kill --posts 300 --kills 100 --faults rough --runners 3

A slot a second in real time, spacing 0, late = send, against the emulator with faults. Prints planned,
delivered, duplicates, lost and in doubt; exit code 1 unless the last three are 0.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.stage import Stage
from stormctl.domain.delivery import State
from stormctl.ledger.ledger import open_ledger

if TYPE_CHECKING:
    import subprocess

DURATIONS = {
    "STORMCTL_REQUEST_LIMIT": "2s",
    "STORMCTL_LEASE": "4s",
    "STORMCTL_SETTLING": "1s",
    "STORMCTL_HEARTBEAT": "1s",
}
"""Machine durations, shortened so that a stop of some seconds outlasts a lease."""

LEDGER = "sqlite:///.stormctl/ledger.db"
LONGEST_STOP_S = 8.0
STOPPED = 0.25
"""The share of blows that stop a runner for a while instead of killing it."""

RELAUNCHES_AT_END = 5
PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Result:
    """What was planned, and what came of it."""

    planned: int
    delivered: int
    duplicates: int
    lost: int
    in_doubt: int
    kills: int
    stops: int

    @property
    def is_clean(self) -> bool:
        """Whether every post arrived exactly once."""
        return not (self.duplicates or self.lost or self.in_doubt) and self.delivered == self.planned


def main() -> int:
    """Run as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill", description=__doc__)
    parser.add_argument("--posts", type=int, default=300)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--faults", default="rough")
    parser.add_argument("--runners", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder), options.posts, options.faults, durations=DURATIONS)
        chance = random.Random(options.seed)  # noqa: S311 - it guards nothing
        with stage.emulator:
            result = strike(stage, options.kills, options.runners, chance)
        if not result.is_clean:
            sys.stderr.write((Path(folder) / "runners.log").read_text(encoding="utf-8")[-20_000:])
    sys.stdout.write(
        f"planned {result.planned}, delivered {result.delivered}, duplicates {result.duplicates}, "
        f"lost {result.lost}, in doubt {result.in_doubt} "
        f"({options.runners} runners, {result.kills} kills, {result.stops} stops, {options.faults} faults)\n"
    )
    return 0 if result.is_clean else 1


def strike(stage: Stage, blows: int, runners: int, chance: random.Random) -> Result:
    """Run the storm under blows, finish it in peace, and compare."""
    pause = threading.Event()
    processes = [stage.start() for _ in range(runners)]
    kills = stops = 0
    for _ in range(blows):
        pause.wait(chance.uniform(0.5, 1.5) * stage.posts / blows)
        victim = chance.randrange(runners)
        process = processes[victim]
        if process.poll() is not None:
            processes[victim] = stage.start()
        elif chance.random() < STOPPED:
            process.send_signal(signal.SIGSTOP)
            threading.Timer(chance.uniform(0.5, LONGEST_STOP_S), _wake, [process]).start()
            stops += 1
        else:
            process.kill()
            process.wait()
            processes[victim] = stage.start()
            kills += 1
    pause.wait(LONGEST_STOP_S)
    for process in processes:
        process.wait(timeout=PATIENCE_S)
    for _ in range(RELAUNCHES_AT_END):
        if stage.start().wait(timeout=PATIENCE_S) == 0:
            break
    return _compare(stage, kills, stops)


def _wake(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)


def _compare(stage: Stage, kills: int, stops: int) -> Result:
    ledger = open_ledger(stage.ledger_url or LEDGER, root=stage.root)
    views = ledger.history.deliveries("measured")
    ledger.close()
    received = stage.texts()
    return Result(
        planned=stage.posts,
        delivered=sum(view.state is State.DELIVERED for view in views),
        duplicates=sum(count - 1 for count in received.values()),
        lost=sum(view.state is State.DELIVERED and not received[view.text] for view in views)
        + sum(not view.state.is_open and view.state is not State.DELIVERED for view in views),
        in_doubt=sum(view.state is State.IN_DOUBT for view in views),
        kills=kills,
        stops=stops,
    )


if __name__ == "__main__":
    sys.exit(main())
