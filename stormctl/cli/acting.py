"""What commands on single deliveries share: find them, show them, ask, and say how to undo what was done."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from stormctl.cli import console
from stormctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from stormctl.cli.opening import OpenLedger
    from stormctl.domain.delivery.delivery import State
    from stormctl.domain.report.status import DeliveryView

LOCAL = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?", re.ASCII)
_LISTED = 10
"""Deliveries that are shown where words may mean several."""


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
