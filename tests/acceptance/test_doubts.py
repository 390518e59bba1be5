"""Platforms that are late or answer what is not so: each post stands there once, or is said to fail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import Campaign

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(400)]


def test_nothing_stands_twice_on_platforms_that_are_forty_seconds_late(stage: Campaign) -> None:
    """X accepts 40 s after the runner hung up, the Page's list lags 40 s: each post stands there once."""
    stage.ask("/_emulator/faults", {"platform": "x", "action": "late_accept", "seconds": 40.0, "nth": [1, 3]})
    stage.ask("/_emulator/faults", {"platform": "facebook", "action": "drop_after", "nth": [1, 3]})
    stage.ask(
        "/_emulator/faults",
        {"platform": "facebook", "operation": "read_timeline", "action": "lag", "seconds": 40.0},
    )

    stage.run("launch", "--yes", "--plain", patience_s=300)

    assert sorted(stage.received().values()) == [1] * 12
    assert '"copies": []' in stage.run("status", "--json").stdout


def test_answers_that_are_not_so_are_read_back(stage: Campaign) -> None:
    """The receipts of other posts, and duplicates at a first attempt: some of them stand, and some do not."""
    lies = [
        ("wrong_receipt", False),
        ("wrong_receipt", True),
        ("duplicate_first", False),
        ("duplicate_first", True),
    ]
    for number, (action, stands) in enumerate(lies):
        stage.ask("/_emulator/faults", {"action": action, "stands": stands, "nth": [number + 2]})
    stage.environment |= {"STORMCTL_REQUEST_LIMIT": "1s", "STORMCTL_LEASE": "3s", "STORMCTL_SETTLING": "1s"}

    stage.run("launch", "--yes", "--plain", expect=7)

    (storm,) = json.loads(stage.run("status", "--json", expect=7).stdout)["storms"]
    assert (storm["counts"]["delivered"], storm["counts"]["failed"]) == (10, 2)
    assert {view["why"] for view in storm["troubled"]} == {"refused as a duplicate; it is not on the account"}
    assert sorted(stage.received().values()) == [1] * 10
