"""What doctor found, counted and judged as a whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.report.diagnosis import Diagnosis, DiagnosisSection, Verdict, fail, ok, warn
from stormctl.errors import ExitCode

if TYPE_CHECKING:
    from stormctl.domain.report.diagnosis import Line

NOON = datetime(2026, 12, 18, 17, tzinfo=UTC)
DEAD = fail("the token is dead", "Renew it.", ExitCode.CREDENTIALS)
DAMAGED = fail("the ledger is damaged", "Restore it.", ExitCode.MAINTENANCE)
SCARCE = warn("little room", "Make some.")
FINE = ok("the clock is right")


def diagnosis(*lines: Line) -> Diagnosis:
    """Make a diagnosis with each line in a section of its own."""
    return Diagnosis(made_at=NOON, sections=tuple(DiagnosisSection(line.text, (line,)) for line in lines))


def test_verdicts_are_counted_over_all_sections() -> None:
    """Each line counts once."""
    made = diagnosis(FINE, SCARCE, SCARCE, DEAD)

    assert [made.count(verdict) for verdict in Verdict] == [1, 2, 1]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((), ExitCode.DONE),
        ((FINE, SCARCE), ExitCode.DONE),
        ((SCARCE, DEAD), ExitCode.CREDENTIALS),
        ((DAMAGED,), ExitCode.MAINTENANCE),
        ((DAMAGED, DEAD), ExitCode.CREDENTIALS),
    ],
)
def test_only_what_is_proved_bad_fails(lines: tuple[Line, ...], code: ExitCode) -> None:
    """Warnings alone are no failure; of several failures the one that needs a person most is told."""
    assert diagnosis(*lines).exit_code is code


def test_troubles_leave_out_what_is_fine_or_was_told() -> None:
    """Sections without anything left are left out too."""
    made = diagnosis(FINE, SCARCE, DEAD)

    assert made.troubles(told={DEAD.text}) == (DiagnosisSection(SCARCE.text, (SCARCE,)),)
