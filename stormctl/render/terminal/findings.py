"""Findings as a linter shows them: a verdict, then file by file, each with its place and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stormctl.domain.base.phrase import Phrase
from stormctl.render.language import Language
from stormctl.render.words import BAD, GOOD, QUIET, STRONG, WARN, clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from stormctl.domain.base.finding import Finding, SilencedFinding

MOST_PLACES = 3
"""Further places of a finding that are named; the others are counted."""

PASTE_WIDTH = 78
"""Columns of a block that is to be pasted: it must not be broken by a window."""


def render_findings(
    findings: Sequence[Finding], language: Language | None = None, *, show_all: bool = False
) -> RenderableType:
    """Show how many findings there are, then each with its place and hint, by file.

    Args:
        findings: in the order to be shown.
        show_all: whether what is said several times is shown at each place, instead of once with the others
            counted.
    """
    said = language or Language()
    return Group(render_verdict(findings, said), *_render_files(findings, said, show_all=show_all))


def render_verdict(findings: Sequence[Finding], language: Language) -> Text:
    """Say in a line whether anything must be fixed."""
    errors = sum(finding.is_error for finding in findings)
    warnings = len(findings) - errors
    files = len({finding.place.path for finding in findings})
    in_files = Phrase("in 1 file") if files == 1 else Phrase("in {number:,} files", number=files)
    how_many = Phrase("1 error") if errors == 1 else Phrase("{number:,} errors", number=errors)
    others = Phrase("1 warning") if warnings == 1 else Phrase("{number:,} warnings", number=warnings)
    if errors and warnings:
        verdict = Phrase(
            "{errors} to fix before a launch, and {warnings}, {files}",
            errors=how_many,
            warnings=others,
            files=in_files,
        )
    elif errors:
        verdict = Phrase("{errors} to fix before a launch, {files}", errors=how_many, files=in_files)
    elif warnings:
        verdict = Phrase("Nothing stops a launch; {warnings}, {files}", warnings=others, files=in_files)
    else:
        verdict = Phrase("Nothing to fix")
    return Text(language.say(verdict), BAD if errors else WARN if warnings else GOOD)


@dataclass(slots=True)
class _Repeated:
    """A finding, and where else the same is said."""

    finding: Finding
    others: list[Finding]


def _render_files(
    findings: Sequence[Finding], language: Language, *, show_all: bool
) -> Iterator[RenderableType]:
    met: dict[object, _Repeated] = {}
    by_file: dict[str, list[_Repeated]] = {}
    for number, finding in enumerate(findings):
        key = number if show_all else (finding.code, finding.message)
        if key in met:
            met[key].others.append(finding)
        else:
            met[key] = _Repeated(finding, [])
            by_file.setdefault(finding.place.path, []).append(met[key])
    severities = max((len(_severity(finding, language)) for finding in findings), default=0)
    width = max((len(_spot(each.finding)) for found in by_file.values() for each in found), default=0)
    for path, found in by_file.items():
        yield Text(f"\n{clean(path)}", STRONG)
        for each in found:
            yield _render_finding(each, language, width, severities)


def _spot(finding: Finding) -> str:
    return str(finding.place).removeprefix(finding.place.path).removeprefix(":")


def _severity(finding: Finding, language: Language) -> str:
    return language.say(Phrase("error") if finding.is_error else Phrase("warning"))


def _render_finding(repeated: _Repeated, language: Language, width: int, severities: int) -> RenderableType:
    finding = repeated.finding
    words = Text.assemble(
        clean(language.say(finding.message)), "  ", (finding.code, BAD if finding.is_error else WARN)
    )
    if finding.hint:
        words.append(f"\n{clean(language.say(finding.hint))}", QUIET)
    if repeated.others:
        words.append(f"\n{_list_places(repeated.others, language)}", QUIET)
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_column(width=width, justify="right", no_wrap=True)
    row.add_column(width=severities, no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(_spot(finding), STRONG), _severity(finding, language), words)
    return Padding(row, (0, 0, 0, 2), expand=False)


def _list_places(others: Sequence[Finding], language: Language) -> str:
    named = ", ".join(clean(str(other.place)) for other in others[:MOST_PLACES])
    left = len(others) - MOST_PLACES
    if left <= 0:
        return language.say(Phrase("also in {places}", places=named))
    return language.say(
        Phrase("also in {places} and {number:,} more places (--all shows each)", places=named, number=left)
    )


def render_silenced(silenced: Sequence[SilencedFinding], language: Language) -> Iterator[RenderableType]:
    """List what somebody accepted, with the reason and where they wrote it; nothing if there is none."""
    if silenced:
        number = len(silenced)
        heading = (
            Phrase("1 finding is silenced:")
            if number == 1
            else Phrase("{number:,} findings are silenced:", number=number)
        )
        yield Text(f"\n{language.say(heading)}", STRONG)
        for one in silenced:
            line = Text.assemble(
                clean(str(one.finding.place)),
                "  ",
                (one.finding.code, QUIET),
                f"  “{clean(one.reason)}”",
                (f"  ({clean(str(one.place))})" if one.place.path != one.finding.place.path else "", QUIET),
            )
            yield Padding(line, (0, 0, 0, 2), expand=False)


def render_trust(
    path: str,
    trusted: Mapping[str, Sequence[str]],
    findings: Iterable[Finding],
    language: Language,
) -> Iterator[RenderableType]:
    """Write the lines of `[trust]` that would make right what was asked for; nothing if nothing was.

    Args:
        path: of the schedule.
        trusted: what its lists hold already.
    """
    wanted: dict[str, dict[str, str]] = {}
    for finding in findings:
        if finding.wanted is not None:
            name, value = finding.wanted
            wanted.setdefault(name, {}).setdefault(value.casefold(), value)
    if not wanted:
        return
    said = Phrase(
        "If these are meant, staff may paste them into {path}, in place of the lists that stand there:",
        path=path,
    )
    yield Text(f"\n{language.say(said)}", STRONG)
    yield Text("\n[trust]")
    for name in sorted(wanted):
        values = {value.casefold(): value for value in trusted.get(name, ())} | wanted[name]
        yield Text(_write_list(name, [f'"{clean(value)}"' for value in values.values()]))


def _write_list(name: str, values: Sequence[str]) -> str:
    whole = f"{name} = [{', '.join(values)}]"
    if len(whole) <= PASTE_WIDTH:
        return whole
    lines, line = [], " "
    for value in values:
        if len(line) + len(value) + 2 > PASTE_WIDTH:
            lines.append(line)
            line = " "
        line += f" {value},"
    return "\n".join([f"{name} = [", *lines, line, "]"])
