"""Bad input as data: what is wrong with a file, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING

from stormctl.domain.base.phrase import Hint, Phrase
from stormctl.domain.base.private import blot

if TYPE_CHECKING:
    from collections.abc import Collection


class Severity(StrEnum):
    """How much a finding weighs: an error stops a launch, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: a path relative to the campaign folder, with `/`, and line and column if known.

    Lines and columns are counted from 1, columns in code points.
    """

    path: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(step) for step in (self.path, self.line, self.column) if step is not None)

    @property
    def order(self) -> tuple[str, int, int]:
        """What places are sorted by: a whole file comes before its lines."""
        return self.path, self.line or 0, self.column or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A change to a file that mends what was found.

    Attributes:
        place: where the words begin, line and column known.
        old: the words that stand there, which may go over several lines.
        new: what is to stand there.
    """

    place: Place
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong with a file.

    Whoever made the message and its hint: no secret is left in them, and no number or address of a person.

    Attributes:
        code: the rule's short name in kebab case, such as `missing-alt`; stable, for scripts and docs.
        message: one line: what is wrong, with the offending value.
        hint: what to write instead; may be empty.
        edit: a change that mends it, where no person has to decide.
        wanted: what staff would have to trust: the list of `[trust]` and the value, `("links", "un.org")`.
        others: further places of which this tells too.
    """

    severity: Severity
    place: Place
    code: str
    message: Phrase
    hint: Hint = ""
    edit: Edit | None = None
    wanted: tuple[str, str] | None = None
    others: tuple[Place, ...] = ()

    def __post_init__(self) -> None:
        """Redact what no output repeats: a finding goes to screens, logs and pull requests."""
        object.__setattr__(self, "message", _redact(self.message))
        object.__setattr__(self, "hint", self.hint and _redact(self.hint))

    @property
    def is_error(self) -> bool:
        """Whether it stops a launch."""
        return self.severity is Severity.ERROR

    def find_place_in(self, paths: Collection[str]) -> Place | None:
        """Return the first place in some files of which this tells; None if it tells of none."""
        return next((place for place in (self.place, *self.others) if place.path in paths), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencedFinding:
    """A finding that somebody accepted, with their reason and where they wrote it."""

    finding: Finding
    reason: str
    place: Place


def sort_findings(findings: list[Finding]) -> list[Finding]:
    """Order findings by file, line, column and code, without repeats."""
    by_text = sorted(dict.fromkeys(findings), key=attrgetter("severity", "code", "message"))
    return sorted(by_text, key=lambda finding: finding.place.order)


def _redact(text: Phrase) -> Phrase:
    clean = blot(text)
    if clean == text:
        return text
    values = {key: blot(value) if isinstance(value, str) else value for key, value in text.values.items()}
    again = Phrase(text.template, **values)
    return again if blot(again) == again else Phrase("{text}", text=clean)
