"""Maintain a whole ledger: describe it, back it up, bring it to this version, copy it elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.domain.base.amounts import count
from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.delivery.delivery import State
from stormctl.domain.report.maintenance import Backup, LedgerFacts, MigratedLedger, Move, StormCounts
from stormctl.errors import LedgerError
from stormctl.ledger.control.halts import load_halts
from stormctl.ledger.control.runners import find_live
from stormctl.ledger.db.migrator import load_migrations, refuse_older_version, refuse_unusable
from stormctl.ledger.db.sqlite import SqliteDatabase
from stormctl.ledger.db.stores import FileStore, explain_missing, making_file, put_new, refuse_existing
from stormctl.ledger.db.tables import SCHEMA_VERSION, SqliteTables, compare, is_same, pour
from stormctl.ledger.journal.gaps import view_gaps
from stormctl.ledger.place.addresses import without_password

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta
    from pathlib import Path

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.report.status import RunnerStatus
    from stormctl.ledger.db.sessions import Session
    from stormctl.ledger.db.stores import Store
    from stormctl.ledger.db.tables import Tables

NEWEST = len(load_migrations("sqlite"))
"""The version that this stormctl works with; every dialect has the same."""

HAS_GAPS = 3
"""The first version that knows gaps."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """When a ledger is maintained.

    Attributes:
        timeout: after how long without a heartbeat a runner elsewhere counts as gone (real time).
        checkpoint: called by name wherever the process may die, so that tests can kill it there.
    """

    moment: Moment
    timeout: timedelta
    checkpoint: Callable[[str], None]

    def find_live(self, session: Session, store: Store) -> tuple[RunnerStatus, ...]:
        """Return the runners that may post from a ledger."""
        return find_live(session, store.locks, self.moment, timeout=self.timeout)

    def refuse_live(self, session: Session, store: Store) -> None:
        """Make sure that nobody posts from a ledger; LedgerError names the runners that may."""
        refuse_runners(self.find_live(session, store), store.where)


def describe(store: Store, occasion: Occasion) -> LedgerFacts:
    """Return what a ledger of any version holds, even while others write to it.

    Raises:
        LedgerError: there is none, it is of a newer version, or can't be read.
    """
    require_ledger(store)
    with store.database.whole() as tables:
        session = tables.session
        meta = {row["key"]: row["value"] for row in session.rows("all_meta")}
        return LedgerFacts(
            where=store.where,
            version=tables.version,
            newest=NEWEST,
            size=tables.size(),
            hosts={row["place"]: row["host"] for row in session.rows("bound_hosts")},
            storms=_count_storms(session),
            runners=occasion.find_live(session, store),
            halts=len(session.rows("active_halts")),
            gaps=view_gaps(session) if tables.version >= HAS_GAPS else (),
            moved_to=meta.get("moved_to"),
            backed_up_at=_instant(meta.get("backed_up_at")),
            known_until=_instant(session.value("newest_instant")),
            last_backup_at=_instant(meta.get("last_backup_at")),
            last_backup=meta.get("last_backup"),
        )


def back_up(store: Store, target: Path, occasion: Occasion) -> Backup:
    """Copy a ledger of any version into one new SQLite file, even while others write to it.

    The backup says from which moment on it may not know what was published.

    Args:
        target: the file, which must not be there; it appears when it is whole and was compared.

    Raises:
        LedgerError: there is no ledger, it can't be read, or the file can't be written.
    """
    moment = occasion.moment
    require_ledger(store)
    refuse_existing(target)
    with making_file(target) as part:
        copy = SqliteDatabase(part, str(target))
        _save(store, copy)
        with copy.whole(writing=True) as tables:
            tables.session.write("set_meta", key="backed_up_at", value=str(to_micros(moment.at)))
        occasion.checkpoint("saved")
        put_new(part, target)
    with store.database.whole(writing=True) as tables:
        tables.session.write("set_meta", key="last_backup_at", value=str(to_micros(moment.wall_at)))
        tables.session.write("set_meta", key="last_backup", value=str(target))
    return Backup(path=target, facts=describe(FileStore(target, str(target)), occasion))


def migrate(store: Store, target: Path, occasion: Occasion) -> MigratedLedger | None:
    """Bring an older ledger to this version, after a backup to `target`; None if it is of this version.

    Raises:
        LedgerError: there is none, a runner is alive, or it can't be read or written.
    """
    facts = describe(store, occasion)
    if facts.version == facts.newest:
        return None

    def check(session: Session) -> None:
        occasion.refuse_live(session, store)
        occasion.checkpoint("migrating")

    refuse_runners(facts.runners, store.where)
    backup = back_up(store, target, occasion)
    occasion.checkpoint("backed up")
    store.database.migrate(create=False, check=check)
    return MigratedLedger(before=facts.version, after=facts.newest, backup=backup.path)


def copy(source: Store, target: Store, url: str, occasion: Occasion) -> Move:
    """Copy a ledger that rests to a place without one; from then on only the copy is used.

    The copy is committed, compared, before the source is put out of use. Whatever happens in between, both
    are halted, and the same command finishes what was begun.

    Raises:
        LedgerError: the source doesn't rest or was copied already, the target holds another ledger, or one
            of them can't be read or written.
    """
    require_ledger(source)
    with source.database.whole(writing=True) as tables:
        refuse_older_version(tables.version, NEWEST, source.where)
        refuse_unusable(tables.session.get("pass_gate"), NEWEST, source.where)
        _require_rest(tables.session, source, occasion)
        was_there = target.exists()
        if was_there:
            rows = _recognise(tables, source, target)
        else:
            with target.founding() as fresh:
                pour(tables, fresh)
                fresh.session.write("set_meta", key="copied_from", value=source.where)
                occasion.checkpoint("poured")
                rows = compare(tables, fresh)
        occasion.checkpoint("copied")
        tables.session.write("set_meta", key="moved_to", value=target.where)
    setting = f"STORMCTL_LEDGER_URL={without_password(url)}"
    return Move(source=source.where, target=target.where, rows=rows, setting=setting, was_there=was_there)


def require_ledger(store: Store) -> None:
    """Make sure that there is something at a ledger's place; LedgerError if not."""
    if not store.exists():
        raise explain_missing(store.where)


def refuse_runners(runners: tuple[RunnerStatus, ...], where: str) -> None:
    """Make sure that nobody posts from a ledger; LedgerError names the runners that may."""
    if runners:
        names = ", ".join(f"{r.kind} on {r.host} (process {r.pid})" for r in runners)
        message = f"a runner of the ledger {where} is alive: {names}"
        raise LedgerError(message, "Stop it with Ctrl-C, or kill it; it finishes the request in flight.")


def _save(store: Store, copy: SqliteDatabase) -> None:
    with store.database.whole() as source:
        if isinstance(source, SqliteTables):
            copy.save(source)
        else:
            with copy.founding(source.version) as fresh:
                pour(source, fresh, without={SCHEMA_VERSION})
        with copy.whole() as saved:
            compare(source, saved, without={SCHEMA_VERSION})


def _recognise(tables: Tables, source: Store, target: Store) -> int:
    """Return how many rows a copy has that an earlier copying left; LedgerError if it is none."""
    with target.database.whole() as there:
        meta = {row["key"]: row["value"] for row in there.session.rows("all_meta")}
        if meta.get("copied_from") == source.where and is_same(tables, there):
            return compare(tables, there)
    message = f"there is a ledger already: {target.where}"
    raise LedgerError(message, "Name a database, or a file, without one.")


def _require_rest(session: Session, store: Store, occasion: Occasion) -> None:
    if not any(halt.scope == "all" and not halt.exceptions for halt in load_halts(session)):
        message = f"the ledger {store.where} is not halted: something could be published in the meantime"
        raise LedgerError(message, 'Run: stormctl halt --reason "the ledger moves"; then copy again.')
    occasion.refuse_live(session, store)
    if claimed := session.value("claimed_count"):
        deliveries = count(claimed, "delivery is", "deliveries are")
        message = f"{deliveries} claimed in the ledger {store.where}: a runner died"
        hint = "Run: stormctl tick, which settles them under the halt; then copy again."
        raise LedgerError(message, hint)


def _count_storms(session: Session) -> tuple[StormCounts, ...]:
    storms = []
    for storm in session.rows("storms"):
        counts: dict[State, int] = {}
        for row in session.rows("counts", storm_id=storm["id"]):
            state = State(row["state"])
            counts[state] = counts.get(state, 0) + row["value"]
        storms.append(StormCounts(storm["id"], storm["name"], counts))
    return tuple(storms)


def _instant(micros: str | int | None) -> datetime | None:
    return None if micros is None else from_micros(int(micros))
