"""Which deliveries a person means by a key, a part of one, or a message."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from stormctl.errors import UsageError
from stormctl.files.nearest import suggest
from stormctl.ledger.views.history import AmbiguousKeyError
from stormctl.ledger.views.keys import find_part, find_thread

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from stormctl.domain.delivery.delivery import State
    from stormctl.domain.report.status import DeliveryView, LedgerStatus
    from stormctl.ledger.ledger import Ledger


def choose_deliveries(ledger: Ledger, parts: Iterable[str], states: Collection[State]) -> list[DeliveryView]:
    """Return the deliveries that are named, each once; a thread's key means its parts.

    Words that several fit mean the one that is in one of the states, if only one is.

    Raises:
        UsageError: there is none, or several may be meant.
    """
    chosen: dict[str, DeliveryView] = {}
    for part in parts:
        chosen |= {view.key: view for view in _choose(ledger, part, states)}
    return list(chosen.values())


def _choose(ledger: Ledger, part: str, states: Collection[State]) -> list[DeliveryView]:
    keys = ledger.history.find_keys(part)
    threads: dict[str, list[DeliveryView]] = defaultdict(list)
    for key in keys:
        threads[find_thread(key)].append(ledger.history.get(key))
    fitting = {
        thread: fit for thread, views in threads.items() if (fit := [v for v in views if v.state in states])
    }
    found = fitting or threads
    if len(found) > 1:
        names = ledger.history.name_shortly([view.key for views in found.values() for view in views])
        raise AmbiguousKeyError(part, keys, names)
    return sorted(next(iter(found.values())), key=lambda view: find_part(view.key))


def name_shown(ledger: Ledger, standing: LedgerStatus) -> dict[str, str]:
    """Return for each delivery that a status lists the shortest words that mean it, with its channel."""
    listed = (view for storm in standing.storms for view in (*storm.upcoming, *storm.recent, *storm.troubled))
    return ledger.history.short_keys({view.key for view in listed}, on_channel=True)


def choose_message(
    ledger: Ledger, message_id: str, states: Collection[State], storm_id: str | None
) -> list[DeliveryView]:
    """Return the deliveries of a message that are in some states.

    Raises:
        UsageError: there are none, or they belong to several storms and none is named.
    """
    every = [view for view in ledger.history.of_message(message_id) if storm_id in {None, view.storm_id}]
    found = [view for view in every if view.state in states]
    if not found:
        where = "" if storm_id is None else f" in the storm {storm_id}"
        if not every:
            raise UsageError(
                f"there is no message {message_id}{where}", _find_hint(ledger, message_id, storm_id)
            )
        now = ", ".join(sorted({view.state.value.replace("_", " ") for view in every}))
        wanted = " or ".join(sorted(state.value.replace("_", " ") for state in states))
        raise UsageError(f"nothing of {message_id}{where} is {wanted}: it is {now}")
    storms = sorted({view.storm_id for view in found})
    if storms[1:]:
        raise UsageError(
            f"{message_id} is a message of several storms: {', '.join(storms)}", "Name one with --storm."
        )
    return found


def _find_hint(ledger: Ledger, message_id: str, storm_id: str | None) -> str:
    """Return what may have been meant: another storm, the nearest message, or how to look for one."""
    storms, names = ledger.history.storms(), ledger.halts.find_names("message")
    if storm_id is not None and storm_id not in storms:
        return suggest(storm_id, storms)
    hint = suggest(message_id, names)
    return hint if "did you mean" in hint else "stormctl status --find TEXT helps."
