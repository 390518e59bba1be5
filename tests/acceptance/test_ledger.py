"""The ledger is backed up, restored, migrated and copied while a storm lives: nothing twice, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import QUICK, read_until

if TYPE_CHECKING:
    from tests.acceptance.conftest import Campaign
    from tests.postgres import Server

pytestmark = [pytest.mark.slow, pytest.mark.long]


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
