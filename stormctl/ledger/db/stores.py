"""Where a ledger lies, or may lie: a file or a server's database, found by its address."""

from __future__ import annotations

import os
import stat
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from stormctl.errors import LedgerError
from stormctl.ledger.db.sqlite import SqliteDatabase
from stormctl.ledger.place.addresses import SCHEMES, parse_address
from stormctl.ledger.place.memory import Memory
from stormctl.places import find_status, hand_over, make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.ledger.db.postgres import PostgresDatabase
    from stormctl.ledger.db.tables import Tables
    from stormctl.ledger.place.addresses import ServerAddress

COMPANIONS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside its file while it is in use."""

_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class FileStore:
    """A place for a ledger in a file.

    Attributes:
        where: for people: engine and place.
    """

    path: Path
    shown: str
    root: Path = field(default_factory=Path.cwd)
    memory: Memory = field(default_factory=Memory)

    @property
    def where(self) -> str:
        """The engine and the place, for people."""
        return f"sqlite: {self.shown}"

    @property
    def locks(self) -> Path:
        """The folder in which its runners hold their locks."""
        return self.path.parent / "runners"

    @property
    def companions(self) -> tuple[Path, ...]:
        """What SQLite keeps beside the file, whether it is there or not."""
        return tuple(self.path.with_name(self.path.name + ending) for ending in COMPANIONS)

    @property
    def database(self) -> SqliteDatabase:
        """A handle on the file."""
        return SqliteDatabase(self.path, self.shown)

    def exists(self) -> bool:
        """Whether there is a file; LedgerError if it is a folder, or if nobody lets us look."""
        try:
            found = find_status(self.path)
        except OSError as error:
            message = f"the ledger {self.path} can't be used: {error.strerror}"
            raise LedgerError(
                message, "The file and its folder must be readable and writable for you."
            ) from None
        if found is not None and stat.S_ISDIR(found.st_mode):
            raise LedgerError(f"the ledger {self.path} is a folder", "STORMCTL_LEDGER_URL must name a file.")
        return found is not None

    @contextmanager
    def founding(self) -> Iterator[Tables]:
        """Make a new ledger that appears whole, as a file, when the block has filled it.

        Raises:
            LedgerError: something is there already, or it can't be written, or can't be remembered.
        """
        refuse_existing(self.path)
        with making_file(self.path) as part:
            fresh = SqliteDatabase(part, self.shown)
            with fresh.founding() as tables:
                yield tables
                tables.session.write("set_meta", key="ledger_id", value=self.memory.name(part))
            fresh.close_log()
            put_new(part, self.path)


@dataclass(frozen=True, slots=True)
class ServerStore:
    """A place for a ledger in a PostgreSQL database.

    Attributes:
        database: the one handle on it, which measures the server's clock.
    """

    address: ServerAddress
    locks: Path
    database: PostgresDatabase
    memory: Memory

    @property
    def where(self) -> str:
        """The engine and the place, for people, without a password."""
        return f"postgresql: {self.address.shown}"

    def exists(self) -> bool:
        """Whether the database holds a ledger; LedgerError if it can't be asked."""
        return self.database.exists()

    @contextmanager
    def founding(self) -> Iterator[Tables]:
        """Make a new ledger that appears whole when the block has filled it; see `FileStore`."""
        with self.database.founding() as tables:
            yield tables


Store = FileStore | ServerStore


def find_store(url: str, root: Path, state: Path | None = None) -> Store:
    """Return the place that an address names; nothing is opened.

    Raises:
        LedgerError: it names no place for a ledger.
    """
    scheme = url.partition(":")[0]
    if scheme in SCHEMES:
        from stormctl.ledger.db.postgres import PostgresDatabase

        address = parse_address(url)
        return ServerStore(address, root / ".stormctl" / "runners", PostgresDatabase(address), Memory(state))
    if not url.startswith(_SQLITE) or url == _SQLITE:
        message = f"STORMCTL_LEDGER_URL does not name a ledger: it starts with “{scheme}:”"
        hint = (
            "Write sqlite:///path, such as sqlite:///.stormctl/ledger.db, or postgresql://user@host/database"
        )
        raise LedgerError(message, hint)
    path = root / url.removeprefix(_SQLITE)
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    return FileStore(path, shown.as_posix(), root, Memory(state))


def explain_missing(place: object) -> LedgerError:
    """Return the error that says that there is no ledger at a place."""
    hint = "`stormctl launch` creates it; STORMCTL_LEDGER_URL says where it is."
    return LedgerError(f"there is no ledger at {place}", hint)


@contextmanager
def making_file(path: Path) -> Iterator[Path]:
    """Make an empty file beside `path`, for its owner only; what is not put in its place is removed again.

    Raises:
        LedgerError: its folder can't be written.
    """
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        make_folder(path.parent)
        make_empty(part)
    except OSError as error:
        message = f"can't write beside {path}: {error.strerror}"
        raise LedgerError(message, "Its folder must be writable for you.") from error
    try:
        yield part
    finally:
        for companion in ("", *COMPANIONS):
            part.with_name(part.name + companion).unlink(missing_ok=True)


def make_empty(path: Path) -> None:
    """Make an empty file for its owner only; OSError if something is there, or it can't be written."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        hand_over(descriptor, path.parent)
    finally:
        os.close(descriptor)


def refuse_existing(path: Path) -> None:
    """Make sure that nothing is overwritten; LedgerError if something is there, or nobody lets us look."""
    try:
        found = find_status(path, follow=False)
    except OSError as error:
        hint = "Its folder must be readable and writable for you."
        raise LedgerError(f"{path} can't be accessed: {error.strerror}", hint) from None
    if found is not None:
        raise LedgerError(f"{path} already exists, and nothing is ever overwritten", "Choose another name.")


def put_new(part: Path, path: Path) -> None:
    """Put a finished file where nothing may be yet; it appears whole or not at all.

    Raises:
        LedgerError: something is there already, or its folder can't be written.
    """
    try:
        make_empty(path)
    except FileExistsError:
        refuse_existing(path)
    except OSError as error:
        message = f"can't write {path}: {error.strerror}"
        raise LedgerError(message, "Its folder must be writable for you.") from error
    try:
        put_over(part, path)
    except BaseException:
        if find_status(part) is not None:  # then what stands in its place is our own empty mark
            path.unlink()
        raise


def put_over(part: Path, path: Path) -> None:
    """Put a finished file in the place of another one, in one step that outlives a power failure.

    Raises:
        LedgerError: its folder can't be written.
    """
    try:
        part.replace(path)
        if os.name == "posix":
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        message = f"can't write {path}: {error.strerror}"
        raise LedgerError(message, "Its folder must be writable for you.") from error
