"""The ledger is backed up, restored, migrated and copied while a storm lives: nothing twice, nothing lost."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import PATIENCE_S, make_old_ledger, read_until

if TYPE_CHECKING:
    from tests.acceptance.conftest import Campaign
    from tests.postgres import Server

pytestmark = [pytest.mark.slow, pytest.mark.long]

QUICK = {
    "STORMCTL_REQUEST_LIMIT": "1s",
    "STORMCTL_LEASE": "2s",
    "STORMCTL_SETTLING": "1s",
    "STORMCTL_HEARTBEAT": "1s",
}


def kill_at(campaign: Campaign, point: str, *arguments: str) -> None:
    """Run an upkeep that kills itself at a point."""
    died = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.caring", point, *arguments],
        cwd=campaign.root,
        env=os.environ | campaign.environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
        timeout=50,
    )
    assert died.returncode == -signal.SIGKILL


def execute(path: Path, *statements: str) -> None:
    """Change a ledger's file behind its back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_what_went_out_after_the_backup_is_not_sent_again(stage: Campaign) -> None:
    """Backed up in mid-storm, run on, restored, launched again: the accounts tell what the backup can't."""
    stage.environment |= QUICK
    stage.write_hours(every="8s", lasts=48)  # long enough for a busy machine
    process = stage.start("launch", "--yes", "--plain")
    read_until(process, " delivered ", 2)

    backup = stage.run("ledger", "backup", "noon.db")
    live = stage.run("ledger", "restore", "noon.db", "--yes", expect=10)
    process.communicate(timeout=2 * PATIENCE_S)
    sent_before = sum(stage.received().values())
    restored = stage.run("ledger", "restore", "noon.db", "--yes")
    stage.run("launch", "--yes", "--plain")

    counts = json.loads(stage.run("ledger", "--json").stdout)["storms"][0]["counts"]
    assert "knows nothing of what is published after" in backup.stdout
    assert "is alive: launch on" in live.stderr
    assert "in doubt: due since" in restored.stdout
    assert "12 delivered" not in backup.stdout
    assert sent_before == 12
    assert sum(stage.received().values()) == len(stage.received()) == 12
    assert counts == {"delivered": 12}


@pytest.mark.parametrize("point", ["prepared", "set aside"])
def test_a_restore_that_is_killed_leaves_a_whole_ledger(stage: Campaign, point: str) -> None:
    """The old one is still there, and the same restore succeeds; then the storm is delivered once."""
    stage.environment |= QUICK
    stage.run("launch", "--yes", "--detach")
    stage.run("ledger", "backup", "early.db")

    kill_at(stage, point, "restore", "early.db")
    stage.run("status", expect=None)
    stage.run("ledger", "restore", "early.db", "--yes")
    stage.run("launch", "--yes", "--plain")

    assert sum(stage.received().values()) == len(stage.received()) == 12


def test_a_storm_moves_to_a_server_in_its_midst(stage: Campaign, postgres: Server) -> None:
    """Halt, copy, killed on the way or not, go on there: each post once; the old ledger says where it is."""
    stage.environment |= QUICK
    stage.write_hours(every="5s", lasts=30)
    process = stage.start("launch", "--yes", "--plain")
    read_until(process, " delivered ", 3)
    stage.run("halt", "--reason", "the ledger moves")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=50)

    with postgres.schema() as schema:
        url = postgres.url_of(schema)
        kill_at(stage, "poured", "copy", url)
        kill_at(stage, "copied", "copy", url)
        copied = stage.run("ledger", "copy", url)
        again = stage.run("ledger", "copy", url, expect=10)
        refused = stage.run("launch", "--yes", "--plain", expect=10)
        stage.environment["STORMCTL_LEDGER_URL"] = url
        stage.run("resume", "--yes")
        stage.run("launch", "--yes", "--plain")
        home = stage.run("ledger", "backup", "home.db")

    assert "had been copied before" in copied.stdout
    assert "STORMCTL_LEDGER_URL=postgresql://" in copied.stdout
    assert "was copied to postgresql:" in again.stderr
    assert "was copied to postgresql:" in refused.stderr
    assert "12 delivered" in home.stdout
    assert sum(stage.received().values()) == len(stage.received()) == 12


def test_an_upgrade_in_mid_storm(stage: Campaign) -> None:
    """A ledger of the version before: nothing works until it is migrated, and a kill leaves it as it was."""
    make_old_ledger(stage.root / ".stormctl" / "ledger.db", version=2)

    refused = stage.run("launch", "--yes", "--plain", expect=10)
    seen = stage.run("ledger")
    for point in ("backed up", "migrating"):
        kill_at(stage, point, "migrate")
        stage.run("status", expect=10)
    done = stage.run("ledger", "migrate")
    stage.run("launch", "--yes", "--plain")

    assert "stormctl ledger migrate" in refused.stderr
    assert "OF AN OLDER VERSION" in seen.stdout
    assert "backed up to" in done.stdout
    assert sum(stage.received().values()) == len(stage.received()) == 12


def test_ctrl_c_in_a_backup_leaves_nothing_half(stage: Campaign) -> None:
    """The file is there whole or not at all, and the ledger goes on."""
    stage.run("launch", "--yes", "--detach")

    kill_at(stage, "saved", "backup", "b.db")
    stage.run("ledger", "backup", "b.db")
    stage.run("launch", "--yes", "--plain")

    assert (stage.root / "b.db").stat().st_size > 0
    assert sum(stage.received().values()) == 12
