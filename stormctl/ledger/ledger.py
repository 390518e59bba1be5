"""Open a ledger, create it, bind it to its hosts; hand out its rooms, each made when it is first used."""

from __future__ import annotations

import threading
import uuid
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.errors import StormctlError
from stormctl.ledger.control.channels import check_hosts
from stormctl.ledger.db.stores import FileStore, explain_missing, find_store
from stormctl.ledger.place.addresses import without_password
from stormctl.places import OWN_FOLDER, hide_from_git

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from datetime import timedelta
    from pathlib import Path

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.ledger.control.alerts import Alerts
    from stormctl.ledger.control.budgets import Budgets
    from stormctl.ledger.control.channels import Channels
    from stormctl.ledger.control.halts import Halts
    from stormctl.ledger.control.runners import Runners
    from stormctl.ledger.db.sessions import Database
    from stormctl.ledger.db.sqlite import SqliteDatabase
    from stormctl.ledger.db.stores import Store
    from stormctl.ledger.delivery.doubts import Doubts
    from stormctl.ledger.delivery.enrolment import Enrolment
    from stormctl.ledger.delivery.follow_ups import FollowUps
    from stormctl.ledger.delivery.manual_changes import ManualChanges
    from stormctl.ledger.delivery.outbox import Outbox
    from stormctl.ledger.delivery.sweeping import Sweeping
    from stormctl.ledger.journal.fingerprint import FingerprintCheck
    from stormctl.ledger.journal.gaps import Gaps
    from stormctl.ledger.journal.media import MediaStore
    from stormctl.ledger.journal.metrics import Metrics
    from stormctl.ledger.place.memory import Memory
    from stormctl.ledger.views.backlog import Backlog
    from stormctl.ledger.views.history import History
    from stormctl.ledger.views.overview import Overview
    from stormctl.ledger.views.resuming import Resuming

    FindHosts = Callable[[Iterable[ChannelId]], Mapping[str, str]]

_MAKING = threading.RLock()
"""Held while a room is made, which may need another one."""


class _Room:
    """A room of a ledger: made, and its module loaded, once for all threads, by whoever first uses it."""

    def __init__(self, module: str, needs: Callable[[Any], tuple[Any, ...]]) -> None:
        self._module = module
        self._needs = needs

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, ledger: Any, owner: type | None = None) -> Any:
        if ledger is None:
            return self
        with _MAKING:
            if self._name not in ledger.__dict__:
                make = getattr(import_module(self._module), self._owner.__annotations__[self._name])
                ledger.__dict__[self._name] = make(*self._needs(ledger))
            return ledger.__dict__[self._name]


def _room(module: str, needs: Callable[[Any], tuple[Any, ...]] = lambda _: ()) -> Any:
    """Declare a room, which is of the class that it is annotated with."""
    return _Room(module, lambda self: (self._database, *needs(self)))


class Ledger:
    """The durable truth about every storm: what was, is and will be published.

    Attributes:
        where: for people: engine and place, without a password.
        path: the file; None for a server.
    """

    enrolment: Enrolment = _room("stormctl.ledger.delivery.enrolment", lambda self: (self.where,))
    outbox: Outbox = _room("stormctl.ledger.delivery.outbox")
    sweeping: Sweeping = _room("stormctl.ledger.delivery.sweeping")
    backlog: Backlog = _room("stormctl.ledger.views.backlog")
    manual: ManualChanges = _room("stormctl.ledger.delivery.manual_changes")
    doubts: Doubts = _room("stormctl.ledger.delivery.doubts")
    follow_ups: FollowUps = _room("stormctl.ledger.delivery.follow_ups")
    gaps: Gaps = _room("stormctl.ledger.journal.gaps")
    channels: Channels = _room("stormctl.ledger.control.channels")
    budgets: Budgets = _room("stormctl.ledger.control.budgets")
    fingerprint_check: FingerprintCheck = _room(
        "stormctl.ledger.journal.fingerprint", lambda self: (self._memory, self.where, self.path)
    )
    runners: Runners = _room(
        "stormctl.ledger.control.runners",
        lambda self: (self._locks, self.fingerprint_check, self._home),
    )
    halts: Halts = _room("stormctl.ledger.control.halts", lambda self: (self.runners,))
    alerts: Alerts = _room("stormctl.ledger.control.alerts", lambda self: (self.runners,))
    media: MediaStore = _room("stormctl.ledger.journal.media")
    metrics: Metrics = _room("stormctl.ledger.journal.metrics")
    history: History = _room("stormctl.ledger.views.history")
    overview: Overview = _room("stormctl.ledger.views.overview", lambda self: (self.runners, self.where))
    resuming: Resuming = _room("stormctl.ledger.views.resuming")

    def __init__(
        self,
        database: Database,
        *,
        where: str,
        path: Path | None,
        locks: Path,
        memory: Memory,
        home: tuple[Path, str] | None = None,
    ) -> None:
        self.where = where
        self.path = path
        self._database = database
        self._memory = memory
        self._locks = locks
        self._home = home

    def check_hosts(self, find_hosts: FindHosts, coming: Collection[ChannelId] = ()) -> None:
        """Make sure that no channel would be posted to at another host; LedgerError names both.

        Args:
            find_hosts: tells where channels are, as for `bind_hosts`.
            coming: channels to be looked at besides those that it has.
        """
        with self._database.reading() as session:
            known = [parse_channel_id(row["id"]) for row in session.rows("channel_ids")]
            check_hosts(session, find_hosts([*known, *coming]), self.where)

    def bound_hosts(self) -> dict[str, str]:
        """Return the hosts that the ledger is bound to, by platform, or by channel for its own server."""
        with self._database.reading() as session:
            return {row["place"]: row["host"] for row in session.rows("bound_hosts")}

    def changes(self) -> object:
        """Return what is equal as long as nobody has written anything that a runner asks about.

        It costs no more than a look at one row, so that a runner for which nothing is due asks no more. Signs
        of life of this process leave it as it is; those of others may not.

        Raises:
            LedgerError: if the ledger can't be read, or is not the one that it was.
        """
        return self._database.changes()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let what this thread reads meanwhile be read in one transaction."""
        with self._database.reading() as session, self._database.snapshot.share(session):
            yield

    def clock_offset(self) -> timedelta:
        """Return how far the ledger's clock is ahead of this machine's: what its runners agree on.

        It is zero for a file, and as long as the two may be the same.
        """
        return self._database.clock_offset()

    def get_id(self) -> str:
        """Return the ledger's id, which it is given now if it has none."""
        with self._database.transaction() as session:
            ledger_id: str | None = session.get("identity")["ledger_id"]
            if ledger_id is None:
                ledger_id = uuid.uuid4().hex
                session.write("set_meta", key="ledger_id", value=ledger_id)
        return ledger_id

    def is_known(self) -> bool:
        """Whether its file was made, restored, copied or accepted on this machine; a server's always is."""
        return self.path is None or self._memory.knows(self.get_id(), self.path.stat().st_ino)

    def close(self) -> None:
        """Close every connection and let go of the locks of runners that were registered here."""
        self._database.close()
        if "runners" in self.__dict__:
            self.runners.close()


def open_ledger(
    url: str,
    *,
    root: Path,
    create: bool = False,
    publishing: bool = False,
    is_known: bool = False,
    state: Path | None = None,
) -> Ledger:
    """Open a ledger of this version; nothing is ever overwritten, and an older one is left as it is.

    Args:
        url: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db` or
            `postgresql://user:password@host/database`.
        create: whether a missing ledger is created: a file with its folder, readable for its owner only, or
            the tables in a database that must exist.
        is_known: whether its runners say in the campaign folder where it is.
        publishing: whether it will be enrolled in, or posted from: then a file must be trusted, see `guards`.

    Raises:
        LedgerError: if it is missing and not to be created, not a ledger, of another version, or cannot be
            read and written, or is not to be trusted.
        CredentialsError: it can't be found out whether Git tracks it.
    """
    store = find_store(url, root, state)
    if isinstance(store, FileStore):
        database: Database = _open_file(store, create=create, publishing=publishing)
    else:
        database = store.database
        store.database.prepare(create=create)
        _take_over(store, database, None)
    path = store.path if isinstance(store, FileStore) else None
    address = without_password(url) if path is None else f"sqlite:///{path.absolute()}"
    return Ledger(
        database,
        where=store.where,
        path=path,
        locks=store.locks,
        memory=store.memory,
        home=(root, address) if is_known else None,
    )


def _open_file(store: FileStore, *, create: bool, publishing: bool) -> SqliteDatabase:
    if not store.exists() and not create:
        raise explain_missing(store.path)
    if publishing:
        from stormctl.ledger.db.guards import secure

        secure(store)
    database = store.database
    if create:
        database.create_file()
    if store.path.parent.name == OWN_FOLDER:
        hide_from_git(store.path.parent)
    database.prepare(create=create, name=lambda: store.memory.name(store.path))
    if publishing:
        from stormctl.ledger.db.guards import refuse_distrusted

        refuse_distrusted(store, database)
    else:
        _take_over(store, database, store.path.stat().st_ino)
    return database


def _take_over(store: Store, database: Database, inode: int | None) -> None:
    """Take over what an earlier version knew of a ledger, if possible: nobody is kept from looking."""
    with suppress(StormctlError):
        with database.reading() as session:
            ledger_id = session.get("identity")["ledger_id"]
        if ledger_id is not None:
            store.memory.take_over(ledger_id, store.locks, inode)
