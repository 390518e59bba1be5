"""Open the ledger and hand out its rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.errors import LedgerError
from stormctl.ledger.addresses import without_password
from stormctl.ledger.alerts import Alerts
from stormctl.ledger.budgets import Budgets
from stormctl.ledger.channels import Channels
from stormctl.ledger.desk import Desk
from stormctl.ledger.doubts import Doubts
from stormctl.ledger.follow_ups import FollowUps
from stormctl.ledger.gaps import Gaps
from stormctl.ledger.halts import Halts
from stormctl.ledger.history import History
from stormctl.ledger.media import MediaStore
from stormctl.ledger.metrics import Metrics
from stormctl.ledger.outbox import Outbox
from stormctl.ledger.runners import Runners
from stormctl.ledger.sqlite import SqliteDatabase
from stormctl.ledger.stores import FileStore, find_store
from stormctl.ledger.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from pathlib import Path

    from stormctl.ledger.engines import Database, Session


class Ledger:
    """The durable truth about every storm: what was, is and will be published.

    Attributes:
        where: for people: engine and place, without a password.
        path: the file; None for a server.
    """

    def __init__(
        self,
        database: Database,
        *,
        where: str,
        path: Path | None,
        locks: Path,
        home: tuple[Path, str] | None = None,
    ) -> None:
        self.where = where
        self.path = path
        self._database = database
        self.outbox = Outbox(database)
        self.desk = Desk(database)
        self.doubts = Doubts(database)
        self.follow_ups = FollowUps(database)
        self.gaps = Gaps(database)
        self.channels = Channels(database)
        self.budgets = Budgets(database)
        self.witness = Witness(
            database,
            locks,
            where=where,
            inode=None if path is None else lambda: path.stat().st_ino,
            read_filed=database.read_filed if isinstance(database, SqliteDatabase) else None,
        )
        self.runners = Runners(database, locks, self.witness, home=home)
        self.halts = Halts(database, self.runners)
        self.alerts = Alerts(database, self.runners)
        self.media = MediaStore(database)
        self.metrics = Metrics(database)
        self.history = History(database, self.runners, where)

    def bind_hosts(self, hosts: Mapping[str, str]) -> None:
        """Bind the ledger to the hosts of its first enrolment: practice is never taken for the day.

        Args:
            hosts: platform to host, such as `x` to `api.x.com`.

        Raises:
            LedgerError: if a platform is bound to another host already; then nothing is bound.
        """
        with self._database.transaction() as session:
            bound = _check_hosts(session, hosts, self.where)
            for platform in sorted(set(hosts) - set(bound)):
                session.write("bind_host", platform=platform, host=hosts[platform])

    def check_hosts(self, hosts: Mapping[str, str]) -> None:
        """Make sure that no platform is bound to another host than this one; LedgerError names both."""
        with self._database.reading() as session:
            _check_hosts(session, hosts, self.where)

    def bound_hosts(self) -> dict[str, str]:
        """Return the hosts that the ledger is bound to, by platform."""
        with self._database.reading() as session:
            return {row["platform"]: row["host"] for row in session.rows("bound_hosts")}

    def clock_offset(self) -> timedelta:
        """Return how far the ledger's clock is ahead of this machine's: what its runners agree on.

        It is zero for a file, and as long as the two may be the same.
        """
        return self._database.clock_offset()

    def close(self) -> None:
        """Close every connection and let go of the locks of runners that were registered here."""
        self._database.close()
        self.runners.close()


def _check_hosts(session: Session, hosts: Mapping[str, str], where: str) -> dict[str, str]:
    """Return the hosts that are bound; LedgerError if one of `hosts` is not the one that is."""
    bound = {row["platform"]: row["host"] for row in session.rows("bound_hosts")}
    for platform, host in sorted(hosts.items()):
        if bound.get(platform, host) != host:
            message = (
                f"the ledger {where} belongs to {bound[platform]}, but {platform} would be posted to {host}"
            )
            raise LedgerError(message, "Use another ledger for it: set STORMCTL_LEDGER_URL.")
    return bound


def open_ledger(url: str, *, root: Path, create: bool = False, is_known: bool = False) -> Ledger:
    """Open a ledger of this version; nothing is ever overwritten, and an older one is left as it is.

    Args:
        url: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db` or
            `postgresql://user:password@host/database`.
        root: the campaign folder, to which a relative path belongs.
        create: whether a missing ledger is created: a file with its folder, readable for its owner only, or
            the tables in a database that must exist.
        is_known: whether its runners say in the campaign folder where it is.

    Raises:
        LedgerError: if it is missing and not to be created, not a ledger, of another version, or cannot be
            read and written.
    """
    store = find_store(url, root)
    path = None
    if isinstance(store, FileStore):
        path = store.path
        if not store.exists() and not create:
            message = f"there is no ledger at {path}"
            hint = "`stormctl launch` creates it; STORMCTL_LEDGER_URL says where it lies."
            raise LedgerError(message, hint)
        if create:
            store.database.create_file()
    database = store.database
    database.prepare(create=create)
    return Ledger(
        database,
        where=store.where,
        path=path,
        locks=store.locks,
        home=(root, without_password(url) if path is None else f"sqlite:///{path.absolute()}")
        if is_known
        else None,
    )


def find_ledger(url: str, *, root: Path) -> tuple[str, bool]:
    """Return where a ledger is, for people, and whether it exists; nothing is changed.

    Raises:
        LedgerError: if the address names no ledger, or its server can't be asked.
    """
    store = find_store(url, root)
    return store.where, store.exists()
