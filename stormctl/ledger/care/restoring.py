"""Put a backup in a ledger's place: prepared aside, with its gap noted, then in one step."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.platforms.channel import find_host
from stormctl.domain.report.maintenance import Restoration
from stormctl.errors import DamagedLedgerError, LedgerError
from stormctl.ledger.care.maintenance import back_up, describe, refuse_runners, require_ledger
from stormctl.ledger.control.runners import is_any_locked
from stormctl.ledger.db.sqlite import SqliteDatabase
from stormctl.ledger.db.stores import COMPANIONS, FileStore, making_file, put_new, put_over, refuse_existing
from stormctl.ledger.db.tables import OF_ONE_LIFE, SCHEMA_VERSION, compare, pour
from stormctl.ledger.journal.gaps import note_gap
from stormctl.places import find_status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.report.maintenance import LedgerFacts
    from stormctl.ledger.care.maintenance import Occasion
    from stormctl.ledger.db.sessions import Session
    from stormctl.ledger.db.stores import ServerStore, Store

WHY = "the ledger was restored from a backup"


def find_present(store: Store, occasion: Occasion) -> LedgerFacts | None:
    """Return what the ledger that would be replaced holds; None if there is none that can be read.

    Raises:
        LedgerError: a runner may be at work there, it was copied elsewhere, is of a newer version, or is no
            ledger.
    """
    if not store.exists() or _is_empty(store):
        return None
    try:
        facts = describe(store, occasion)
    except DamagedLedgerError:
        if is_any_locked(store.locks):
            message = f"the ledger {store.where} can't be read, and a runner of this machine is alive"
            raise LedgerError(message, "Stop every stormctl on this machine, and try again.") from None
        return None
    refuse_runners(facts.runners, store.where)
    if facts.moved_to is not None:
        message = f"the ledger {store.where} was copied to {facts.moved_to}, and is not used any more"
        raise LedgerError(message, "Set STORMCTL_LEDGER_URL to the new one, and restore there.")
    return facts


def refuse_other_hosts(facts: LedgerFacts, hosts: Mapping[str, str]) -> None:
    """Make sure that a backup belongs to the same hosts: practice is never taken for the day.

    Raises:
        LedgerError: a host is another one; both are named.
    """
    for place, host in sorted(facts.hosts.items()):
        here = find_host(hosts, place)
        if here is not None and here != host:
            message = f"{facts.where} belongs to {host}, but {place} is {here} here"
            hint = "A practice ledger is never used for the real day, nor the real one for practice."
            raise LedgerError(message, hint)


def restore(store: Store, file: FileStore, aside: Path, occasion: Occasion) -> Restoration:
    """Take a backup for the ledger; what was due since it was made is in doubt.

    Args:
        file: the backup, which stays as it is; an older one is brought to this version on the way.
        aside: where the ledger that is there goes: it is never thrown away.

    Raises:
        LedgerError: a runner is alive, or something can't be read or written.
    """
    require_ledger(file)
    refuse_existing(aside)
    with making_file(store.path if isinstance(store, FileStore) else aside) as part:
        fresh = SqliteDatabase(part, file.shown)
        with file.database.whole() as saved:
            saved.refuse_damage(file.where)
            fresh.fill(saved)
            with fresh.whole() as poured:
                compare(saved, poured, without={SCHEMA_VERSION})
        fresh.migrate(create=False)
        since, in_doubt = _begin_new_life(fresh, occasion.moment)
        if isinstance(store, FileStore):
            with fresh.whole(writing=True) as tables:
                tables.session.write("set_meta", key="ledger_id", value=store.memory.name(part))
        fresh.close_log()
        occasion.checkpoint("prepared")
        if isinstance(store, FileStore):
            kept = _replace_file(store, part, aside, occasion)
        else:
            kept = _replace_rows(store, fresh, aside, occasion)
    return Restoration(where=store.where, aside=kept, since=since, in_doubt=in_doubt)


def _begin_new_life(fresh: SqliteDatabase, moment: Moment) -> tuple[datetime, int]:
    """Note the gap, and forget what was the old life's own; return since when, and how many doubts."""
    with fresh.whole(writing=True) as tables:
        session = tables.session
        meta = {row["key"]: row["value"] for row in session.rows("all_meta")}
        known = meta.get("backed_up_at", session.value("newest_instant"))
        since = moment.at if known is None else min(from_micros(int(known)), moment.at)
        session.write("stop_all_runners", wall_now=to_micros(moment.wall_at))
        in_doubt = note_gap(session, since, moment, WHY)
        for key in OF_ONE_LIFE:
            if key != SCHEMA_VERSION:
                session.write("forget_meta", key=key)
    return since, in_doubt


def _replace_file(store: FileStore, part: Path, aside: Path, occasion: Occasion) -> Path | None:
    """Give the present file another name, and put the new one in its place."""
    if not store.exists():
        _set_companions_aside(store, aside)
        put_new(part, store.path)
        return None
    try:
        if not _is_empty(store):
            store.database.close_log()  # which fails while anyone has it open
            with store.database.whole() as tables:
                occasion.refuse_live(tables.session, store)
    except DamagedLedgerError:
        _set_companions_aside(store, aside)
    _set_aside(store.path, aside)
    occasion.checkpoint("set aside")
    put_over(part, store.path)
    return aside


def _replace_rows(store: ServerStore, fresh: SqliteDatabase, aside: Path, occasion: Occasion) -> Path | None:
    """Back the present rows up, and replace them all in one transaction."""
    kept = back_up(store, aside, occasion).path if store.exists() else None

    def check(session: Session) -> None:
        occasion.refuse_live(session, store)

    with fresh.whole() as source, store.database.founding(over=check) as target:
        pour(source, target)
        occasion.checkpoint("poured")
        compare(source, target)
    return kept


def _is_empty(store: Store) -> bool:
    return isinstance(store, FileStore) and not store.path.stat().st_size


def _set_companions_aside(store: FileStore, aside: Path) -> None:
    """Take away what SQLite had kept beside a file: it would read it into the next one of that name."""
    for ending, found in zip(COMPANIONS, store.companions, strict=True):
        if find_status(found, follow=False) is not None:
            found.rename(aside.with_name(aside.name + ending))


def _set_aside(path: Path, aside: Path) -> None:
    """Give a file a second name; where the disk can't, the new name is its only one for an instant."""
    try:
        os.link(path, aside)
    except OSError:
        path.rename(aside)
