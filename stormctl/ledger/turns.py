"""Turns at writing, and one commit for all who had theirs in a row: only commits wait for the disk."""

from __future__ import annotations

import copy
import threading
from collections import deque
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from stormctl.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

LONGEST_ROW = 16
"""How many may have their turn before the first of them learns that its work is committed."""


class Connection(Protocol):
    """What turns need of a connection to SQLite."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def execute(self, statement: str, /) -> object:
        """Run a statement."""
        ...


C = TypeVar("C", bound=Connection)


class _Batch(Generic[C]):
    """Work of several threads in one transaction of the database: all of it is committed, or none."""

    def __init__(self, lent: ExitStack, connection: C) -> None:
        self.lent = lent
        self.connection = connection
        self.turns = 0
        self.waiting: list[threading.Lock] = []
        self.error: Exception | None = None

    def undo(self, error: BaseException | None) -> None:
        """Undo the work of everyone, if the database has not done so itself; each is told why."""
        told = LedgerError("the ledger was not written: another thread was interrupted while it wrote")
        self.error = error if isinstance(error, Exception) else self.error or told
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def undo_turn(self, error: BaseException) -> None:
        """Undo the turn that failed; a full disk and the like have undone the work of all before it, too."""
        if not self.connection.in_transaction or self.turns == 1:
            self.undo(error)
        else:
            try:
                self.connection.execute("ROLLBACK TO turn")
                self.connection.execute("RELEASE turn")
            except BaseException:
                self.undo(error)
                raise

    def tell(self) -> None:
        """Raise, for one who took part, what kept the batch from being committed."""
        if self.error is not None:
            raise copy.copy(self.error)


class Turns(Generic[C]):
    """Lets one thread write at a time, first come, first served, and commits for several at once.

    Whoever has had its turn while others wait leaves the transaction open for the next, and waits until the
    last of the row has committed: nobody goes on before its work is safe on the disk. What fails is undone
    alone, by its savepoint. Where the database gives up the whole transaction, or the commit fails, everyone
    who took part is told.

    Args:
        lend: lends a connection.
        begin: begins the transaction on it, and leaves none behind if it fails.
        check: called after each commit; what it raises is told to everyone who took part.
    """

    def __init__(
        self,
        lend: Callable[[], AbstractContextManager[C]],
        begin: Callable[[C], None],
        check: Callable[[], None],
    ) -> None:
        self._lend = lend
        self._begin = begin
        self._check = check
        self._lock = threading.Lock()
        self._queue: deque[threading.Lock] = deque()
        self._is_taken = False
        self._batch: _Batch[C] | None = None  # touched only by whose turn it is

    @contextmanager
    def take(self) -> Iterator[C]:
        """Wait for a turn, write, and return once it is committed."""
        self._wait()
        batch = self._batch or self._open()
        batch.turns += 1
        connection, is_first = batch.connection, batch.turns == 1
        mine = threading.Lock()
        mine.acquire()
        try:
            if not is_first:
                connection.execute("SAVEPOINT turn")
            yield connection
            if not is_first:
                connection.execute("RELEASE turn")
            batch.waiting.append(mine)
        except BaseException as error:
            batch.undo_turn(error)
            raise
        finally:
            self._hand_over(batch)
        with mine:
            batch.tell()

    def _wait(self) -> None:
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._queue.append(mine)
        try:
            mine.acquire()
        except BaseException:  # interrupted: the turn may have come all the same
            with self._lock:
                has_come = mine not in self._queue
                if not has_come:
                    self._queue.remove(mine)
            if has_come:
                self._pass_on()
            raise

    def _open(self) -> _Batch[C]:
        with ExitStack() as lent:
            try:
                connection = lent.enter_context(self._lend())
                self._begin(connection)
            except BaseException:
                lent.close()
                self._end_turn()
                raise
            self._batch = _Batch(lent.pop_all(), connection)
        return self._batch

    def _hand_over(self, batch: _Batch[C]) -> None:
        """Let the next one go on with the batch; end it where nobody waits, or the row is long enough."""
        if batch.error is None and batch.turns < LONGEST_ROW:
            with self._lock:
                follower = self._queue.popleft() if self._queue else None
            if follower is not None:
                follower.release()
                return
        self._finish(batch)

    def _pass_on(self) -> None:
        """Give away a turn that came to somebody who wants it no more."""
        if self._batch is not None:
            self._hand_over(self._batch)
        else:
            self._end_turn()

    def _finish(self, batch: _Batch[C]) -> None:
        try:
            if batch.error is None:
                batch.connection.execute("COMMIT")
                self._check()
        except Exception as error:  # noqa: BLE001 - told to everyone who took part, us among them
            batch.undo(error)
        except BaseException:  # interrupted: what is committed already stays so
            if batch.connection.in_transaction:
                batch.undo(None)
            raise
        finally:
            self._batch = None
            try:
                batch.lent.close()
            finally:
                self._end_turn()
                for waiting in batch.waiting:
                    waiting.release()

    def _end_turn(self) -> None:
        with self._lock:
            follower = self._queue.popleft() if self._queue else None
            self._is_taken = follower is not None
        if follower is not None:
            follower.release()
