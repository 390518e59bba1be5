"""Findings as a compiler would print them: place, code, message, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from stormctl.domain.base.amounts import count
from stormctl.render.language import Language
from stormctl.render.words import BAD, GOOD, QUIET, STRONG, WARN, clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from stormctl.domain.base.finding import Finding


def render_findings(findings: Sequence[Finding], language: Language | None = None) -> RenderableType:
    """Show findings in the order given, one line each with its hint beneath, and how many there are.

    The line begins with `path:line:`, which editors and terminals turn into a link to the place.
    """
    return Group(*_render_each(findings, language or Language()), _render_totals(findings))


def _render_each(findings: Sequence[Finding], language: Language) -> Iterator[RenderableType]:
    for finding in findings:
        mark = Text(finding.code, BAD) if finding.is_error else Text(f"{finding.code} (warning)", WARN)
        place = Text(f"{clean(str(finding.place))}: ", STRONG)
        yield Text.assemble(place, mark, ": ", clean(language.say(finding.message)))
        if finding.hint:
            yield Padding(Text(clean(language.say(finding.hint)), QUIET), (0, 0, 0, 4), expand=False)


def _render_totals(findings: Sequence[Finding]) -> Text:
    errors = sum(f.is_error for f in findings)
    warnings = len(findings) - errors
    if not findings:
        return Text("nothing to fix", GOOD)
    words = [
        Text(count(number, noun), style)
        for number, noun, style in ((errors, "error", BAD), (warnings, "warning", WARN))
        if number
    ]
    files = count(len({f.place.path for f in findings}), "file")
    return Text.assemble(Text(", ").join(words), f" in {files}")
