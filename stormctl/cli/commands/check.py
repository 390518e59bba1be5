"""`check`: what is wrong with schedules and banks, and what can be mended at once."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli.console import language, show, show_json, show_lines, tell
from stormctl.cli.options import JsonOption, LanguageOption
from stormctl.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from stormctl.cli.context import Context
    from stormctl.engine.base.checking import CheckReport

STANDARD_INPUT = "-"


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH",
        help="Schedules, folders of banks or message files; everything if none is named."
        " - reads one text from standard input.",
        show_default=False,
    ),
]
AllOption = Annotated[
    bool, typer.Option("--all", help="Show what is said several times at each of its places.")
]
FixOption = Annotated[
    bool, typer.Option("--fix", help="Mend what needs no decision, such as markup; shows a diff.")
]
ExplainOption = Annotated[
    str | None,
    typer.Option(
        "--explain", metavar="CODE", help="Explain a rule, or all of link-* and the like.", show_default=False
    ),
]
RulesOption = Annotated[bool, typer.Option("--rules", help="List all rules.")]
SelectOption = Annotated[
    list[str] | None,
    typer.Option(
        "--select", metavar="CODE", help="Only findings of these rules, such as link-*.", show_default=False
    ),
]
IgnoreOption = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="CODE", help="No findings of these rules.", show_default=False),
]
FormatOption = Annotated[
    Format, typer.Option("--format", help="For people, for machines, or as GitHub's annotations.")
]


def check(
    ctx: typer.Context,
    paths: PathsArgument = None,
    show_all: AllOption = False,
    fix: FixOption = False,
    explain: ExplainOption = None,
    rules: RulesOption = False,
    wanted: SelectOption = None,
    ignored: IgnoreOption = None,
    form: FormatOption = Format.TEXT,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Check schedules, banks and message files.

    Says in a line whether all is well, then shows each finding with its place and what to do.
    A bank alone is held against the rules that need no schedule. Exit code 3 if something must be fixed.
    """
    from stormctl.checks.registry import RULES
    from stormctl.engine.base.checking import check_paths, find_codes, select
    from stormctl.render.terminal.rules import render_rule, render_rules

    del lang
    form = Format.JSON if as_json else form
    if rules:
        show(render_rules(sorted(RULES.values(), key=lambda rule: rule.code), language()))
        return
    if explain is not None:
        for code in find_codes([explain], sorted(RULES)):
            show(render_rule(RULES[code], language()))
        return
    names = paths or []
    if STANDARD_INPUT in names:
        if names != [STANDARD_INPUT] or fix:
            raise UsageError("- is a text from standard input, and stands alone", "stormctl check - < a.txt")
        _check_text(form)
        return
    context: Context = ctx.obj

    def look() -> CheckReport:
        report = check_paths(context.find_root(), names)
        return select(report, _split(wanted), _split(ignored), sorted(RULES))

    report = look()
    if fix and _mend(report):
        report = look()
    _show(report, form, show_all=show_all)
    if any(finding.is_error for finding in report.findings):
        raise typer.Exit(ExitCode.FINDINGS)


def _split(codes: list[str] | None) -> list[str]:
    return [code.strip() for some in codes or [] for code in some.split(",") if code.strip()]


def _show(report: CheckReport, form: Format, *, show_all: bool) -> None:
    from stormctl.render.exports.annotations import list_annotations
    from stormctl.render.exports.documents import findings_json
    from stormctl.render.terminal.check import render_check

    match form:
        case Format.JSON:
            show_json(findings_json(report.findings, report.silenced, language()))
        case Format.GITHUB:
            show_lines(list_annotations(report.findings, language()))
        case Format.TEXT:
            asked = [
                (
                    campaign.storm.place.path,
                    {
                        "links": campaign.storm.trust.links,
                        "mentions": campaign.storm.trust.mentions,
                        "hashtags": campaign.storm.trust.hashtags,
                    },
                    campaign.findings,
                )
                for campaign in report.campaigns
                if campaign.storm is not None
            ]
            show(
                render_check(
                    report.findings,
                    report.silenced,
                    asked,
                    language(),
                    wordings=report.wordings,
                    is_alone=report.is_alone,
                    show_all=show_all,
                )
            )


def _mend(report: CheckReport) -> bool:
    """Mend what can be mended, and show what was changed; whether anything was."""
    from stormctl.files.bank.fixes import plan_fixes
    from stormctl.render.terminal.check import render_diff

    changed = False
    for root in dict.fromkeys(campaign.root for campaign in report.campaigns):
        edits = [
            finding.edit
            for campaign in report.campaigns
            if campaign.root == root
            for finding in campaign.findings
            if finding.edit is not None
        ]
        for each in plan_fixes(root, edits):
            each.write()
            changed = True
            tell(render_diff(each.show()))
    return changed


def _check_text(form: Format) -> None:
    """Print what a text from standard input is made of, as X sees it, and what is wrong with it."""
    from stormctl.checks.run import run_checks
    from stormctl.domain.bank.message import Bank, Variant
    from stormctl.domain.base.finding import Place
    from stormctl.domain.text.reader import read
    from stormctl.domain.text.spans import find_long_run
    from stormctl.files.bank.markdown import MAX_BYTES, NotUtf8Error, decode_text
    from stormctl.render.exports.documents import text_json
    from stormctl.render.terminal.check import render_text

    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise UsageError(f"the text is bigger than {MAX_BYTES // 1024} KiB, the limit for a message")
    try:
        text = decode_text(content).strip()
    except NotUtf8Error as error:
        raise UsageError(f"the text is {error.message}", "save it with the encoding UTF-8") from None
    if find_long_run(text):
        raise UsageError("the text has more characters without a space than any message", "write words")
    place = Place(STANDARD_INPUT, 1, 1)
    variant = Variant(
        message_id="text", lang=language().code, label=None, parts=(text,), place=place, starts=((1, 1),)
    )
    findings = run_checks(None, Bank("text", (variant,)), None).findings
    if form is Format.JSON:
        show_json(text_json(read(text), findings, language()))
    else:
        show(render_text(read(text), findings, language()))
    if any(finding.is_error for finding in findings):
        raise typer.Exit(ExitCode.FINDINGS)
