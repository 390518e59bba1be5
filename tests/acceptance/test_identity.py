"""A ledger that was copied, restored by hand, deleted or lost: no post twice, none missing."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import urllib.request
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import PATIENCE_S, QUICK, read_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.conftest import Campaign

pytestmark = [pytest.mark.slow, pytest.mark.long]

UNREADABLE = {"rules": [{"platform": "x", "operation": "read_timeline", "action": "forbidden"}]}


@pytest.fixture(autouse=True)
def quick(stage: Campaign) -> None:
    """Settle doubts in seconds, and publish a little slower than that."""
    stage.environment |= QUICK
    stage.write_hours(every="2s", lasts=12)


def _ledger(stage: Campaign) -> Path:
    return stage.root / ".stormctl" / "ledger.db"


def _move_to_another_folder(stage: Campaign, name: str = "elsewhere") -> Campaign:
    """Take the campaign to another machine, so to say: its files alone, and nothing is remembered there."""
    remembered = {"STORMCTL_STATE_DIR": str(stage.root.parent / f"{name}-state")}
    other = replace(stage, root=stage.root.parent / name, environment=stage.environment | remembered)
    shutil.copytree(stage.root, other.root, ignore=shutil.ignore_patterns(".stormctl"))
    return other


def _publish_some(stage: Campaign, ending: signal.Signals, count: int = 3) -> None:
    process = stage.start("launch", "--yes", "--plain")
    read_until(process, " delivered ", count)
    process.send_signal(ending)
    process.communicate(timeout=PATIENCE_S)


def _forget_faults(stage: Campaign) -> None:
    address = f"{stage.emulator_url}/_emulator/faults"
    urllib.request.urlopen(urllib.request.Request(address, method="DELETE")).close()  # noqa: S310 - loopback


def _assert_each_once(stage: Campaign) -> None:
    received = stage.received()
    assert sum(received.values()) == len(received) == 12


def test_a_copy_in_mid_storm_publishes_nothing_twice(stage: Campaign) -> None:
    """A copied ledger without the last minutes looks on the accounts for what it doesn't know."""
    stage.run("launch", "--yes", "--detach")
    copy = _move_to_another_folder(stage)
    _ledger(copy).parent.mkdir()
    shutil.copy(_ledger(stage), _ledger(copy))
    _publish_some(stage, signal.SIGKILL)

    refused = copy.run("launch", "--yes", "--plain", expect=10)
    accepted = copy.accept_ledger()
    copy.run("launch", "--yes", "--plain")

    assert "was not made on this machine" in refused.stderr
    assert "is a copy of one that was at work elsewhere" in accepted.stderr
    _assert_each_once(stage)


def test_a_backup_over_a_killed_runners_ledger_is_refused_until_it_is_restored(
    stage: Campaign, tmp_path: Path
) -> None:
    """SQLite would read the dead runner's log into the backup: half of each, and nobody would know."""
    stage.write_hours(every="5s", lasts=30)  # the runner must not be through when it is killed
    process = stage.start("launch", "--yes", "--plain")
    read_until(process, " delivered ", 2)
    stage.run("ledger", "backup", str(tmp_path / "backup.db"))
    read_until(process, " delivered ", 2)
    with closing(sqlite3.connect(_ledger(stage))) as connection:
        connection.execute("PRAGMA wal_checkpoint(RESTART)")  # as SQLite does by itself in a longer storm
    read_until(process, " delivered ", 2)
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    shutil.copyfile(tmp_path / "backup.db", _ledger(stage))

    refused = [stage.run(*command, expect=10) for command in (["status"], ["tick"], ["launch", "--yes"])]
    stage.run("ledger", "restore", str(tmp_path / "backup.db"), "--yes")
    stage.run("launch", "--yes", "--plain")

    for ended in refused:
        assert "was replaced, and ledger.db-wal belongs to the one before it" in ended.stderr
        assert "stormctl ledger restore FILE" in ended.stderr
    _assert_each_once(stage)


def test_what_stands_on_an_account_that_cannot_be_read_is_in_doubt(stage: Campaign) -> None:
    """A new ledger takes the storm over: nothing is published twice while X can't be read, and then all."""
    _publish_some(stage, signal.SIGKILL, count=4)
    other = _move_to_another_folder(stage)
    stage.ask("/_emulator/faults", UNREADABLE)

    told = other.run("launch", "--yes", "--plain", "--adopt", expect=8)
    received = stage.received()
    status = other.run("status", expect=None).stdout
    _forget_faults(stage)
    other.run("launch", "--yes", "--plain")

    assert "x:acme can't be read for posts that are already there" in told.stderr
    assert "Unknown to this ledger, from" in status
    assert sum(received.values()) == len(received)
    _assert_each_once(stage)
