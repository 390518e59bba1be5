"""The processes that post: who they are, whether they live, what they serve."""

from __future__ import annotations

import socket
import uuid
from typing import TYPE_CHECKING

from stormctl import __version__
from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.base.event import EventKind
from stormctl.domain.report.status import RunnerStatus
from stormctl.errors import LedgerError
from stormctl.ledger.journal.rows import dump_channels, load_channels, maybe_instant, note_event
from stormctl.ledger.place.locks import FileLock, is_free
from stormctl.ledger.place.runner_notes import RunnerNote, leave_note
from stormctl.places import find_status, make_folder

if TYPE_CHECKING:
    import builtins
    from collections.abc import Collection
    from datetime import datetime, timedelta
    from pathlib import Path

    from stormctl.domain.base.clock import Moment
    from stormctl.ledger.db.sessions import Database, Row, Session
    from stormctl.ledger.journal.fingerprint import FingerprintCheck


_EVERY_MINUTE = "tick"
"""The kind of runner that cron starts: its starts and stops would bury what else the history holds."""


class Runners:
    """The runners of a ledger.

    Args:
        home: the campaign folder and the ledger's address without its password, which every runner leaves
            there; None where nobody is to find it.
    """

    def __init__(
        self,
        database: Database,
        locks: Path,
        fingerprint_check: FingerprintCheck,
        home: tuple[Path, str] | None = None,
    ) -> None:
        self._home = home
        self._notes: dict[str, FileLock | None] = {}
        self._database = database
        self._folder = locks
        self._fingerprint_check = fingerprint_check
        self._host = socket.gethostname()
        self._held: dict[str, FileLock] = {}
        self._unstopped: list[str] = []

    def register(self, kind: str, host: str, pid: int, moment: Moment) -> str:
        """Enter a new runner and take its lock, which it holds until it stops or dies; return its id.

        A ledger that is a copy, or older than what was seen of it here, gets its gap noted before.

        Raises:
            LedgerError: if the lock file cannot be made.
        """
        runner_id = uuid.uuid4().hex
        self._prune()
        try:
            make_folder(self._folder)
            self._held[runner_id] = FileLock(self._path(runner_id))
        except OSError as error:
            message = f"can't lock {self._path(runner_id)}: {error.strerror}"
            raise LedgerError(message, "Its folder must be writable for you.") from error
        with self._database.transaction(renewing=True) as session:
            fingerprint = self._fingerprint_check.take_fingerprint(session, moment)
            session.write(
                "add_runner",
                id=runner_id,
                kind=kind,
                host=host,
                pid=pid,
                version=__version__,
                wall_now=to_micros(moment.wall_at),
            )
            if kind != _EVERY_MINUTE:
                text = f"{kind} on {host} (process {pid}) started"
                note_event(session, moment, EventKind.STARTED, text)
        self._fingerprint_check.keep(fingerprint)
        if self._home is not None:
            root, address = self._home
            note = RunnerNote(address, str(root.absolute()), kind, host, pid)
            self._notes[runner_id] = leave_note(root, runner_id, note)
        return runner_id

    def beat(self, runner_id: str, moment: Moment, *, channels: Collection[str]) -> None:
        """Write a heartbeat, with the channels that the runner serves."""
        with self._database.transaction(renewing=True) as session:
            fingerprint = self._fingerprint_check.take_fingerprint(session, moment)
            session.write(
                "beat",
                id=runner_id,
                channels=dump_channels(sorted(channels)),
                wall_now=to_micros(moment.wall_at),
            )
        self._fingerprint_check.keep(fingerprint)

    def stop(self, runner_id: str, moment: Moment) -> None:
        """Write down that a runner has stopped, and let go of its lock."""
        with self._database.transaction(renewing=True) as session:
            fingerprint = self._fingerprint_check.take_fingerprint(session, moment)
            session.write("stop_runner", id=runner_id, wall_now=to_micros(moment.wall_at))
            row = session.get("runner_names", id=runner_id)
            if row["kind"] != _EVERY_MINUTE:
                text = f"{row['kind']} on {row['host']} (process {row['pid']}) stopped"
                note_event(session, moment, EventKind.STOPPED, text)
        self._fingerprint_check.keep(fingerprint)
        for lock in (self._held.pop(runner_id, None), self._notes.pop(runner_id, None)):
            if lock is not None:
                lock.release()
        self._path(runner_id).unlink(missing_ok=True)

    def last_seen(self) -> datetime | None:
        """Return the real time of the newest sign of any runner; None if there never was one."""
        with self._database.reading() as session:
            return maybe_instant(session.value("last_seen"))

    def list(self, moment: Moment, *, timeout: timedelta) -> tuple[RunnerStatus, ...]:
        """Return every runner there ever was, newest first; alive if it beat within `timeout` (real time)."""
        with self._database.reading() as session:
            return self.view(session, moment, timeout=timeout)

    def view(self, session: Session, moment: Moment, *, timeout: timedelta) -> tuple[RunnerStatus, ...]:
        """Return what `list` does, within a transaction."""
        return tuple(
            _status_of(row, alive=self._is_alive(row, moment, timeout), version=row["version"])
            for row in session.rows("all_runners")
        )

    def served(self, session: Session, moment: Moment, *, timeout: timedelta) -> set[str]:
        """Return the channels that some live runner serves."""
        return {
            channel
            for row in session.rows("all_runners")
            if self._is_alive(row, moment, timeout)
            for channel in load_channels(row["channels"])
        }

    def find_dead(self, *, is_news: bool = True) -> builtins.list[str]:
        """Return the runners of this machine that ended without stopping: their locks are free.

        Runners of other machines are judged by their leases alone.

        Args:
            is_news: whether others may have come since the last time; without news the ledger is not asked.
        """
        if is_news:
            with self._database.reading() as session:
                rows = session.rows("unstopped_runners", host=self._host)
            self._unstopped = [row["id"] for row in rows if row["id"] not in self._held]
        return [runner_id for runner_id in self._unstopped if is_free(self._path(runner_id))]

    def close(self) -> None:
        """Let go of every lock held here, as the end of the process would."""
        while self._held:
            self._held.popitem()[1].release()
        while self._notes:
            note = self._notes.popitem()[1]
            if note is not None:
                note.release()

    def _is_alive(self, row: Row, moment: Moment, timeout: timedelta) -> bool:
        if row["stopped_wall_at"] is not None or moment.wall_at - from_micros(row["beat_wall_at"]) > timeout:
            return False
        return not (row["host"] == self._host and is_free(self._path(row["id"])))

    def _prune(self) -> None:
        """Remove the lock files of runners that have stopped or were taken over."""
        with self._database.reading() as session:
            for path in self._folder.glob("*.lock"):
                if session.find("stopped_runner", id=path.stem) is not None:
                    path.unlink(missing_ok=True)

    def _path(self, runner_id: str) -> Path:
        return self._folder / f"{runner_id}.lock"


def find_live(
    session: Session, locks: Path, moment: Moment, *, timeout: timedelta
) -> tuple[RunnerStatus, ...]:
    """Return the runners that may post, or wake up and post, in a ledger of any version; not their versions.

    Of this machine those that hold their locks, a suspended one too; of others those that beat within
    `timeout` (real time).
    """
    host, live = socket.gethostname(), []
    for row in session.rows("unstopped"):
        lock, beat_at = locks / f"{row['id']}.lock", from_micros(row["beat_wall_at"])
        here = row["host"] == host and _is_seen(lock)
        if not is_free(lock) if here else moment.wall_at - beat_at <= timeout:
            live.append(_status_of(row, alive=True))
    return tuple(live)


def _status_of(row: Row, *, alive: bool, version: str = "") -> RunnerStatus:
    return RunnerStatus(
        id=row["id"],
        host=row["host"],
        pid=row["pid"],
        kind=row["kind"],
        started_at=from_micros(row["started_wall_at"]),
        beat_at=from_micros(row["beat_wall_at"]),
        alive=alive,
        version=version,
    )


def _is_seen(lock: Path) -> bool:
    """Whether a lock file is there, as far as we may look."""
    try:
        return find_status(lock) is not None
    except OSError:
        return False


def is_any_locked(locks: Path) -> bool:
    """Whether some runner of this machine holds its lock, whatever its ledger says."""
    return any(not is_free(lock) for lock in locks.glob("*.lock"))
