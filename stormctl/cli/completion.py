"""What the shell offers when Tab is pressed: channels, storms, messages, topics, keys, what is halted."""

from __future__ import annotations

import os
import sys
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stormctl.domain.delivery.delivery import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, MutableMapping

    from stormctl.cli.context import Context
    from stormctl.ledger.ledger import Ledger

VARIABLE = "_STORMCTL_COMPLETE"
"""Set by the shell that asks what fits, to its own name."""

_ACTED_ON = {
    "cancel": {State.PLANNED},
    "retract": {State.DELIVERED},
    "resolve": {State.IN_DOUBT},
    "retry": {State.FAILED, State.MISSED, State.EXPIRED, State.CANCELLED, State.RETRACTED},
}
"""States of what a command can act on; other commands take any."""


def complete_schedule(ctx: Any, incomplete: str) -> list[str]:
    """Offer the campaign's schedules, and what is enrolled."""

    def find(context: Context, ledger: Ledger | None) -> Iterable[str]:
        names = {path.stem for path in (context.root / "schedules").glob("*.toml")}
        return names | (set(ledger.history.storms()) if ledger is not None else set())

    return _offer(ctx, incomplete, find)


def complete_storm(ctx: Any, incomplete: str) -> list[str]:
    """Offer the storms of the ledger."""
    return _offer(ctx, incomplete, lambda _, ledger: ledger.history.storms() if ledger else ())


def complete_scheduled_channel(ctx: Any, incomplete: str) -> list[str]:
    """Offer the channels of the schedules, and those of the ledger."""

    def find(context: Context, ledger: Ledger | None) -> Iterable[str]:
        from stormctl.engine.base.campaign import find_scheduled_channels

        names = {str(channel) for channel in find_scheduled_channels(context.root)}
        return names | (ledger.halts.find_names("channel") if ledger is not None else set())

    return _offer(ctx, incomplete, find)


def complete_account(ctx: Any, incomplete: str) -> list[str]:
    """Offer the names of a platform's channels, for `auth`."""
    platform = f"{ctx.info_name}:"
    names = [*complete_scheduled_channel(ctx, f"{platform}{incomplete}")]
    return [name.removeprefix(platform) for name in names]


def complete_target(kind: str) -> Callable[[Any, str], list[str]]:
    """Return what offers the channels, platforms, topics or messages of the ledger; to `resume` the held."""

    def complete(ctx: Any, incomplete: str) -> list[str]:
        def find(_: Context, ledger: Ledger | None) -> Iterable[str]:
            from stormctl.engine.operate.halting import find_held, find_targets

            if ledger is None:
                return ()
            held = find_held(ledger, kind) if ctx.info_name == "resume" else set[str]()
            return held or find_targets(ledger, kind)

        return _offer(ctx, incomplete, find)

    return complete


def complete_key(ctx: Any, incomplete: str) -> list[str]:
    """Offer what a command can act on by the shortest words that mean it, or as it is begun."""

    def find(_: Context, ledger: Ledger | None) -> Iterable[str]:
        if ledger is None:
            return ()
        keys = ledger.history.keys_in(_ACTED_ON.get(ctx.info_name, set(State)))
        names = ledger.history.name_shortly(keys)
        if not incomplete:
            return names
        longer = (f"{key.split('/')[1]}/{name}" for name, (key, *_) in names.items() if "/" not in name)
        return [*names, *longer, *keys]

    return _offer(ctx, incomplete, find)


def _offer(ctx: Any, incomplete: str, find: Callable[[Context, Ledger | None], Iterable[str]]) -> list[str]:
    """Return what is found and begins so; nothing where anything is wrong: the command itself says what."""
    try:
        with redirect_stderr(StringIO()), _open(ctx) as (context, ledger):
            return sorted({name for name in find(context, ledger) if name.startswith(incomplete)})
    except Exception:  # noqa: BLE001 - a line that is being typed is no place for a traceback
        return []


@contextmanager
def _open(ctx: Any) -> Iterator[tuple[Context, Ledger | None]]:
    from stormctl.cli.context import Context

    folder = ctx.find_root().params.get("folder")
    context = Context(None if folder is None else Path(folder))
    if ctx.params.get("rehearsal"):
        from stormctl.engine.launch.stage import open_rehearsal

        with closing(open_rehearsal(context.root)[0]) as ledger:
            yield context, ledger
    else:
        with context.open_existing() as ledger:
            yield context, ledger


@contextmanager
def completing(environ: MutableMapping[str, str] = os.environ) -> Iterator[None]:
    """Let bash complete words with a colon: it splits them there, and wants only the rest of the last one."""
    if environ.get(VARIABLE) != "complete_bash" or "COMP_WORDS" not in environ:
        yield
        return
    words = environ["COMP_WORDS"].split("\n")
    joined, place = join_words(words, int(environ["COMP_CWORD"]))
    environ["COMP_WORDS"], environ["COMP_CWORD"] = "\n".join(joined), str(place)
    was_split = len(joined) < len(words) and ":" in (joined[place] if joined[place:] else "")
    prefix = joined[place].rpartition(":")[0] + ":" if was_split else ""
    offered = StringIO()
    try:
        with redirect_stdout(offered):
            yield
    finally:
        lines = offered.getvalue().splitlines()
        sys.stdout.write("\n".join(line.removeprefix(prefix) for line in lines))


def join_words(words: list[str], place: int) -> tuple[list[str], int]:
    """Join what bash split at colons; return the words, and the place of the one that is completed."""
    joined: list[str] = []
    new_place, glues = place, False
    for number, word in enumerate(words):
        is_colon = word == ":" and len(joined) > 1
        if joined and (is_colon or glues):
            joined[-1] += word
        else:
            joined.append(word)
        if number == place:
            new_place = len(joined) - 1
        glues = is_colon
    return joined, new_place if place < len(words) else place - len(words) + len(joined)
