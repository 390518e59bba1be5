"""A ledger as a whole: where it is, what it holds, and what was done with it."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from stormctl.domain.base.amounts import count
from stormctl.render.exports.documents import SCHEMA_VERSION, export_gap, export_instant
from stormctl.render.terminal.grid import make_facts
from stormctl.render.terminal.notices import render_notice
from stormctl.render.words import STRONG, clean, list_states, render_day_and_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rich.console import RenderableType
    from rich.table import Table

    from stormctl.domain.report.maintenance import (
        Backup,
        Introduction,
        LedgerFacts,
        MigratedLedger,
        Move,
        Restoration,
        RestorePreview,
    )
    from stormctl.render.exports.setup_shapes import LedgerDocument

NEVER = "never"
_STEP = 1000
"""Of the units of size, as disks are sold."""


def render_facts(facts: LedgerFacts) -> RenderableType:
    """Show a ledger from outside: place, version, size, hosts, storms, backups, gaps, live runners."""
    grid = make_facts()
    grid.add_row("Ledger", Text(clean(facts.where), STRONG))
    version = str(facts.version) if facts.version == facts.newest else f"{facts.version} of {facts.newest}"
    grid.add_row("Version", version)
    grid.add_row("Size", render_size(facts.size))
    hosts = ", ".join(f"{platform} {clean(host)}" for platform, host in sorted(facts.hosts.items()))
    grid.add_row("Hosts", hosts or "none yet")
    _add_storms(grid, facts)
    if facts.backed_up_at is not None:
        grid.add_row("Backed up", f"{_write(facts.backed_up_at)}: this is a backup")
    else:
        grid.add_row("Last backup", _describe_last_backup(facts))
    for gap in facts.gaps:
        span = f"{_write(gap.since)} to {_write(gap.until)}: {clean(gap.why)}"
        doubts = f"; {count(gap.in_doubt, 'delivery', 'deliveries')} in doubt" if gap.in_doubt else ""
        grid.add_row("Gap", span + doubts)
    for runner in facts.runners:
        grid.add_row("Runner", f"{runner.kind} on {clean(runner.host)} (process {runner.pid}), alive")
    if not facts.runners:
        grid.add_row("Runners", "none alive")
    return Group(*(list(_render_notices(facts)) or [Text(_sum_up(facts), STRONG)]), "", grid)


def _sum_up(facts: LedgerFacts) -> str:
    alive = count(len(facts.runners), "runner alive", "runners alive") if facts.runners else "no runner alive"
    what = "a backup" if facts.backed_up_at is not None else "a ledger"
    if facts.version != facts.newest:
        return f"{what} of a newer version than this program, {alive}"
    gaps = f", {count(len(facts.gaps), 'gap')}" if facts.gaps else ""
    return f"{what} that can be used: {count(len(facts.storms), 'storm')}{gaps}, {alive}"


def facts_json(facts: LedgerFacts) -> LedgerDocument:
    """Export what `render_facts` shows."""
    return {
        "schema_version": SCHEMA_VERSION,
        "ledger": facts.where,
        "version": facts.version,
        "newest_version": facts.newest,
        "size_bytes": facts.size,
        "hosts": dict(sorted(facts.hosts.items())),
        "storms": [
            {
                "id": storm.storm_id,
                "name": storm.name,
                "counts": {state.value: number for state, number in storm.counts.items()},
            }
            for storm in facts.storms
        ],
        "halts": facts.halts,
        "moved_to": facts.moved_to,
        "backed_up_at": export_instant(facts.backed_up_at),
        "last_backup_at": export_instant(facts.last_backup_at),
        "last_backup": facts.last_backup,
        "known_until": export_instant(facts.known_until),
        "gaps": [export_gap(gap) for gap in facts.gaps],
        "runners": [
            {
                "id": runner.id,
                "kind": runner.kind,
                "host": runner.host,
                "pid": runner.pid,
                "started_at": export_instant(runner.started_at),
                "beat_at": export_instant(runner.beat_at),
            }
            for runner in facts.runners
        ],
    }


def render_backup(backup: Backup) -> RenderableType:
    """Show what a backup holds, and what a restore of it means."""
    grid = make_facts()
    grid.add_row("Backup", Text(clean(str(backup.path)), STRONG))
    grid.add_row("Size", render_size(backup.facts.size))
    _add_storms(grid, backup.facts)
    at = backup.facts.backed_up_at
    since = "" if at is None else f" {_write(at)}"
    meaning = f"It knows nothing of what is published after{since}."
    return Group(grid, f"{meaning} Once it is restored, all that was due since then is in doubt.")


def render_migration(migration: MigratedLedger | None, where: str) -> RenderableType:
    """Show what a migration did, or that there was nothing to do."""
    if migration is None:
        return Text(f"nothing to do: {clean(where)} is of this stormctl's version")
    return Text(
        f"backed up to {clean(str(migration.backup))}\n"
        f"migrated {clean(where)} from version {migration.before} to {migration.after}"
    )


def render_exchange(exchange: RestorePreview, where: str) -> RenderableType:
    """Show what a backup holds and what it would replace, before anything happens."""
    grid = make_facts()
    backup, present = exchange.backup, exchange.present
    grid.add_row("Restore", Text(clean(backup.where), STRONG))
    since = backup.backed_up_at or backup.known_until
    grid.add_row(
        "It knows", "of nothing yet" if since is None else f"what was published until {_write(since)}"
    )
    _add_storms(grid, backup)
    grid.add_row("In place of", Text(clean(where), STRONG))
    if present is not None:
        _add_storms(grid, present)
        grid.add_row("", "It is set aside, not thrown away.")
    elif exchange.is_damaged:
        grid.add_row("", "What is there can't be read. It is set aside, not thrown away.")
    else:
        grid.add_row("", "There is none.")
    notices = []
    if present is not None and present.halts > backup.halts:
        notices.append(
            render_notice(
                f"{count(present.halts, 'halt is', 'halts are')} in force now, {backup.halts} in the backup",
                "What is halted now may go out after the restore. Halt it again: stormctl halt",
            )
        )
    return Group(grid, *notices)


def render_introduction(introduction: Introduction) -> RenderableType:
    """Show a ledger from elsewhere, and what it would post first, before anything is posted from it."""
    facts, grid = introduction.facts, make_facts()
    grid.add_row("Ledger", Text(clean(facts.where), STRONG))
    grid.add_row("Its id", clean(introduction.ledger_id))
    hosts = ", ".join(f"{platform} {clean(host)}" for platform, host in sorted(facts.hosts.items()))
    grid.add_row("Hosts", hosts or "none yet")
    _add_storms(grid, facts)
    total = sum(number for storm in facts.storms for state, number in storm.counts.items() if state.is_open)
    if not introduction.first:
        return Group(grid, Text("It would post nothing by itself."))
    head = f"{count(total, 'post')} to come, these first:"
    posts: list[RenderableType] = []
    for view in introduction.first:
        posts.append(Text(f"{_write(view.slot_at)}  {clean(view.key)}"))
        lines = "\n".join(clean(line) for line in view.text.splitlines())
        posts.append(Padding(Text(lines), (0, 0, 0, 4), expand=False))
    return Group(grid, Text(head, STRONG), *posts)


def render_restoration(restoration: Restoration) -> RenderableType:
    """Show what a restore did, and what comes next."""
    lines = [f"restored {clean(restoration.where)}"]
    if restoration.aside is not None:
        lines.append(f"what was there before is {clean(str(restoration.aside))}")
    doubts = count(restoration.in_doubt, "delivery is", "deliveries are")
    lines.append(f"{doubts} in doubt: due since {_write(restoration.since)}, or claimed then")
    if restoration.in_doubt:
        lines.append(
            "a runner (stormctl launch, daemon or tick) will read the accounts: "
            "what is there is recorded, the rest is planned again"
        )
    return Text("\n".join(lines))


def render_move(move: Move) -> RenderableType:
    """Show where a ledger was copied to, and what to do now."""
    how = "had been copied before, and is compared" if move.was_there else "copied and compared"
    return Text(
        f"{how}: {count(move.rows, 'row')} from {clean(move.source)} to {clean(move.target)}\n"
        f"{clean(move.source)} is not used any more\n"
        f"Write this line into .env, with the password if there is one, wherever stormctl runs:\n"
        f"{clean(move.setting)}\n"
        "Everything is still halted there. When all is set: stormctl resume"
    )


def render_size(size: int) -> str:
    """Write a number of bytes as `812 kB` or `1.4 MB`."""
    if size < _STEP * _STEP:
        return f"{max(1, round(size / _STEP))} kB"
    return f"{size / _STEP / _STEP:,.1f} MB"


def _render_notices(facts: LedgerFacts) -> Iterator[RenderableType]:
    if facts.moved_to is not None:
        yield render_notice(
            f"COPIED to {clean(facts.moved_to)}, and not used any more", "Set STORMCTL_LEDGER_URL to it."
        )
    if facts.version < facts.newest:
        yield render_notice("OF AN OLDER VERSION: no other command works with it", "stormctl ledger migrate")


def _add_storms(grid: Table, facts: LedgerFacts) -> None:
    for storm in facts.storms:
        name = Text.assemble((clean(storm.name), STRONG), f" ({storm.storm_id})")
        grid.add_row("Storm", Group(name, Padding(list_states(storm.counts), (0, 0, 0, 2), expand=False)))
    if not facts.storms:
        grid.add_row("Storms", "none")


def _describe_last_backup(facts: LedgerFacts) -> str:
    if facts.last_backup_at is None:
        return NEVER
    return f"{_write(facts.last_backup_at)}: {clean(facts.last_backup or '')}"


def _write(at: datetime) -> str:
    return render_day_and_time(at, UTC)
