"""A caretaker that dies at a named point: `python -m tests.acceptance.caring POINT COMMAND [WHAT]`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from stormctl.cli.context import Context
from stormctl.engine.operate.maintenance import LedgerMaintenance


def main(point: str, command: str, what: str = "") -> None:
    """Do what `stormctl ledger` would do in this campaign folder, and be killed at the point."""

    def checkpoint(here: str, /) -> None:
        if here == point:
            os.kill(os.getpid(), signal.SIGKILL)

    context = Context(None)
    upkeep = LedgerMaintenance(
        context.ledger_url, context.root, context.durations.runner_timeout, checkpoint=checkpoint
    )
    match command:
        case "restore":
            upkeep.restore(Path(what))
        case "copy":
            upkeep.copy(what)
        case "migrate":
            upkeep.migrate()
        case _:
            upkeep.back_up(Path(what))


if __name__ == "__main__":
    main(*sys.argv[1:])
