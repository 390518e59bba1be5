"""A runner that dies at a named point: `python -m tests.acceptance.dying POINT` in a campaign folder."""

from __future__ import annotations

import os
import sys

from stormctl.cli.context import Context
from stormctl.engine.adapters import EnvironmentAdapters
from stormctl.engine.clocks import SystemClock
from stormctl.engine.equipment import Equipment
from stormctl.engine.roster import Roster
from stormctl.engine.runner import Runner

DIED = 86
"""The exit code that tells that the point was reached."""


def main(point: str) -> None:
    """Run what is enrolled until the second delivery reaches the point, and die there at once."""
    passed = 0

    def checkpoint(here: str, /) -> None:
        nonlocal passed
        passed += here == point
        if passed == 2:
            os._exit(DIED)

    context = Context(None)
    with context.open_ledger() as ledger:
        equipment = Equipment(
            ledger=ledger,
            adapters=EnvironmentAdapters(context.environment),
            clock=SystemClock(),
            listener=lambda _event: None,
            durations=context.durations,
        )
        roster = Roster(equipment)
        roster.refresh()
        runner = Runner(equipment, kind="daemon", channels=roster.channels, checkpoint=checkpoint)
        runner.run(lambda: runner.is_done("small"))


if __name__ == "__main__":
    main(sys.argv[1])
