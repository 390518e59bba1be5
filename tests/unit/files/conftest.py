"""A campaign folder for every test that reads files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.files.campaigns import Campaign

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """An empty campaign with the bank `imd`."""
    return Campaign(tmp_path.resolve())
