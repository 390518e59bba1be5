"""`stormctl` alone: where we are, and the one command that comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stormctl.cli.context import Context


def show(context: Context) -> None:
    """Say in a line where we are, and below it what to type next."""
    from stormctl.cli.console import show_lines
    from stormctl.engine.base.clocks import SystemClock
    from stormctl.engine.operate.next_step import NO_CAMPAIGN, find_next_step

    root = context.find_root()
    if root is None:
        step = NO_CAMPAIGN
    else:
        with context.open_existing() as ledger:
            clock = SystemClock() if ledger is None else SystemClock(ledger.clock_offset)
            step = find_next_step(root, ledger, clock.moment(), context.durations)
    show_lines([step.where, f"Next: {step.command}", "All commands: stormctl --help"])
