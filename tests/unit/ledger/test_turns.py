"""Turns at writing: one at a time, and one commit for all who had theirs in a row."""

from __future__ import annotations

import signal
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.errors import LedgerError, LedgerGoneError
from stormctl.ledger.turns import LONGEST_ROW, Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE_S = 10.0
CHILD = "CREATE TABLE child (word TEXT REFERENCES words (word) DEFERRABLE INITIALLY DEFERRED)"


@dataclass
class File:
    """A database file, turns at writing to it, and every statement that they ran."""

    path: Path
    statements: list[str] = field(default_factory=list)
    trouble: Exception | None = None
    gone: Exception | None = None

    def __post_init__(self) -> None:
        with self.lend() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE words (word TEXT UNIQUE)")
        self.turns = Turns(self.lend, self.begin, self.check)

    @contextmanager
    def lend(self) -> Iterator[sqlite3.Connection]:
        """Lend a new connection."""
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.set_trace_callback(self.statements.append)
        try:
            yield connection
        finally:
            connection.close()

    def begin(self, connection: sqlite3.Connection) -> None:
        """Begin a transaction, unless there is trouble."""
        if self.trouble is not None:
            raise self.trouble
        connection.execute("BEGIN IMMEDIATE")

    def check(self) -> None:
        """Look whether it is still there."""
        if self.gone is not None:
            raise self.gone

    def words(self) -> set[str]:
        """Return what is committed."""
        with self.lend() as connection:
            return {word for (word,) in connection.execute("SELECT word FROM words")}

    def write(self, word: str) -> None:
        """Write a word in a turn."""
        with self.turns.take() as connection:
            connection.execute("INSERT INTO words VALUES (?)", (word,))

    def row(self, *works: Callable[[], object]) -> list[threading.Thread]:
        """Start threads that wait for their turns, one behind the other, while ours goes on."""
        pause = threading.Event()
        threads = []
        for count, work in enumerate(works, start=1):
            thread = threading.Thread(target=work)
            thread.start()
            while len(self.turns._queue) < count:
                pause.wait(0.001)
            threads.append(thread)
        return threads


@pytest.fixture
def file(tmp_path: Path) -> File:
    """A database with two empty tables."""
    return File(tmp_path / "words.db")


def join(threads: list[threading.Thread]) -> None:
    """Wait for threads that must come to an end."""
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_work_is_committed_when_its_turn_returns(file: File) -> None:
    """Another connection sees it at once."""
    file.write("one")

    assert file.words() == {"one"}


def test_a_row_of_turns_is_committed_at_once(file: File) -> None:
    """Whoever waits writes into the transaction that is open, and the last one commits for all."""
    with file.turns.take() as connection:
        threads = file.row(lambda: file.write("two"), lambda: file.write("three"))
        connection.execute("INSERT INTO words VALUES ('one')")
    join(threads)

    assert file.words() == {"one", "two", "three"}
    assert file.statements.count("COMMIT") == 1


def test_nobody_returns_before_the_commit(file: File) -> None:
    """The first of a row waits for the last."""
    seen: list[set[str]] = []

    def write(word: str) -> None:
        file.write(word)
        seen.append(file.words())

    with file.turns.take():
        threads = file.row(lambda: write("one"), lambda: write("two"))
    join(threads)

    assert seen == [{"one", "two"}] * 2


def test_a_row_has_an_end(file: File) -> None:
    """However many wait, the first ones learn after so many turns that their work is safe."""
    with file.turns.take():
        threads = file.row(*(lambda n=n: file.write(str(n)) for n in range(LONGEST_ROW)))
    join(threads)

    assert len(file.words()) == LONGEST_ROW
    assert file.statements.count("COMMIT") == 2


@pytest.mark.parametrize("failing", ["first", "second"])
def test_what_fails_is_undone_alone(file: File, failing: str) -> None:
    """The others of its row are committed."""
    errors: list[Exception] = []

    def fail() -> None:
        try:
            with file.turns.take() as connection:
                connection.execute("INSERT INTO words VALUES ('bad')")
                connection.execute("INSERT INTO words VALUES ('bad')")
        except sqlite3.IntegrityError as error:
            errors.append(error)

    works = [fail, lambda: file.write("good")]
    with file.turns.take():
        threads = file.row(*works if failing == "first" else reversed(works), lambda: file.write("last"))
    join(threads)

    assert file.words() == {"good", "last"}
    assert len(errors) == 1


def test_a_commit_that_fails_is_told_to_all(file: File) -> None:
    """Nobody takes lost work for done, and the next turn begins anew."""
    errors: list[Exception] = []

    def write(statement: str) -> None:
        try:
            with file.turns.take() as connection:
                connection.execute(statement)
        except sqlite3.IntegrityError as error:
            errors.append(error)

    with pytest.raises(sqlite3.IntegrityError), file.turns.take():
        threads = file.row(
            lambda: write("INSERT INTO words VALUES ('lost')"),
            lambda: write("DELETE FROM words"),
            broken(file),
        )
    join(threads)
    file.write("next")

    assert file.words() == {"next"}
    assert len(errors) == 2


def broken(file: File) -> Callable[[], None]:
    """Return work that lets the commit fail."""

    def break_promise() -> None:
        with file.turns.take() as connection:
            connection.execute(CHILD)
            connection.execute("INSERT INTO child VALUES ('nobody')")

    def write() -> None:
        with pytest.raises(sqlite3.IntegrityError):
            break_promise()

    return write


def test_what_undoes_the_whole_transaction_is_told_to_all(file: File) -> None:
    """A full disk makes SQLite roll back by itself: the work of those before is lost as well."""
    errors: list[Exception] = []

    def write() -> None:
        try:
            file.write("lost")
        except sqlite3.OperationalError as error:
            errors.append(error)

    def lose_all() -> None:
        with file.turns.take() as connection:
            connection.execute("ROLLBACK")
            raise sqlite3.OperationalError("disk is full")

    def fill_disk() -> None:
        with pytest.raises(sqlite3.OperationalError):
            lose_all()

    with pytest.raises(sqlite3.OperationalError, match="disk is full"), file.turns.take():
        threads = file.row(write, fill_disk, lambda: file.write("next"))
    join(threads)

    assert file.words() == {"next"}
    assert [str(error) for error in errors] == ["disk is full"]


def test_a_transaction_that_cannot_begin_stops_nobody_else(file: File) -> None:
    """Its error is its own, and the turn goes on."""
    file.trouble = sqlite3.OperationalError("locked")

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        file.write("never")
    file.trouble = None
    file.write("next")

    assert file.words() == {"next"}


def test_whoever_stops_waiting_is_passed_over(file: File) -> None:
    """Ctrl-C while waiting for a turn neither keeps it nor loses the work of others."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, interrupt)
    holds, go = threading.Event(), threading.Event()

    def hold() -> None:
        with file.turns.take() as connection:
            holds.set()
            connection.execute("INSERT INTO words VALUES ('one')")
            go.wait(PATIENCE_S)

    def strike() -> None:
        signal.pthread_kill(main, signal.SIGUSR1)

    main = threading.get_ident()
    holder = threading.Thread(target=hold)
    holder.start()
    holds.wait(PATIENCE_S)
    striker = threading.Timer(0.05, strike)
    striker.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            file.write("two")
    finally:
        signal.signal(signal.SIGUSR1, before)
    go.set()
    join([holder, striker])
    file.write("three")

    assert file.words() == {"one", "three"}


def test_a_file_that_is_gone_is_told_to_all(file: File) -> None:
    """What was committed to it is lost for everyone of the row."""
    errors: list[Exception] = []

    def write() -> None:
        try:
            file.write("lost")
        except LedgerGoneError as error:
            errors.append(error)

    file.gone = LedgerGoneError("it was replaced")
    with pytest.raises(LedgerGoneError, match="it was replaced"), file.turns.take():
        threads = file.row(write)
    join(threads)

    assert [str(error) for error in errors] == ["it was replaced"]


@dataclass
class Rebel:
    """A connection that runs one statement, and then is interrupted before it says so; or instead of it."""

    connection: sqlite3.Connection
    statement: str
    instead: bool

    def execute(self, statement: str) -> sqlite3.Cursor:
        """Run a statement."""
        if statement != self.statement:
            return self.connection.execute(statement)
        self.statement = ""
        if not self.instead:
            self.connection.execute(statement)
        raise KeyboardInterrupt

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self.connection.in_transaction


def rebel(file: File, statement: str, *, instead: bool) -> None:
    """Let a statement of the open transaction be interrupted."""
    batch = file.turns._batch
    assert batch is not None
    connection: Any = Rebel(batch.connection, statement, instead)
    batch.connection = connection


def hold(file: File, *works: Callable[[], object]) -> list[threading.Thread]:
    """Have works take their turns in one row, behind one that fails and is undone alone."""

    def fail() -> None:
        with file.turns.take():
            threads.extend(file.row(*works))
            raise LookupError

    threads: list[threading.Thread] = []
    with pytest.raises(LookupError):
        fail()
    return threads


@pytest.mark.parametrize("instead", [True, False], ids=["before", "after"])
def test_whoever_is_interrupted_while_it_commits_loses_nothing_unnoticed(
    file: File, *, instead: bool
) -> None:
    """Before the commit everyone is told that nothing was written; behind it everyone's work is safe."""
    errors: list[Exception] = []

    def write() -> None:
        try:
            file.write("first")
        except LedgerError as error:
            errors.append(error)

    def be_interrupted() -> None:
        with pytest.raises(KeyboardInterrupt), file.turns.take():
            rebel(file, "COMMIT", instead=instead)

    join(hold(file, write, be_interrupted))
    file.write("next")

    assert file.words() == ({"next"} if instead else {"first", "next"})
    assert len(errors) == int(instead)


def test_a_turn_that_cannot_be_undone_alone_is_undone_with_all(file: File) -> None:
    """Half a turn must never be committed with the work of others."""
    errors: list[Exception] = []

    def write() -> None:
        try:
            file.write("first")
        except LedgerError as error:
            errors.append(error)

    def write_half() -> None:
        with file.turns.take() as connection:
            connection.execute("INSERT INTO words VALUES ('half')")
            rebel(file, "ROLLBACK TO turn", instead=True)
            raise KeyboardInterrupt

    def fail() -> None:
        with pytest.raises(KeyboardInterrupt):
            write_half()

    join(hold(file, write, fail))
    file.write("next")

    assert file.words() == {"next"}
    assert len(errors) == 1
