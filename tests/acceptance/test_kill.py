"""Runners that are killed and stopped at random in mid-storm deliver every post exactly once."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from benchmarks.kill import DURATIONS, strike
from benchmarks.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import Server

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(300)]

POSTS = 24
BLOWS = 10
LONGEST_STOP_S = 5.0
"""Longer than a lease, of 4 s."""

FAULTS = """\
[[rules]]
action = "drop_after"
nth = [2]

[[rules]]
action = "error_after"
nth = [4]

[[rules]]
action = "drop_before"
nth = [6]

[[rules]]
action = "truncated"
nth = [8]
"""
"""On each channel, but never three in a row, nor any that make it wait: those are for the long run."""


def run(root: Path, ledger_url: str = "") -> None:
    """Run a storm of four channels in twelve seconds, with two runners; check what came of it."""
    faults = root / "faults.toml"
    faults.write_text(FAULTS, encoding="utf-8")
    campaign = root / "campaign"
    campaign.mkdir()
    stage = Stage(campaign, POSTS, str(faults), ledger_url, DURATIONS, channels=4, a_second=2)
    with stage.emulator:
        chance = random.Random(5)  # noqa: S311 - it guards nothing
        result = strike(stage, BLOWS, 2, chance, LONGEST_STOP_S)

    assert result.is_clean, f"{result}\n{stage.log()}"
    assert result.kills + result.stops > BLOWS // 2
    assert result.faults["create_post drop_after"]


def test_a_ledger_in_a_file_survives_kill_and_stop(tmp_path: Path) -> None:
    """Nothing is posted twice, nothing is lost and nothing stays in doubt."""
    run(tmp_path)


def test_a_ledger_on_a_server_survives_kill_and_stop(tmp_path: Path, postgres: Server) -> None:
    """The same with PostgreSQL."""
    with postgres.schema() as schema:
        run(tmp_path, postgres.url_of(schema))
