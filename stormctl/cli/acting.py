"""What commands that act on a ledger share: open the right one, find deliveries, ask, and say how to undo."""

from __future__ import annotations

import re
import shlex
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from stormctl.cli import console
from stormctl.cli.console import show, tell
from stormctl.cli.scrubbing import SCRUBBER
from stormctl.domain.base.amounts import count
from stormctl.errors import LedgerError, StormctlError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from stormctl.cli.context import Context
    from stormctl.domain.base.clock import Clock
    from stormctl.domain.delivery.delivery import State
    from stormctl.domain.report.status import DeliveryView
    from stormctl.engine.base.equipment import Durations
    from stormctl.ledger.ledger import Ledger

REHEARSAL = " --rehearsal"
COMMAND = re.compile(r"\bstormctl (status|halt|resume|show|cancel|retry|resolve|retract|report)\b")
"""A command that an error tells people to type, and that takes the option."""

_DONE = {"halt": "halted", "resume": "resumed", "status": "shown", "show": "shown", "report": "shown"}
"""What a command does not do to the real storm when it acts on a rehearsal; the others don't touch it."""

LOCAL = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?", re.ASCII)
_LISTED = 10
"""Deliveries that are shown where words may mean several."""


@contextmanager
def open_to_act(
    context: Context, *, rehearsal: bool, needs_keys: bool = True, command: str = "", as_json: bool = False
) -> Iterator[OpenLedger]:
    """Open the ledger of the day, or the rehearsal's, with its clock and durations, and say which.

    Args:
        needs_keys: whether an `.env` that can't be trusted is an error; else another way to the ledger is
            looked for.
        command: what is typed, such as `halt`.
        as_json: whether standard output is for machines.

    Raises:
        UsageError: no rehearsal is running to act on.
        LedgerError: there is no ledger.
    """
    from stormctl.engine.base.clocks import SystemClock

    if rehearsal:
        with _open_rehearsal(context, command, as_json=as_json) as opened:
            yield opened
        return
    from stormctl.engine.launch.stage import is_rehearsing

    is_practice_too = is_rehearsing(context.root)
    acts = f"To act on it: stormctl {command}{REHEARSAL}"
    with ExitStack() as stack:
        try:
            if not needs_keys:
                from stormctl.cli.keyless import find_environment

                context.__dict__["environment"] = find_environment(context.root, lambda: context.environment)
            ledger = stack.enter_context(context.open_ledger())
        except LedgerError as error:
            if is_practice_too:
                error.hint = f"A rehearsal is running. {acts} {error.hint}"
            raise
        if is_practice_too:
            tell(f"The rehearsal that is running is not meant. {acts}")
        yield OpenLedger(ledger, SystemClock(ledger.clock_offset), context.durations)


@contextmanager
def _open_rehearsal(context: Context, command: str, *, as_json: bool) -> Iterator[OpenLedger]:
    from stormctl.engine.launch.stage import open_rehearsal, refuse_when_over

    ledger, clock, durations = open_rehearsal(context.root)
    with closing(ledger):
        refuse_when_over(context.root, ledger, clock)
        say = tell if as_json else show
        say(f"REHEARSAL ONLY: the real storm is not {_DONE.get(command, 'touched')}")
        for line in _name_real(context, command):
            tell(line)
        try:
            yield OpenLedger(ledger, clock, durations, REHEARSAL)
        except StormctlError as error:
            error.hint = COMMAND.sub(rf"\g<0>{REHEARSAL}", error.hint)
            raise


def _name_real(context: Context, command: str) -> Iterator[str]:
    """Say in a line each which storms of the real ledger are not over, whatever the rehearsal does."""
    try:
        with context.open_existing() as ledger:
            if ledger is None:
                return
            for storm in ledger.history.storms():
                if coming := ledger.backlog.open_count(storm):
                    posts = count(coming, "post")
                    yield f"{storm}, with {posts} to come, is in {ledger.where}: stormctl {command}"
    except StormctlError as error:
        yield SCRUBBER.scrub(f"the real storm's ledger can't be looked at: {error.message}")


@dataclass(frozen=True)
class OpenLedger:
    """A ledger to act on, with the clock that it runs on.

    Attributes:
        option: what the commands that people are told to type need, so that they act on the same ledger.
    """

    ledger: Ledger
    clock: Clock
    durations: Durations
    option: str = ""

    @cached_property
    def mark(self) -> str:
        """What a question says where nothing reaches a real platform: ` (NOT LIVE)`."""
        from stormctl.engine.operate.standing import find_practice_hosts

        return " (NOT LIVE)" if self.option or find_practice_hosts(self.ledger) else ""


def find_deliveries(
    opened: OpenLedger,
    keys: Sequence[str] | None,
    states: Collection[State],
    *,
    message: str | None = None,
    storm: str | None = None,
) -> list[DeliveryView]:
    """Find what is named by key, or the deliveries of a message that are in some states.

    Raises:
        UsageError: neither or both are named, there is none, or several may be meant, which are shown.
    """
    from stormctl.engine.operate.choosing import choose_deliveries, choose_message
    from stormctl.ledger.views.history import AmbiguousKeyError

    if bool(keys) == (message is not None):
        raise UsageError("name deliveries by key, or a whole message with --message")
    if storm is not None and message is None:
        raise UsageError("--storm goes with --message", "A key already names its storm.")
    if message is not None:
        return choose_message(opened.ledger, message, states, storm)
    try:
        return choose_deliveries(opened.ledger, keys or (), states)
    except AmbiguousKeyError as several:
        show_deliveries(opened, [opened.ledger.history.get(key) for key in several.keys[:_LISTED]])
        raise


def show_deliveries(opened: OpenLedger, views: Sequence[DeliveryView], *, is_whole: bool = False) -> None:
    """Show deliveries beside standard output: when, where, and their first words, or all of them."""
    from stormctl.render.terminal.deliveries import render_posts

    history = opened.ledger.history
    zones = {view.storm_id: history.details(view.key).timezone for view in views}
    names = history.short_keys([view.key for view in views])
    console.tell(render_posts(views, zones, names, is_whole=is_whole))


def agree(opened: OpenLedger, what: str, *, yes: bool) -> None:
    """Have a person say yes; UsageError for any other answer, and without a terminal or `--yes`."""
    console.confirm(f"{what}{opened.mark}", "yes", yes=yes)


def name_undo(opened: OpenLedger, command: str, keys: Collection[str]) -> str:
    """Return what is typed to have a command act on exactly these deliveries."""
    names = opened.ledger.history.name_shortly(keys)
    return f"stormctl {command} {shlex.join(names)}{opened.option}"


def read_moment(text: str, zones: set[str], option: str = "--at") -> datetime:
    """Read a moment in the storm's zone, or one with a zone of its own.

    Raises:
        UsageError: it is none, or several storms' zones could be meant.
    """
    from stormctl.files.values import BadValueError, parse_instant

    if LOCAL.fullmatch(text.strip()):
        if len(zones) > 1:
            raise UsageError(f"{option} may be in any of {', '.join(sorted(zones))}", "Add the zone.")
        text = f"{text.strip()} {next(iter(zones))}"
    try:
        return parse_instant(text).at
    except BadValueError as error:
        raise UsageError(f"{option}: {error.message}", error.hint) from None


def alerting(context: Context, opened: OpenLedger, *, rehearsal: bool) -> AbstractContextManager[None]:
    """Have people told at once of what was just done, while the command goes on; a rehearsal tells nobody."""
    from stormctl.engine.alerts import notifications

    if rehearsal:
        return nullcontext()
    return notifications.alerting(
        context.environment.settings, opened.ledger, opened.clock, opened.durations, tell
    )
