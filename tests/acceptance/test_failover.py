"""A ledger becomes what it was some seconds ago, under runners that are at work: nothing goes out twice."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import SCENE_S
from tests.postgres import serving

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from tests.acceptance.conftest import Campaign

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(400)]

POSTS = 32
"""Sixteen messages on two channels, one a second on each."""

COPIED_AT, MORE = 6, 10
"""How many have been posted when the ledger is copied, and how many more when the copy takes its place."""

OLDER = "is older than what was seen of it"


@pytest.fixture
def storm(stage: Campaign) -> Campaign:
    """A storm of sixteen seconds, with short patience; it begins when two runners can be there."""
    stage.write_messages(16)
    stage.write_hours(starts_in=12, lasts=16)
    stage.environment |= {
        "STORMCTL_REQUEST_LIMIT": "1s",
        "STORMCTL_LEASE": "3s",
        "STORMCTL_SETTLING": "1s",
    }
    return stage


@contextmanager
def two_runners(storm: Campaign) -> Iterator[list[subprocess.Popen[str]]]:
    """Have two launches of the storm at work, and none left in the end."""
    storm.run("launch", "--yes", "--detach")
    processes = [storm.start("launch", "--yes", "--plain") for _ in range(2)]
    try:
        while len(json.loads(storm.run("status", "--json", expect=None).stdout)["runners"]) < len(processes):
            pass
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def wait_for(storm: Campaign, count: int) -> None:
    """Wait until so many posts have been made."""
    while sum(storm.received().values()) < count:
        pass


def finish(processes: list[subprocess.Popen[str]], expect: int = 0) -> str:
    """Wait for the end of both runners; return what they said."""
    said = "".join(process.communicate(timeout=SCENE_S)[0] for process in processes)
    assert [process.returncode for process in processes] == [expect] * 2, said
    return said


def assert_each_once(storm: Campaign) -> None:
    """Make sure that every post stands on the accounts once."""
    received = storm.received()
    assert (sum(received.values()), len(received)) == (POSTS, POSTS)


def open_file(storm: Campaign) -> sqlite3.Connection:
    """Open the ledger behind the runners' backs."""
    return sqlite3.connect(storm.root / ".stormctl" / "ledger.db", timeout=SCENE_S)


def test_a_server_that_fails_over_to_a_copy(storm: Campaign, tmp_path: Path) -> None:
    """Two runners post on; what the copy lacks is looked for on the accounts, and not sent again."""
    with serving() as server, server.schema() as schema:
        storm.environment["STORMCTL_LEDGER_URL"] = server.url_of(schema)
        with two_runners(storm) as runners:
            wait_for(storm, COPIED_AT)
            server.copy(tmp_path / "copy")
            wait_for(storm, sum(storm.received().values()) + MORE)  # however long the copy took

            server.crash()
            server.start(tmp_path / "copy")
            said = finish(runners)

        ((doubted,),) = server.execute("SELECT count(*) FROM attempts WHERE runner_id LIKE 'gap-%'", schema)
    assert_each_once(storm)
    assert OLDER in said
    assert doubted >= MORE - 2  # the copy may know of a request on each channel that was under way


def test_a_file_that_is_taken_back(storm: Campaign, tmp_path: Path) -> None:
    """`sqlite3 ledger.db ".restore copy.db"` under two runners is a transaction like any other."""
    with (
        two_runners(storm) as runners,
        closing(open_file(storm)) as ledger,
        closing(sqlite3.connect(tmp_path / "copy.db")) as copy,
    ):
        wait_for(storm, COPIED_AT)
        ledger.backup(copy)
        wait_for(storm, sum(storm.received().values()) + MORE)

        copy.backup(ledger)
        said = finish(runners)

    assert_each_once(storm)
    assert OLDER in said
