"""Findings on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.base.finding import Finding, Place, Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.render.terminal.findings import render_findings

if TYPE_CHECKING:
    from collections.abc import Callable

EXPECTED = """\
1 error to fix before a launch, and 1 warning, in 2 files

messages/imd-2026/dignity.en.md
  3 error   images/boat.png has no alt text  missing-alt
            say in a sentence what the picture shows: alt: “A paper boat held in two hands”

schedules/imd-2026.toml
    warning 2 wordings found no slot  no-slot
"""


def test_each_finding_is_a_line_with_its_place_and_a_hint_beneath(
    show: Callable[..., str], findings: list[Finding]
) -> None:
    """The severity can be read without colour, and the first line says how many there are."""
    shown = show(render_findings(findings))

    assert shown + "\n" == EXPECTED


def test_a_file_cannot_steer_the_terminal(show: Callable[..., str]) -> None:
    """Escape sequences, markup and new lines in a message are shown as text."""
    finding = Finding(
        severity=Severity.ERROR,
        place=Place("messages/b/a.en.md", 7),
        code="too-long",
        message=Phrase("“\x1b[2J[red]a\nb\u202e” is too long"),
    )

    shown = show(render_findings([finding]))

    assert shown.splitlines()[3] == "  7 error “ [2J[red]a b ” is too long  too-long"
