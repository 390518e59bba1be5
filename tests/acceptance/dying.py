"""A runner that dies, sleeps or loses its network at a named point, or a launch that dies at a statement.

`python -m tests.acceptance.dying POINT [sleep|cut|enrol]`, started in a campaign folder.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from stormctl.cli.context import Context
from stormctl.cli.main import main as stormctl
from stormctl.domain.platforms.channel import Platform
from stormctl.engine.accounts.adapters import EnvironmentAdapters
from stormctl.engine.base.clocks import SystemClock
from stormctl.engine.base.equipment import Equipment
from stormctl.engine.run.runner import Runner
from stormctl.engine.run.served_channels import ServedChannels
from stormctl.ledger.db.sessions import Session

DIED = 86
"""The exit code that tells that the point was reached."""


def main(point: str, how: str) -> None:
    """Run what is enrolled; as the second delivery reaches the point, die, sleep or lose the network."""
    passed = 0

    def checkpoint(here: str, /) -> None:
        nonlocal passed
        passed += here == point
        if here == point and passed == 2:
            if how == "die":
                os._exit(DIED)
            if how == "cut":
                subprocess.run(["ip", "link", "set", "lo", "down"], check=True)  # noqa: S607 - wherever it is
                Path("cut").touch()
                return
            subprocess.run([sys.executable, __file__, "suspend", str(os.getpid())], check=True)

    if "STORMCTL_SETTLING" in os.environ:  # it alone counts, as in `HASTY`
        for platform in Platform:
            object.__setattr__(platform.facts, "settling", timedelta())
    context = Context(None)
    with context.open_ledger() as ledger:
        equipment = Equipment(
            ledger=ledger,
            adapters=EnvironmentAdapters(context.environment),
            clock=SystemClock(),
            listener=lambda _event: None,
            durations=context.durations,
        )
        served_channels = ServedChannels(equipment)
        served_channels.refresh()
        runner = Runner(equipment, kind="daemon", channels=served_channels.channels, checkpoint=checkpoint)
        runner.run(lambda: runner.is_done("small"))


def enroll(statement: str) -> None:
    """Launch, and die as the ledger is asked for a statement the second time."""
    execute, passed = Session._execute, 0

    def die(self: Session, name: str, values: dict[str, Any]) -> Any:
        nonlocal passed
        passed += name == statement
        if passed == 2:
            os._exit(DIED)
        return execute(self, name, values)

    Session._execute = die  # type: ignore[method-assign]
    stormctl(["launch", "--yes", "--detach"])


def suspend(pid: int) -> None:
    """Suspend a runner while the ledger is locked by us: none of its threads sleeps with the lock."""
    with closing(sqlite3.connect(Path(".stormctl", "ledger.db"), isolation_level=None)) as file:
        file.execute("BEGIN IMMEDIATE")
        os.kill(pid, signal.SIGSTOP)
        while "T" not in _state_of(pid):
            pass
        file.execute("ROLLBACK")


def _state_of(pid: int) -> str:
    command = ["ps", "-o", "state=", "-p", str(pid)]
    return subprocess.check_output(command, text=True)


if __name__ == "__main__":
    if sys.argv[1] == "suspend":
        suspend(int(sys.argv[2]))
    elif sys.argv[2:] == ["enrol"]:
        enroll(sys.argv[1])
    else:
        main(sys.argv[1], *(sys.argv[2:] or ["die"]))
