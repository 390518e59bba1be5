"""What the rules that files are held to say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stormctl.domain.base.finding import Severity
    from stormctl.domain.base.phrase import Phrase


class SilencedBy(Enum):
    """Who may silence a rule, with a reason."""

    WRITER = "writer"
    """In the message's own file, `silence: {CODE: reason}`, and in the schedule."""
    STAFF = "staff"
    """Only in the schedule, under `[silence.CODE]`."""
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the house.

    Attributes:
        code: its short name in kebab case, stable, for scripts and documents.
        severity: of each of its findings.
        title: what must hold, in one line.
        why: why it must.
        fix: what to do if it does not hold.
        bad: lines of a file that break it.
        good: the same lines as they should be.
        silenced_by: who may silence it.
    """

    code: str
    severity: Severity
    title: Phrase
    why: Phrase
    fix: Phrase
    bad: str = ""
    good: str = ""
    silenced_by: SilencedBy = SilencedBy.NOBODY
