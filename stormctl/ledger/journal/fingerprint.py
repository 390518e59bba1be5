"""Find out that a ledger is a copy, or older than what this machine has seen of it."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.ledger.db.sqlite import SqliteDatabase
from stormctl.ledger.journal.gaps import note_gap
from stormctl.ledger.place.memory import LedgerFingerprint
from stormctl.ledger.place.presence import FILED

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from stormctl.domain.base.clock import Moment
    from stormctl.ledger.db.sessions import Database, Session
    from stormctl.ledger.place.memory import Memory

_log = logging.getLogger(__name__)

_COPY = "this ledger is a copy of one that was at work elsewhere"
_OLDER = "this ledger is older than what was seen of it here: it was restored from a copy"
_ONE_LIFE = "Make sure that no one still runs the original"


class FingerprintCheck:
    """What this machine has seen of a ledger, and keeps in its memory.

    The pulse in the ledger and the one in the witness grow together: with every sign of a runner's life,
    and in the ledger with every moment of sending, too. A ledger whose pulse is lower than the witness's, or
    than what this process has seen at the gate, has lost what came in between. A ledger's file that no
    witness here has seen, or that lies elsewhere on the disk, is a copy. A false alarm costs readings of the
    accounts, no more.

    Args:
        path: the ledger's file; None for a server, where another machine may join without a witness.
    """

    def __init__(self, database: Database, memory: Memory, where: str, path: Path | None) -> None:
        self._database = database
        self._memory = memory
        self._where = where
        self._path = path
        # what the file alone says of itself; see `presence`
        self._read_filed = database.read_filed if isinstance(database, SqliteDatabase) else None
        self._filed: str | None = None
        self._seen: LedgerFingerprint | None = None
        self._alarms: list[str] = []
        self._is_writable = True

    def renew(self, moment: Moment) -> None:
        """Compare the ledger with what was seen of it, note a gap if it lost something, and see it again."""
        with self._database.transaction(renewing=True) as session:
            fingerprint = self.take_fingerprint(session, moment)
        self.keep(fingerprint)

    def must_renew(self) -> bool:
        """Whether the ledger became an older one under this process: nothing is written before `renew`."""
        return self._database.seen.is_rewound

    def accept(self, moment: Moment) -> None:
        """Take the ledger for the true one, as a person has; what it may lack as a copy is noted.

        Raises:
            LedgerError: that can't be remembered.
        """
        with self._database.transaction(renewing=True) as session:
            fingerprint = self.take_fingerprint(session, moment)
        self._memory.remember(fingerprint)
        self.keep(fingerprint)

    def take_fingerprint(self, session: Session, moment: Moment) -> LedgerFingerprint:
        """Do the part of `renew` that belongs in a transaction; `keep` takes the rest after its commit."""
        before = session.get("identity")
        pulse = before["pulse"] or 0
        why = self._find_doubt(before["ledger_id"], pulse)
        session.is_news = why is not None
        if why is not None:
            since = _find_since(session, before["pulse_at"], moment)
            count = note_gap(session, since, moment, why)
            self._alarms.append(_alarm(self._where, why, since, count))
        return self._raise_pulse(session, moment)

    def keep(self, fingerprint: LedgerFingerprint) -> None:
        """Write down what was seen, whole at every instant; without a place to write it, only warn."""
        self._seen = fingerprint
        if self._read_filed is not None:  # outside of every transaction: the next sign takes it along
            self._filed = self._read_filed().get("pulse", self._filed)
        try:
            self._memory.keep(fingerprint)
        except OSError as error:
            if self._is_writable:
                folder, why = self._memory.folder, error.strerror
                _log.warning("a copy of the ledger may not be recognised, since %s: %s", folder, why)
            self._is_writable = False
        else:
            self._is_writable = True

    def take_alarms(self) -> list[str]:
        """Return what people must be told of this ledger, each line once."""
        alarms, self._alarms = self._alarms, []
        return alarms

    def _find_doubt(self, ledger_id: str | None, pulse: int) -> str | None:
        """Find out why the ledger may lack something; None if it is what was seen last."""
        if self._database.seen.is_rewound:
            return _OLDER
        if ledger_id is None or not pulse:
            return None
        if self._seen is not None and self._seen.ledger_id == ledger_id:
            return _OLDER if self._seen.pulse > pulse else None
        seen = self._memory.load(ledger_id)
        if seen is not None and seen.pulse > pulse:
            return _OLDER
        if self._path is not None and (seen is None or seen.inode != self._path.stat().st_ino):
            return _COPY
        return None

    def _raise_pulse(self, session: Session, moment: Moment) -> LedgerFingerprint:
        """Raise the pulse above everything that was seen, on a ledger that has a name from then on."""
        before = session.get("identity")
        ledger_id = before["ledger_id"] or (self._seen.ledger_id if self._seen else uuid.uuid4().hex)
        seen = self._memory.load(ledger_id)
        known = (seen.pulse if seen else 0, self._seen.pulse if self._seen else 0, self._database.seen.pulse)
        session.pulse = pulse = max(before["pulse"] or 0, *known) + 1
        values = {"ledger_id": ledger_id, "pulse": pulse, "pulse_at": to_micros(moment.at)}
        if self._filed is not None:
            values[FILED] = self._filed
        for key, value in values.items():
            session.write("set_meta", key=key, value=str(value))
        return LedgerFingerprint(ledger_id, pulse, None if self._path is None else self._path.stat().st_ino)


def _find_since(session: Session, pulse_at: int | None, moment: Moment) -> datetime:
    """Return since when a ledger may lack something: all its slots, if it is from before its first runner."""
    if pulse_at is not None:
        return min(from_micros(pulse_at), moment.at)
    rows = session.rows("doubtful_since", now=to_micros(moment.at))
    return min([moment.at, *(from_micros(row["slot_at"]) for row in rows)])


def _alarm(where: str, why: str, since: datetime, count: int) -> str:
    lacking = f"What was published since {since:%Y-%m-%d %H:%M} UTC may be unknown here"
    return f"{where}: {why}. {_ONE_LIFE}. {lacking}: {count} in doubt until the accounts have been read"
