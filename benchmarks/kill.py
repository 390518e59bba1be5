"""Kill and stop runners at random during a storm, and count what the platform received.

    python -m benchmarks.kill --posts 300 --kills 100 --faults rough --runners 3 --ledger postgresql

A slot a second in real time, spacing 0, late = send, against the emulator with faults; `rough` is the file
beside this one, whose limits are soon over. Prints planned, delivered, duplicates, lost and in doubt, and
then the faults that were met; exit code 1 unless everything was delivered and the last three are 0.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import threading
import time
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.postgres import own_database
from benchmarks.stage import STORM, Stage
from stormctl.domain.delivery.delivery import State
from stormctl.engine.base.clocks import SystemClock
from stormctl.ledger.ledger import open_ledger

if TYPE_CHECKING:
    import subprocess
    from collections import Counter

    from stormctl.ledger.ledger import Ledger

DURATIONS = {
    "STORMCTL_REQUEST_LIMIT": "2s",
    "STORMCTL_LEASE": "4s",
    "STORMCTL_SETTLING": "1s",
    "STORMCTL_HEARTBEAT": "1s",
}
"""Machine durations, shortened so that a stop of some seconds outlasts a lease."""

RUNNER_TIMEOUT = timedelta(seconds=3)

ROUGH = Path(__file__).with_name("rough.toml")

SQLITE = "sqlite:///.stormctl/ledger.db"
LONGEST_STOP_S = 8.0
STOPPED = 0.25
"""The share of blows that stop a runner for a while instead of killing it."""

RELAUNCHES_AT_END = 5
PATIENCE_S = 600.0
"""How long the storm may take to end once nobody is struck any more."""

LOOK_S = 0.5

ENROLLED = "enrolled in"
"""What a launch says once the storm is in the ledger."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was planned, what came of it, and what it went through.

    Attributes:
        released: how often a channel was released that the breaker had closed.
    """

    planned: int
    delivered: int
    duplicates: int
    lost: int
    in_doubt: int
    attempts: int
    kills: int
    stops: int
    released: int
    faults: Counter[str]

    @property
    def is_clean(self) -> bool:
        """Whether every post arrived exactly once."""
        return not (self.duplicates or self.lost or self.in_doubt) and self.delivered == self.planned

    def __str__(self) -> str:
        met = ", ".join(f"{count} {name}" for name, count in self.faults.most_common()) or "none"
        return (
            f"planned {self.planned}, delivered {self.delivered}, duplicates {self.duplicates}, "
            f"lost {self.lost}, in doubt {self.in_doubt} ({self.attempts} attempts, {self.kills} kills, "
            f"{self.stops} stops, {self.released} channels released)\nfaults: {met}\n"
        )


def main() -> int:
    """Run as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill", description=__doc__)
    parser.add_argument("--posts", type=int, default=300)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--faults", default="rough")
    parser.add_argument("--ledger", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--runners", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    server = own_database() if options.ledger == "postgresql" else nullcontext("")
    with tempfile.TemporaryDirectory() as folder, server as url:
        faults = str(ROUGH) if options.faults == "rough" else options.faults
        stage = Stage(Path(folder), options.posts, faults, url, DURATIONS)
        with stage.emulator:
            result = strike(stage, options.kills, options.runners, random.Random(options.seed))  # noqa: S311 - no secret
        if not result.is_clean:
            sys.stderr.write(stage.log()[-20_000:])
    sys.stdout.write(str(result))
    return 0 if result.is_clean else 1


def strike(
    stage: Stage, blows: int, runners: int, chance: random.Random, longest_stop_s: float = LONGEST_STOP_S
) -> Result:
    """Run the storm under blows, finish it in peace, and compare.

    Raises:
        TimeoutError: it doesn't begin, or doesn't end.
    """
    processes = [stage.start() for _ in range(runners)]
    try:
        _wait_for_enrolment(stage, processes)
        kills, stops = _blow(stage, processes, blows, chance, longest_stop_s)
        with closing(open_ledger(stage.ledger_url or SQLITE, root=stage.root)) as ledger:
            released = _finish(stage, processes, ledger)
            return replace(_compare(stage, ledger), kills=kills, stops=stops, released=released)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _blow(
    stage: Stage,
    processes: list[subprocess.Popen[bytes]],
    blows: int,
    chance: random.Random,
    longest_stop_s: float,
) -> tuple[int, int]:
    """Kill or stop one runner after the other while the storm lasts; return how many of each."""
    pause = threading.Event()
    kills = stops = 0
    for _ in range(blows):
        pause.wait(chance.uniform(0.5, 1.5) * stage.lasts_s / blows)
        victim = chance.randrange(len(processes))
        process = processes[victim]
        if process.poll() is not None:
            processes[victim] = stage.start()
        elif chance.random() < STOPPED:
            process.send_signal(signal.SIGSTOP)
            threading.Timer(chance.uniform(0.5, longest_stop_s), _wake, [process]).start()
            stops += 1
        else:
            process.kill()
            process.wait()
            processes[victim] = stage.start()
            kills += 1
    return kills, stops


def _wait_for_enrolment(stage: Stage, processes: list[subprocess.Popen[bytes]]) -> None:
    """Wait until the storm is in the ledger: before it, a blow strikes nothing but a start."""
    pause, deadline_s = threading.Event(), time.monotonic() + PATIENCE_S
    while ENROLLED not in stage.log():
        if time.monotonic() > deadline_s or all(process.poll() is not None for process in processes):
            message = f"the storm does not begin:\n{stage.log()}"
            raise TimeoutError(message)
        pause.wait(LOOK_S)


def _wake(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)


def _finish(stage: Stage, processes: list[subprocess.Popen[bytes]], ledger: Ledger) -> int:
    """Wait for the end of the storm; return how many channels were released for it.

    What the breaker has paused or suspended is released, as a person would who has seen that the platform
    is well again. A storm that its last runner left open is launched again, a few times.
    """
    pause, released, relaunches = threading.Event(), 0, 0
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        if all(process.poll() is not None for process in processes):
            if not ledger.backlog.open_count(STORM) or relaunches == RELAUNCHES_AT_END:
                return released
            relaunches += 1
            processes.append(stage.start())
        released += _release(ledger)
        pause.wait(LOOK_S)
    message = f"the storm does not end:\n{stage.log()[-20_000:]}"
    raise TimeoutError(message)


def _release(ledger: Ledger) -> int:
    moment = SystemClock(ledger.clock_offset).moment()
    status = ledger.overview.status(moment, storm_id=STORM, runner_timeout=RUNNER_TIMEOUT)
    closed = [
        channel.channel
        for storm in status.storms
        for channel in storm.channels
        if channel.suspended_why or (channel.paused_until and channel.paused_until > moment.at)
    ]
    for channel in closed:
        ledger.halts.resume(moment, "kill", scope="channel", target=channel)
    return len(closed)


def _compare(stage: Stage, ledger: Ledger) -> Result:
    views = ledger.history.deliveries(STORM)
    received = stage.texts()
    return Result(
        planned=stage.posts,
        delivered=sum(view.state is State.DELIVERED for view in views),
        duplicates=sum(count - 1 for count in received.values()),
        lost=sum(view.state is State.DELIVERED and not received[view.text] for view in views)
        + sum(not view.state.is_open and view.state is not State.DELIVERED for view in views),
        in_doubt=sum(view.state is State.IN_DOUBT for view in views),
        attempts=sum(len(ledger.history.attempts(view.key)) for view in views),
        kills=0,
        stops=0,
        released=0,
        faults=stage.faults_met(),
    )


if __name__ == "__main__":
    sys.exit(main())
