"""Maintain the ledger: what `stormctl ledger` does, with the clock and the places that it needs."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC
from itertools import chain, count
from typing import TYPE_CHECKING

from stormctl.domain.platforms.channel import parse_place
from stormctl.domain.report.maintenance import Introduction, RestorePreview
from stormctl.engine.base.clocks import SystemClock
from stormctl.engine.base.equipment import pass_on
from stormctl.errors import LedgerError
from stormctl.ledger.care import maintenance as upkeep
from stormctl.ledger.care import restoring
from stormctl.ledger.db.guards import secure
from stormctl.ledger.db.stores import FileStore, ServerStore, find_store
from stormctl.ledger.ledger import open_ledger
from stormctl.places import is_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from pathlib import Path

    from stormctl.domain.base.clock import Clock
    from stormctl.domain.platforms.channel import ChannelId, Platform
    from stormctl.domain.report.maintenance import Backup, LedgerFacts, MigratedLedger, Move, Restoration
    from stormctl.engine.base.equipment import Checkpoint
    from stormctl.ledger.db.stores import Store
    from stormctl.ledger.ledger import Ledger

SHOWN = 10
"""So many posts are shown of a ledger from elsewhere."""


class LedgerMaintenance:
    """The use cases of `stormctl ledger`.

    Args:
        timeout: after how long without a heartbeat a runner elsewhere counts as gone (real time).
    """

    def __init__(
        self,
        url: str,
        root: Path,
        timeout: timedelta,
        *,
        clock: Clock | None = None,
        checkpoint: Checkpoint = pass_on,
    ) -> None:
        self._url = url
        self._store = find_store(url, root)
        self._root = root
        self._timeout = timeout
        self._clock = clock
        self._checkpoint = checkpoint

    @property
    def where(self) -> str:
        """The ledger, for people."""
        return self._store.where

    def describe(self) -> LedgerFacts:
        """Return what the ledger holds, whatever its version; LedgerError if there is none."""
        return upkeep.describe(self._store, self._occasion())

    def back_up(self, target: Path | None) -> Backup:
        """Copy the ledger into a new file.

        Args:
            target: the file, in a folder that exists; None makes one in `.stormctl/backups`.

        Raises:
            LedgerError: there is no ledger, or the file can't be written, or exists.
        """
        occasion = self._occasion()
        if target is None:
            target = self._name_backup(self._store, occasion)
        elif not is_folder(target.parent):
            raise LedgerError(f"there is no folder {target.parent}", "Make it first, or choose another one.")
        return upkeep.back_up(self._store, target, occasion)

    def migrate(self) -> MigratedLedger | None:
        """Bring an older ledger to this version, backed up before; None if there is nothing to do.

        Raises:
            LedgerError: there is no ledger, or a runner is alive.
        """
        occasion = self._occasion()
        return upkeep.migrate(self._store, self._name_backup(self._store, occasion), occasion)

    def look_at(self, file: Path, find_host: Callable[[ChannelId | Platform], str]) -> RestorePreview:
        """Look at a backup and at what it would replace.

        Args:
            find_host: knows hosts by the settings: they count where no ledger is there to say better.

        Raises:
            LedgerError: the file is no ledger, newer, the ledger itself or of other hosts, or a runner lives.
        """
        occasion, backup = self._occasion(), _file_store(file)
        upkeep.require_ledger(backup)
        if isinstance(self._store, FileStore) and self._store.exists() and file.samefile(self._store.path):
            raise LedgerError(f"{file} is the ledger itself", "Name a backup of it.")
        facts = upkeep.describe(backup, occasion)
        present = restoring.find_present(self._store, occasion)
        here = present.hosts if present else {}
        here = here or {place: find_host(parse_place(place)) for place in facts.hosts}
        restoring.refuse_other_hosts(facts, here)
        is_damaged = present is None and self._store.exists()
        return RestorePreview(backup=facts, present=present, is_damaged=is_damaged)

    def restore(self, file: Path) -> Restoration:
        """Take a backup for the ledger; call `look_at` before.

        Raises:
            LedgerError: a runner lives, or something can't be read or written.
        """
        occasion = self._occasion()
        return restoring.restore(self._store, _file_store(file), self._name_aside(occasion), occasion)

    def copy(self, url: str) -> Move:
        """Copy the ledger to another place and put this one out of use.

        Raises:
            LedgerError: the ledger isn't halted, a runner lives, or there is a ledger already.
        """
        target = find_store(url, self._root)
        return upkeep.copy(self._store, target, url, self._occasion())

    def introduce(self) -> Introduction | None:
        """Return what a ledger from elsewhere would post, without changing it; None for one of our own.

        Raises:
            LedgerError: there is none, it is of another version, or it may not be posted from at all.
            CredentialsError: it can't be found out whether Git tracks it.
        """
        upkeep.require_ledger(self._store)
        if not isinstance(self._store, FileStore):
            return None
        secure(self._store)
        with closing(self._open()) as ledger:
            if ledger.is_known():
                return None
            views = [view for storm in ledger.history.storms() for view in ledger.history.deliveries(storm)]
            coming = sorted((v for v in views if v.state.is_open), key=lambda v: (v.slot_at, v.key))
            return Introduction(facts=self.describe(), ledger_id=ledger.get_id(), first=tuple(coming[:SHOWN]))

    def accept(self, ledger_id: str) -> list[str]:
        """Post from a ledger from elsewhere from now on; return what people must be told of it.

        Raises:
            LedgerError: it is not the ledger that was shown, or that can't be remembered.
        """
        with closing(self._open()) as ledger:
            if ledger.get_id() != ledger_id:
                raise LedgerError(f"{self.where} is not the ledger that was shown", "Check it again.")
            ledger.fingerprint_check.accept(self._occasion().moment)
            return ledger.fingerprint_check.take_alarms()

    def _open(self) -> Ledger:
        return open_ledger(self._url, root=self._root)

    def _occasion(self) -> upkeep.Occasion:
        """Read the clock: the server's, once it was asked, since it is the one that its runners go by."""
        self._store.exists()
        clock = self._clock or SystemClock(self._store.database.clock_offset)
        return upkeep.Occasion(clock.moment(), self._timeout, self._checkpoint)

    def _name_backup(self, store: Store, occasion: upkeep.Occasion) -> Path:
        if store.exists():
            storms = [storm.storm_id for storm in upkeep.describe(store, occasion).storms]
        else:
            storms = []
        name = "+".join(storms[:3]) or "ledger"
        return _find_free(self._root / ".stormctl" / "backups" / f"{name}-{_stamp(occasion)}.db")

    def _name_aside(self, occasion: upkeep.Occasion) -> Path:
        if isinstance(self._store, ServerStore):
            folder, stem = self._root / ".stormctl" / "backups", "ledger"
        else:
            folder, stem = self._store.path.parent, self._store.path.stem
        return _find_free(folder / f"{stem}-before-restore-{_stamp(occasion)}.db")


def _file_store(file: Path) -> FileStore:
    return FileStore(file, str(file))


def _find_free(path: Path) -> Path:
    """Return a path, or the first like it with a number that nothing has: two may be made in a second."""
    names = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    return next(name for name in chain((path,), names) if not os.path.lexists(name))


def _stamp(occasion: upkeep.Occasion) -> str:
    return f"{occasion.moment.wall_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
