"""PostgreSQL addresses: what libpq gets, and what people see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.errors import LedgerError
from stormctl.ledger.ledger import open_ledger
from stormctl.ledger.place.addresses import parse_address, without_password

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("url", "shown", "parameters"),
    [
        (
            "postgresql://ana:geheim@db.example.org:5433/storm",
            "storm on db.example.org:5433 as ana",
            {
                "user": "ana",
                "password": "geheim",
                "host": "db.example.org",
                "port": "5433",
                "dbname": "storm",
            },
        ),
        ("postgres:///storm", "storm", {"dbname": "storm"}),
        (
            "postgresql://ana:g%40%2Fh@[::1]:5433/storm",
            "storm on ::1:5433 as ana",
            {"user": "ana", "password": "g@/h", "host": "::1", "port": "5433", "dbname": "storm"},
        ),
        ("postgresql://[::1]/storm", "storm on ::1", {"host": "::1", "dbname": "storm"}),
        (
            "postgresql://a:5001,b/storm?sslmode=require",
            "storm on a:5001, b",
            {"host": "a,b", "port": "5001,", "dbname": "storm", "sslmode": "require"},
        ),
        (
            "postgresql:///?dbname=storm&host=/run/pg&password=geheim",
            "storm on /run/pg",
            {"dbname": "storm", "host": "/run/pg", "password": "geheim"},
        ),
        (
            "postgresql://ana:ge@heim@h/storm",
            "storm on h as ana",
            {"user": "ana", "password": "ge@heim", "host": "h", "dbname": "storm"},
        ),
    ],
)
def test_parts_of_an_address(url: str, shown: str, parameters: dict[str, str]) -> None:
    """Every part goes to libpq by its name; what is shown holds no password, and neither does the repr."""
    address = parse_address(url)

    assert (address.shown, address.parameters) == (shown, parameters)
    assert "geheim" not in repr(address)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://ana:geheim@db.example.org", "names no database"),
        ("postgresql://ana:ge/heim@db.example.org/storm", "a port is not a number"),
        ("postgresql://ana:1/heim@db.example.org/storm", "has to be encoded"),
        ("postgresql://ana:1#heim@db.example.org/storm", "has to be encoded"),
        ("postgresql://ana:geheim@h/storm#heim", "has to be encoded"),
        ("postgresql://ana:geheim@[h/storm", "can't be read"),
        ("postgresql://h/storm?dbname=host%3Dh%20password%3Dgeheim", "the database's name is not valid"),
        ("postgresql://h/storm?dbname=postgresql://ana:geheim@h/storm", "the database's name is not valid"),
        ("postgresql://h/storm?port=geheim", "a port is not a number"),
    ],
)
def test_what_cannot_be_read_is_not_repeated(url: str, words: str) -> None:
    """A password whose characters are not encoded is no reason to print a part of it."""
    with pytest.raises(LedgerError, match=words) as caught:
        parse_address(url)

    assert "heim" not in caught.value.message + caught.value.hint
    assert "%40 for @" in caught.value.hint


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ana:geheim@db.example.org/storm", "postgresql://ana@db.example.org/storm"),
        (
            "postgres://ana:geheim@h1:5432,h2/storm?sslmode=require",
            "postgres://ana@h1:5432,h2/storm?sslmode=require",
        ),
        (
            "postgresql:///storm?host=/run&p%61ssword=geheim&sslpassword=geheim&scram_client_key=geheim",
            "postgresql:///storm?host=/run",
        ),
        ("sqlite:///.stormctl/ledger.db", "sqlite:///.stormctl/ledger.db"),
    ],
)
def test_what_is_written_down_has_no_password(url: str, shown: str) -> None:
    """Wherever it stood; all else stays, so that the line can be used."""
    assert shown == without_password(url)


def test_what_libpq_quotes_is_blotted_out() -> None:
    """A password in the place of another option's value; hosts and short values are left to be read."""
    address = parse_address("postgresql://ana@db.example.org/storm?sslmode=geheim&connect_timeout=10")

    shown = address.redact('invalid sslmode value: "geheim" for db.example.org after 10 s')

    assert shown == 'invalid sslmode value: "…" for db.example.org after 10 s'


@pytest.mark.parametrize(
    "options", ["sslmode=geheim", "connect_timeout=geheim", "gssencmode=geheim", "channel_binding=geheim"]
)
def test_libpqs_own_words_show_no_password(tmp_path: Path, options: str) -> None:
    """It quotes what it can't use: `doctor` and every error would show a password that stands there."""
    with pytest.raises(LedgerError) as caught:
        open_ledger(f"postgresql://ana@127.0.0.1:1/storm?{options}", root=tmp_path)

    assert "geheim" not in caught.value.message + caught.value.hint
