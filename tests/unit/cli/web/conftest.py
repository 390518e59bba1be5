"""A day and its pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web import opened_day, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.web import Day, Served


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    """A storm of two channels."""
    with opened_day(tmp_path) as opened:
        yield opened


@pytest.fixture
def served(day: Day) -> Iterator[Served]:
    """Its pages."""
    with serving(day) as pages:
        yield pages
