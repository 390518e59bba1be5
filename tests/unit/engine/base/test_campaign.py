"""A campaign folder is read at once: storm, bank, plan and everything that is wrong with them."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from stormctl.engine.base.campaign import load_campaign
from stormctl.errors import FindingsError, UsageError
from tests.campaigns import make_campaign, write_campaign

if TYPE_CHECKING:
    from pathlib import Path


def test_a_sound_campaign_is_ready_to_be_launched(tmp_path: Path) -> None:
    """Two messages on two channels are four deliveries, and nothing is found."""
    campaign = make_campaign(tmp_path)

    storm, plan = campaign.get_plan()

    assert campaign.findings == ()
    assert storm.id == plan.storm_id == "small"
    assert len(plan.deliveries) == 4


def test_a_schedule_that_cannot_be_built_brings_its_findings_alone(tmp_path: Path) -> None:
    """Without a storm there is no plan; the error counts what must be mended."""
    campaign = load_campaign(tmp_path, write_campaign(tmp_path, head="sede = 7"))

    with pytest.raises(FindingsError, match=r"^1 error must be fixed first$"):
        campaign.get_plan()

    assert (campaign.storm, campaign.bank, campaign.plan) == (None, None, None)
    assert [f.place.path for f in campaign.findings] == ["schedules/small.toml"]


def test_errors_of_the_bank_and_of_the_checks_stop_a_launch(tmp_path: Path) -> None:
    """A file that can't be read and a text that is too long are found in one reading, in order."""
    schedule = write_campaign(tmp_path)
    bank = tmp_path / "messages" / "acme"
    (bank / "a-broken.en.md").write_text("---\nlink: [\n---\nText.\n", encoding="utf-8")
    (bank / "b-long.en.md").write_text("word " * 100, encoding="utf-8")
    campaign = load_campaign(tmp_path, schedule)

    with pytest.raises(FindingsError, match="errors must be fixed first") as caught:
        campaign.get_plan()

    assert caught.value.message.startswith(f"{len(campaign.errors)} ")
    assert [f.place.path.rpartition("/")[2] for f in campaign.errors] == ["a-broken.en.md", "b-long.en.md"]


def test_a_warning_does_not_stop_a_launch(tmp_path: Path) -> None:
    """What is only a warning is shown, and the plan is there."""
    schedule = write_campaign(tmp_path)
    (tmp_path / "messages" / "acme" / "notes.docx").write_text("notes", encoding="utf-8")
    campaign = load_campaign(tmp_path, schedule)

    _, plan = campaign.get_plan()

    assert len(campaign.findings) == 1
    assert (campaign.errors, len(plan.deliveries)) == ((), 4)


def test_the_collector_works_again_after_a_reading(tmp_path: Path) -> None:
    """It rests while a bank is read, also where that ends in an error, and is left as it was."""
    with pytest.raises(UsageError):
        load_campaign(tmp_path, tmp_path / "none.toml")

    assert gc.isenabled()
