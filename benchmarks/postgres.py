"""A database of its own for a run: on a server that is named, or on one that lives as long as the run."""

from __future__ import annotations

import os
import uuid
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = "STORMCTL_BENCH_POSTGRES_URL"
"""Names a server on which databases may be created; without it one is started."""


@contextmanager
def own_database() -> Iterator[str]:
    """Create an empty database, yield its address, and drop it."""
    named = os.environ.get(SERVER)
    if named:
        with _database_on(named) as url:
            yield url
        return
    from tests.postgres import serving

    with serving() as server, _database_on(server.uri) as url:
        yield url


@contextmanager
def _database_on(server: str) -> Iterator[str]:
    import psycopg

    name = f"stormctl_bench_{uuid.uuid4().hex[:12]}"
    with closing(psycopg.connect(server, autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
