"""Where a ledger lies, on each engine: what opens it, and what changes it behind its back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import psycopg

from stormctl.ledger.ledger import Ledger, open_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import Server

REFUSALS = (sqlite3.IntegrityError, psycopg.IntegrityError)
"""What a statement raises that the schema forbids."""


class Place(Protocol):
    """Where a ledger of an engine lies, or is to lie."""

    @property
    def root(self) -> Path:
        """The campaign's folder."""
        ...

    @property
    def url(self) -> str:
        """The ledger's address."""
        ...

    @property
    def locks(self) -> Path:
        """The folder of its runners' locks."""
        ...

    def open(self) -> Ledger:
        """Open the ledger, one more time."""
        ...

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Do something behind the ledger's back; return its rows."""
        ...


@dataclass(frozen=True)
class File:
    """A place for SQLite."""

    root: Path

    @property
    def url(self) -> str:
        """A file in the campaign's folder."""
        return "sqlite:///ledger.db"

    @property
    def locks(self) -> Path:
        """Beside the file."""
        return self.root / "runners"

    def open(self) -> Ledger:
        """Open the file."""
        return open_ledger(self.url, root=self.root, create=True)

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Change or read the file."""
        with closing(sqlite3.connect(self.root / "ledger.db", isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            return connection.execute(statement).fetchall()


@dataclass(frozen=True)
class Schema:
    """A place for PostgreSQL."""

    server: Server
    name: str
    root: Path

    @property
    def url(self) -> str:
        """The schema on the server."""
        return self.server.url_of(self.name)

    @property
    def locks(self) -> Path:
        """In the campaign's folder."""
        return self.root / ".stormctl" / "runners"

    def open(self) -> Ledger:
        """Connect to the schema."""
        return open_ledger(self.url, root=self.root, create=True)

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Change or read the schema."""
        return self.server.execute(statement, self.name)
