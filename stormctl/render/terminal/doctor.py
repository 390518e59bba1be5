"""What `doctor` found, and what a canary would do: for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from stormctl.domain.base.amounts import count, format_usd
from stormctl.domain.report.diagnosis import Verdict
from stormctl.render.exports.documents import SCHEMA_VERSION, export_instant
from stormctl.render.language import Language
from stormctl.render.terminal.grid import make_facts
from stormctl.render.words import BAD, GOOD, QUIET, STRONG, WARN, clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from stormctl.domain.report.diagnosis import Diagnosis, DiagnosisSection
    from stormctl.render.exports.setup_shapes import DoctorDocument

_STYLES = {Verdict.OK: GOOD, Verdict.WARN: WARN, Verdict.FAIL: BAD}


def render_diagnosis(diagnosis: Diagnosis, language: Language | None = None) -> RenderableType:
    """Show how it stands in a line, then every line with its verdict and what to do about it."""
    sections = list(render_sections(diagnosis.sections, language))
    return Group(Text(summarize(diagnosis), STRONG), Text(), *sections[:-1])


def render_sections(
    sections: Iterable[DiagnosisSection], language: Language | None = None
) -> Iterator[RenderableType]:
    """Show sections, each under its name."""
    said = language or Language()
    for section in sections:
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=6, no_wrap=True)
        grid.add_column(overflow="fold")
        for line in section.lines:
            body = Text(clean(said.say(line.text)))
            if line.hint:
                body.append(f"\n{clean(said.say(line.hint))}", QUIET)
            grid.add_row(Text(f"  {line.verdict.value}", _STYLES[line.verdict]), body)
        yield Text(clean(section.name), STRONG)
        yield grid
        yield Text()


def summarize(diagnosis: Diagnosis) -> str:
    """Say in a line how it stands, and what the looking cost."""
    fails, warnings = diagnosis.count(Verdict.FAIL), diagnosis.count(Verdict.WARN)
    fine = f"{diagnosis.count(Verdict.OK)} fine"
    bad = f"{fails} failed" if fails else "nothing failed"
    paid = f" Asking cost {format_usd(diagnosis.cost_usd_micros)}." if diagnosis.cost_usd_micros else ""
    return f"{bad}, {count(warnings, 'warning')}, {fine}.{paid}"


def diagnosis_json(diagnosis: Diagnosis) -> DoctorDocument:
    """Export what `render_diagnosis` shows."""
    return {
        "schema_version": SCHEMA_VERSION,
        "made_at": export_instant(diagnosis.made_at),
        "exit_code": int(diagnosis.exit_code),
        "fails": diagnosis.count(Verdict.FAIL),
        "warnings": diagnosis.count(Verdict.WARN),
        "cost_usd_micros": diagnosis.cost_usd_micros,
        "sections": [
            {
                "name": section.name,
                "lines": [
                    {"verdict": line.verdict, "text": line.text, "hint": line.hint} for line in section.lines
                ],
            }
            for section in diagnosis.sections
        ],
    }


def render_canary(
    *,
    channel: str,
    account: str,
    host: str,
    is_live: bool,
    text: str,
    asked_usd_micros: int,
    cost_usd_micros: int,
    ledger: str,
) -> RenderableType:
    """Show what a canary will say, as whom and where, and what it costs; money in millionths of a dollar."""
    facts = make_facts()
    live = ("real: it will be public", STRONG) if is_live else ("NOT LIVE", WARN)
    facts.add_row("Canary", Text(clean(text), STRONG))
    facts.add_row("Account", f"{clean(account)} ({channel})")
    facts.add_row("Host", Text.assemble(f"{clean(host)} (", live, ")"))
    cost = f"at most {format_usd(cost_usd_micros)} to post and delete it" if cost_usd_micros else "nothing"
    asked = f"; {format_usd(asked_usd_micros)} was spent on asking whose account it is"
    facts.add_row("Cost", cost + (asked if asked_usd_micros else ""))
    facts.add_row("Ledger", clean(ledger))
    return facts
