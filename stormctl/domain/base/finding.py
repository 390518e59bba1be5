"""Bad input as data: what is wrong with a file, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stormctl.domain.base.private import blot


class Severity(StrEnum):
    """How much a finding weighs: an error stops a launch, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file: a path relative to the campaign folder, with `/`, and a line from 1 if known."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong with a file.

    Whoever made the message and its hint: no secret is left in them, and no number or address of a person.

    Attributes:
        code: the rule's short name in kebab case, such as `missing-alt`; stable, for scripts and docs.
        message: one line: what is wrong, with the offending value.
        hint: what to write instead; may be empty.
    """

    severity: Severity
    place: Place
    code: str
    message: str
    hint: str = ""

    def __post_init__(self) -> None:
        """Redact what no output repeats: a finding goes to screens, logs and pull requests."""
        object.__setattr__(self, "message", blot(self.message))
        object.__setattr__(self, "hint", blot(self.hint))

    @property
    def is_error(self) -> bool:
        """Whether it stops a launch."""
        return self.severity is Severity.ERROR


def sort_findings(findings: list[Finding]) -> list[Finding]:
    """Order findings by file, line and code, without repeats."""
    return sorted(
        dict.fromkeys(findings),
        key=lambda f: (f.place.path, f.place.line or 0, f.severity, f.code, f.message),
    )
