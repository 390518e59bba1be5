"""What `check` shows: findings, what was silenced, what could be trusted, what a text is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from stormctl.domain.base.phrase import Phrase
from stormctl.domain.platforms.x import X
from stormctl.render.invisible import escape
from stormctl.render.terminal.findings import render_findings, render_silenced, render_trust
from stormctl.render.words import BAD, GOOD, QUIET, STRONG, clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from stormctl.domain.base.finding import Finding, SilencedFinding
    from stormctl.domain.text.reader import TextReading
    from stormctl.domain.text.spans import TextSpan
    from stormctl.render.language import Language

Asked = tuple[str, "Mapping[str, Sequence[str]]", "Sequence[Finding]"]
"""A schedule's path, its lists of `[trust]`, and what was found with it."""


def render_check(
    findings: Sequence[Finding],
    silenced: Sequence[SilencedFinding],
    asked: Sequence[Asked],
    language: Language,
    *,
    wordings: int,
    is_alone: bool,
    show_all: bool,
) -> RenderableType:
    """Show the verdict, the findings by file, what is silenced, and what staff may paste.

    Args:
        wordings: how many message files were read.
        is_alone: whether there was no schedule to hold them against.
    """
    parts: list[RenderableType] = []
    if findings:
        parts.append(render_findings(findings, language, show_all=show_all))
    else:
        fine = (
            Phrase("Nothing to fix in 1 message file")
            if wordings == 1
            else Phrase("Nothing to fix in {number:,} message files", number=wordings)
        )
        parts.append(Text(language.say(fine), GOOD))
    parts += render_silenced(silenced, language)
    for path, trusted, found in asked:
        parts += render_trust(path, trusted, found, language)
    if is_alone:
        said = Phrase("Without a schedule: the rules about channels, trust and dates were left out.")
        parts.append(Text(f"\n{language.say(said)}", QUIET))
    if findings:
        parts += _render_help(findings, language)
    return Group(*parts)


def _render_help(findings: Sequence[Finding], language: Language) -> Iterator[Text]:
    fixable = sum(finding.edit is not None for finding in findings)
    first = ""
    if fixable:
        said = (
            Phrase("stormctl check --fix mends 1 of these.")
            if fixable == 1
            else Phrase("stormctl check --fix mends {number:,} of these.", number=fixable)
        )
        first = f"{language.say(said)} "
    more = Phrase(
        "stormctl check --explain {code} explains a rule.",
        code=max(findings, key=lambda finding: finding.is_error).code,
    )
    yield Text(f"\n{first}{language.say(more)}", QUIET)


def render_text(reading: TextReading, findings: Sequence[Finding], language: Language) -> RenderableType:
    """Show what a text is made of, as X counts and sees it, and what is wrong with it."""
    length, limit = reading.weighted_length, X.max_length
    fits = length <= limit
    said = (
        Phrase("{length} of {limit} on X", length=length, limit=limit)
        if fits
        else Phrase(
            "{length} of {limit} on X: {excess} too long", length=length, limit=limit, excess=length - limit
        )
    )
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style=STRONG)
    table.add_column(overflow="fold")
    rows: tuple[tuple[Phrase, str, Sequence[TextSpan]], ...] = (
        (Phrase("links"), "", reading.all_links),
        (Phrase("hashtags"), "#", reading.hashtags),
        (Phrase("mentions"), "@", reading.mentions),
    )
    table.add_row(language.say(Phrase("length")), Text(language.say(said), GOOD if fits else BAD))
    for name, sign, spans in rows:
        words = "  ".join(f"{sign}{clean(span.text)}" for span in spans)
        table.add_row(language.say(name), words or Text("–", QUIET))
    if not findings:
        return table
    return Group(table, Text(), render_findings(findings, language))


def render_diff(diff: str) -> RenderableType:
    """Show a unified diff; what can't be seen in it is written out."""
    styles = {"+": GOOD, "-": BAD, "@": QUIET}
    lines = [
        Text(escape(line), STRONG if line[:3] in {"+++", "---"} else styles.get(line[:1], ""))
        for line in diff.splitlines()
    ]
    return Group(*lines)
