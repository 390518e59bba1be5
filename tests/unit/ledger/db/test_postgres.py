"""A ledger on a server: what is created, what is refused, what happens when the server goes away."""

from __future__ import annotations

import logging
import socket
import threading
import traceback
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest

from stormctl.domain.base.clock import Moment
from stormctl.domain.delivery.delivery import SendForbidden
from stormctl.errors import ExitCode, LedgerError, LedgerUnreachableError
from stormctl.ledger.db import connections
from stormctl.ledger.db import postgres as engine
from stormctl.ledger.db.migrator import load_migrations
from stormctl.ledger.db.postgres import PostgresDatabase
from stormctl.ledger.db.sessions import UniqueViolation
from stormctl.ledger.db.stores import find_store
from stormctl.ledger.ledger import open_ledger
from stormctl.ledger.place.addresses import parse_address
from tests.factories import bind_hosts_of
from tests.postgres import LOCKED_PASSWORD, LOCKED_USER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stormctl.ledger.db.sessions import Row
    from stormctl.ledger.ledger import Ledger
    from tests.postgres import Server

NOON = datetime(2026, 12, 18, 12, tzinfo=UTC)
NOW = Moment(NOON, NOON)
CUT = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'stormctl'"


@pytest.fixture
def schema(postgres: Server) -> Iterator[str]:
    """An empty schema."""
    with postgres.schema() as name:
        yield name


@pytest.fixture
def url(postgres: Server, schema: str) -> str:
    """The address of an empty schema."""
    return postgres.url_of(schema)


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    """A new ledger."""
    opened = open_ledger(url, root=tmp_path, create=True)
    yield opened
    opened.close()


@pytest.fixture
def database(ledger: Ledger, url: str) -> Iterator[PostgresDatabase]:
    """The database of a ledger, without its rooms."""
    del ledger
    opened = PostgresDatabase(parse_address(url))
    yield opened
    opened.close()


def cut(postgres: Server) -> None:
    """Have the server close every connection of ours, and wait until it has."""
    postgres.execute(CUT)


class TestOpening:
    """Only what is a ledger is opened, and only an empty place becomes one."""

    def test_missing_is_created_only_if_asked(self, url: str, tmp_path: Path) -> None:
        """Elsewhere a database without our tables stops with an explanation, and stays as it is."""
        with pytest.raises(LedgerError, match="there is no ledger in the database postgres") as caught:
            open_ledger(url, root=tmp_path)
        store = find_store(url, tmp_path)
        before = store.exists()

        with closing(open_ledger(url, root=tmp_path, create=True)) as ledger:
            where, path = ledger.where, ledger.path

        assert "`stormctl launch` creates it" in caught.value.hint
        assert where.startswith("postgresql: postgres on ")
        assert path is None
        assert (store.where, before, store.exists()) == (where, False, True)

    def test_second_opening_finds_what_the_first_wrote(
        self, ledger: Ledger, url: str, tmp_path: Path
    ) -> None:
        """Creating twice is opening."""
        bind_hosts_of(ledger, {"x": "api.x.com"})

        with closing(open_ledger(url, root=tmp_path, create=True)) as again:
            assert again.bound_hosts() == {"x": "api.x.com"}

    def test_several_at_once_create_one(self, url: str, tmp_path: Path) -> None:
        """Launches on several machines at the same moment wait for each other."""
        opened: list[Ledger] = []
        threads = [
            threading.Thread(target=lambda: opened.append(open_ledger(url, root=tmp_path, create=True)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        for ledger in opened:
            ledger.close()
        assert len(opened) == 4

    def test_tables_of_others_may_stand_beside_ours(
        self, postgres: Server, schema: str, url: str, tmp_path: Path
    ) -> None:
        """A schema needn't be ours alone."""
        postgres.execute("CREATE TABLE songs (title TEXT)", schema)

        open_ledger(url, root=tmp_path, create=True).close()

        assert postgres.execute("SELECT count(*) FROM songs", schema) == [(0,)]

    def test_tables_of_others_that_have_our_names_stop_it(
        self, postgres: Server, schema: str, url: str, tmp_path: Path
    ) -> None:
        """Another program's tables are never taken for ours, and nothing is added to them."""
        postgres.execute("CREATE TABLE channels (id TEXT)", schema)

        with pytest.raises(LedgerError, match=r"not a stormctl ledger, but has tables .*: channels"):
            open_ledger(url, root=tmp_path, create=True)

        assert postgres.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()", schema
        ) == [("channels",)]

    def test_newer_version_is_refused_by_both_numbers(
        self, postgres: Server, schema: str, ledger: Ledger, url: str, tmp_path: Path
    ) -> None:
        """An old stormctl never writes into what a newer one has changed."""
        del ledger
        postgres.execute("UPDATE meta SET value = '99'", schema)

        with pytest.raises(LedgerError, match=rf"of version 99.*up to {len(load_migrations('postgresql'))}"):
            open_ledger(url, root=tmp_path)

    def test_older_version_is_brought_to_this_one(
        self, postgres: Server, schema: str, url: str, tmp_path: Path
    ) -> None:
        """It is refused until it is migrated, which gives the triggers, too."""
        for statement in load_migrations("postgresql")[0].statements:
            postgres.execute(statement, schema)
        postgres.execute("INSERT INTO meta VALUES ('schema_version', '1')", schema)

        with pytest.raises(LedgerError, match="of version 1; this stormctl works with"):
            open_ledger(url, root=tmp_path)
        database = PostgresDatabase(parse_address(url))
        database.migrate(create=False)
        database.close()

        version = str(len(load_migrations("postgresql")))
        assert postgres.execute("SELECT value FROM meta", schema) == [(version,)]
        assert postgres.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'attempts_sent_once'") >= [
            (1,)
        ]

    def test_text_sorts_by_code_point(self, postgres: Server, schema: str, ledger: Ledger) -> None:
        """As in SQLite, whatever the locale of the database."""
        del ledger

        assert postgres.execute(
            "SELECT DISTINCT collation_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND data_type = 'text'",
            schema,
        ) == [("C",)]

    def test_old_server_is_refused(self, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was never tried is not begun."""
        monkeypatch.setattr(connections, "OLDEST_SERVER", 99_00_00)

        with pytest.raises(LedgerError, match="older than PostgreSQL"):
            open_ledger(url, root=tmp_path, create=True)

    @pytest.mark.parametrize("word", ["latin1", "sql_ascii"])
    def test_database_of_another_encoding_is_refused(
        self, postgres: Server, tmp_path: Path, word: str
    ) -> None:
        """Half the posts could not be stored there; that is said before the day."""
        postgres.execute(f"CREATE DATABASE odd_{word} ENCODING '{word}' LOCALE 'C' TEMPLATE template0")

        with pytest.raises(LedgerError, match="is encoded in") as caught:
            open_ledger(postgres.uri.replace("/postgres?", f"/odd_{word}?"), root=tmp_path, create=True)

        postgres.execute(f"DROP DATABASE odd_{word}")
        assert "--encoding=UTF8" in caught.value.hint


class TestSecrets:
    """What keeps us out is told without the password."""

    @pytest.mark.parametrize(
        ("database", "words"),
        [("postgres", "password authentication failed"), ("nowhere", "password authentication failed")],
    )
    def test_wrong_password(
        self, postgres: Server, tmp_path: Path, database: str, words: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """No message, log, repr or traceback repeats it."""
        caplog.set_level(logging.DEBUG)
        secret = LOCKED_PASSWORD[::-1]
        place = postgres.uri.partition("@/")[2].replace("postgres?", f"{database}?")
        url = f"postgresql://{LOCKED_USER}:{quote(secret, safe='')}@/{place}"

        with pytest.raises(LedgerError, match=words) as caught:
            open_ledger(url, root=tmp_path, create=True)

        told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
        assert secret not in told + caught.value.hint
        assert caught.value.exit_code == ExitCode.MAINTENANCE
        assert f"as {LOCKED_USER}" in caught.value.message

    def test_right_password_without_the_right_to_create(self, postgres: Server, tmp_path: Path) -> None:
        """The server's no is told with what to do; an encoded password arrives as it is."""
        place = postgres.uri.partition("@/")[2]
        url = f"postgresql://{LOCKED_USER}:{quote(LOCKED_PASSWORD, safe='')}@/{place}"

        with pytest.raises(LedgerError, match="permission denied") as caught:
            open_ledger(url, root=tmp_path, create=True)

        assert "must be allowed to create tables" in caught.value.hint

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("postgresql://ana:geheim@127.0.0.1:1/storm", r"storm on 127.0.0.1:1 as ana does not answer"),
            ("postgresql://ana:geheim@127.0.0.1:1/storm?nonsense=1", "nonsense"),
            ("postgresql://ana:geheim@127.0.0.1:1/storm?sslmode=sometimes", "sslmode"),
        ],
    )
    def test_address_that_leads_nowhere(self, tmp_path: Path, url: str, words: str) -> None:
        """It stops in one line with the address but for the password."""
        for use in (open_ledger, lambda url, root: find_store(url, root).exists()):
            with pytest.raises(LedgerError, match=words) as caught:
                use(url, root=tmp_path)

            assert "geheim" not in "".join(traceback.format_exception(caught.value)) + caught.value.hint
            assert (caught.value.exit_code, "\n" in caught.value.message) == (ExitCode.MAINTENANCE, False)

    def test_missing_database(self, postgres: Server, tmp_path: Path) -> None:
        """The database is for people to create."""
        with pytest.raises(LedgerError, match=r"nowhere.*does not exist"):
            open_ledger(postgres.uri.replace("/postgres?", "/nowhere?"), root=tmp_path, create=True)


class TestTrouble:
    """A server that goes away, hangs or says no: an expected error, and nothing half written."""

    def test_idle_connection_that_was_cut_is_replaced(self, postgres: Server, ledger: Ledger) -> None:
        """A server that was started anew between two transactions is not even noticed."""
        bind_hosts_of(ledger, {"x": "api.x.com"})

        cut(postgres)

        assert ledger.bound_hosts() == {"x": "api.x.com"}

    def test_connection_lost_in_a_transaction_undoes_it(
        self, postgres: Server, database: PostgresDatabase
    ) -> None:
        """The next one connects anew and finds nothing of it."""

        def write_twice() -> None:
            with database.transaction() as session:
                session.write("bind_host", place="x", host="api.x.com")
                cut(postgres)
                session.write("bind_host", place="facebook", host="graph.facebook.com")

        with pytest.raises(LedgerUnreachableError, match="does not answer") as caught:
            write_twice()

        with database.reading() as session:
            assert session.rows("bound_hosts") == []
        assert caught.value.exit_code == ExitCode.TRY_AGAIN

    def test_connection_lost_at_commit_leaves_the_outcome_open(
        self, postgres: Server, database: PostgresDatabase
    ) -> None:
        """That is said, and what it means."""

        def write() -> None:
            with database.transaction() as session:
                session.write("bind_host", place="x", host="api.x.com")
                cut(postgres)

        with pytest.raises(LedgerUnreachableError, match="was lost while it was written") as caught:
            write()

        assert "It is not known whether the last change was written" in caught.value.hint

    def test_server_that_hangs_is_given_up(
        self, postgres: Server, database: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where no answer comes the connection is closed; the next transaction takes another one."""
        monkeypatch.setattr(connections.Connection, "patience_s", 0.2)
        with (
            pytest.raises(LedgerUnreachableError, match="does not answer"),
            database.reading() as session,
        ):
            session._connection.execute("SELECT pg_sleep(20)")
        monkeypatch.undo()
        cut(postgres)

        with database.reading() as session:
            assert session.rows("bound_hosts") == []

    def test_server_that_hangs_at_the_beginning_is_given_up(
        self, database: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is not asked a second time on another connection: that one would hang as well."""
        with database.reading() as session:
            session.rows("bound_hosts")
        monkeypatch.setattr(connections.Connection, "patience_s", 0.2)
        monkeypatch.setattr(engine, "READ", f"SELECT pg_sleep(20); {connections.READ}")

        with pytest.raises(LedgerUnreachableError, match="does not answer"), database.reading():
            pass

        assert len(database._connections._idle) == 0

    def test_server_that_hangs_is_waited_for_once(
        self, database: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever comes right after somebody has waited in vain does not wait; later it is tried anew."""
        asked: list[object] = []

        def hang(begin: object) -> None:
            asked.append(begin)
            message = "connection timeout expired"
            raise psycopg.OperationalError(message)

        def try_both() -> int:
            for enter in (database.transaction, database.reading):
                with pytest.raises(LedgerUnreachableError, match="timeout expired"), enter():
                    pass
            return len(asked)

        monkeypatch.setattr(database._connections, "_begin", hang)
        monkeypatch.setattr(connections, "SILENCE_REST_S", 3600)
        after_short_waits = try_both()
        monkeypatch.setattr(connections, "SILENCE_S", 0)
        after_a_long_one = [try_both(), try_both()]
        monkeypatch.setattr(connections, "SILENCE_REST_S", 0)

        assert (after_short_waits, after_a_long_one, try_both()) == (2, [3, 3], 5)

    def test_error_of_ours_on_a_lost_connection_is_not_hidden(
        self, postgres: Server, database: PostgresDatabase
    ) -> None:
        """What the caller raises comes through; the server has undone the transaction."""

        def write_and_refuse() -> None:
            with database.transaction() as session:
                session.write("bind_host", place="x", host="api.x.com")
                cut(postgres)
                reason = "halted"
                raise SendForbidden(reason)

        with pytest.raises(SendForbidden):
            write_and_refuse()

        with database.reading() as session:
            assert session.rows("bound_hosts") == []

    def test_gate_that_another_process_holds(
        self, postgres: Server, schema: str, database: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """After the time-out it is told; reading goes on all the while."""
        monkeypatch.setattr(engine, "WRITE", f"SET lock_timeout = '100ms'; {connections.WRITE}")
        with psycopg.connect(postgres.url_of(schema)) as other:
            other.execute("SELECT value FROM meta FOR UPDATE")

            with pytest.raises(LedgerUnreachableError, match="lock timeout"), database.transaction():
                pass
            with database.reading() as session:
                rows = session.rows("bound_hosts")

        assert rows == []

    def test_suspended_runner_does_not_keep_the_gate(
        self, database: PostgresDatabase, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The server ends the transaction of a process that went to sleep in it; another one goes on."""
        short = connections.WRITE.replace(f"{connections.IDLE_TIMEOUT_S}s", "200ms")
        monkeypatch.setattr(engine, "WRITE", short)
        other = PostgresDatabase(parse_address(url))
        rows: list[list[Row]] = []

        def fall_asleep() -> None:
            with database.transaction() as asleep:
                asleep.write("bind_host", place="x", host="api.x.com")
                with closing(other), other.transaction() as session:
                    rows.append(session.rows("bound_hosts"))
                asleep.write("bind_host", place="facebook", host="graph.facebook.com")

        with pytest.raises(LedgerUnreachableError):
            fall_asleep()

        assert rows == [[]]

    def test_server_that_only_reads(
        self, database: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A standby can't be the ledger."""
        monkeypatch.setattr(engine, "WRITE", connections.WRITE.replace("READ WRITE", "READ ONLY"))

        with pytest.raises(LedgerError, match="read-only transaction") as caught, database.transaction():
            pass

        assert "not its standby" in caught.value.hint

    def test_unique_violation_undoes_the_transaction(self, database: PostgresDatabase) -> None:
        """It is an answer that callers handle, and the connection serves on."""

        def write_twice() -> None:
            with database.transaction() as session:
                session.write("bind_host", place="x", host="a")
                session.write("bind_host", place="x", host="b")

        with pytest.raises(UniqueViolation, match="hosts_pkey"):
            write_twice()

        with database.transaction() as session:
            assert session.rows("bound_hosts") == []
        assert len(database._connections._idle) == 1

    def test_closing_in_a_transaction_closes_after_it(
        self, ledger: Ledger, database: PostgresDatabase
    ) -> None:
        """A connection in use is not torn away; it goes when its transaction ends."""
        with database.transaction() as session:
            database.close()
            session.write("bind_host", place="x", host="api.x.com")

        assert ledger.bound_hosts() == {"x": "api.x.com"}
        assert len(database._connections._idle) == 0

    def test_nul_in_a_text_is_replaced(self, database: PostgresDatabase) -> None:
        """What a platform answers may hold one, and its answer must be written down all the same."""
        with database.transaction() as session:
            session.write("bind_host", place="x", host="a\0b")

        with database.reading() as session:
            assert session.rows("bound_hosts") == [{"place": "x", "host": "a\N{REPLACEMENT CHARACTER}b"}]


class TestClock:
    """Runners on several machines agree on the time: the server's."""

    def test_machine_whose_clock_is_wrong(self, ledger: Ledger, url: str) -> None:
        """An hour fast here is an hour of offset back, known from the first connection on."""
        del ledger
        fast = PostgresDatabase(
            parse_address(url), wall=lambda: connections.read_wall_clock() + timedelta(hours=1)
        )

        with closing(fast), fast.reading():
            offset = fast.clock_offset()

        assert abs(offset + timedelta(hours=1)) < timedelta(minutes=1)

    def test_same_clock_has_no_offset(self, ledger: Ledger) -> None:
        """On the server's own machine the clocks are one."""
        ledger.bound_hosts()

        assert ledger.clock_offset() == timedelta()


def test_server_that_accepts_and_says_nothing(tmp_path: Path) -> None:
    """The connection is given up after its time-out."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"postgresql://ana:geheim@127.0.0.1:{listener.getsockname()[1]}/storm?connect_timeout=2"

        with pytest.raises(LedgerError, match="timeout expired"):
            open_ledger(url, root=tmp_path)
