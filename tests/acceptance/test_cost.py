"""What a plan says that a storm costs, what the ledger books, and what the platforms bill."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.domain.plan.cost import READINGS_A_POST, cost_of
from stormctl.engine.base.campaign import load_campaign
from stormctl.engine.launch.rehearsal import rehearse
from stormctl.engine.run.service import Onlooker
from stormctl.files.campaign import SAMPLE, find_schedules
from stormctl.files.samples import copy_sample, find_samples

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SPEED = 100_000
"""Storm seconds a real second, while nothing is due."""


@pytest.mark.parametrize(
    "name",
    [
        name if name == SAMPLE else pytest.param(name, marks=pytest.mark.long)
        for name in sorted(find_samples())
    ],
)
def test_forecast_ledger_and_bill_agree(name: str, tmp_path: Path) -> None:
    """Nothing is billed that was not booked, and nothing booked that the plan had not foreseen.

    The plan may foresee more: readings on days on which none is made, and a lookup by a second runner.
    """
    sample = find_samples()[name]
    root = tmp_path / name
    copy_sample(sample, root)
    for schedule in find_schedules(root):
        campaign = load_campaign(root, schedule)
        _, plan = campaign.get_plan()
        forecast = cost_of(plan, READINGS_A_POST + 1)  # a rehearsal looks once more, a day after its end

        rehearsed = rehearse(
            campaign,
            lambda _preparation: None,
            lambda _line: None,
            Onlooker(lambda _event: None, lambda *_: None),
            speed=SPEED,
            is_watched=False,
            faults="none",
            report_path="report.html",
        )

        booked = rehearsed.spent_usd_micros
        assert rehearsed.tally.is_clean
        assert rehearsed.billed_usd_micros <= booked <= forecast.total_usd_micros
        unproved = forecast.readings_usd_micros + forecast.lookups_usd_micros
        assert forecast.total_usd_micros - booked <= unproved
        assert booked - rehearsed.billed_usd_micros <= booked / 100  # figures read about midnight
        if forecast.total_usd_micros:
            assert rehearsed.billed_usd_micros > forecast.publish_usd_micros + forecast.alt_text_usd_micros
