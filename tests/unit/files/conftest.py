"""A campaign folder for every test that reads files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.campaigns import CampaignFolder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def campaign(tmp_path: Path) -> CampaignFolder:
    """An empty campaign with the bank `imd`."""
    made = CampaignFolder(tmp_path.resolve(), "imd", "imd-2026")
    made.bank.mkdir(parents=True)
    (made.root / "schedules").mkdir()
    return made
