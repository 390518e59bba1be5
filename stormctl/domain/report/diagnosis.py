"""What `doctor` found: lines that are fine, that a person should look at, or that are proved bad."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from stormctl.errors import ExitCode, choose_exit_code

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


class Verdict(StrEnum):
    """How a line is judged: only what is proved bad fails."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at.

    Attributes:
        text: what was found, in a line.
        hint: what to do about it; empty where it is fine.
        exit_code: of a line that fails: what the command ends with.
    """

    verdict: Verdict
    text: str
    hint: str = ""
    exit_code: ExitCode = ExitCode.DONE


@dataclass(frozen=True, slots=True)
class DiagnosisSection:
    """The lines about one thing: a channel, the ledger, this machine."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Everything that was looked at.

    Attributes:
        cost_usd_micros: what the looking itself cost, in millionths of a US dollar.
    """

    made_at: datetime
    sections: tuple[DiagnosisSection, ...]
    cost_usd_micros: int = 0

    def count(self, verdict: Verdict) -> int:
        """Return how many lines are judged so."""
        return sum(line.verdict is verdict for section in self.sections for line in section.lines)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code: warnings alone are no failure."""
        fails = {
            line.exit_code
            for section in self.sections
            for line in section.lines
            if line.verdict is Verdict.FAIL
        }
        return choose_exit_code(fails)

    def troubles(self, told: Collection[str] = ()) -> tuple[DiagnosisSection, ...]:
        """Return the sections with only those lines that are not fine, and that were not told already."""
        left = (
            DiagnosisSection(
                section.name,
                tuple(
                    line for line in section.lines if line.verdict is not Verdict.OK and line.text not in told
                ),
            )
            for section in self.sections
        )
        return tuple(section for section in left if section.lines)


def ok(text: str) -> Line:
    """Make a line about something that is fine."""
    return Line(Verdict.OK, text)


def warn(text: str, hint: str) -> Line:
    """Make a line that a person should look at: not fine, or not to be known."""
    return Line(Verdict.WARN, text, hint)


def fail(text: str, hint: str, exit_code: ExitCode) -> Line:
    """Make a line about something that is proved bad."""
    return Line(Verdict.FAIL, text, hint, exit_code)
