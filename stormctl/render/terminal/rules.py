"""What the rules of the checks say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.render.words import BAD, STRONG, WARN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from stormctl.domain.base.rules import Rule
    from stormctl.render.language import Language


def render_rules(rules: Iterable[Rule], language: Language) -> RenderableType:
    """List rules with what must hold."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for rule in rules:
        table.add_row(Text(rule.code, STRONG), _severity(rule.severity, language), language.say(rule.title))
    return table


def render_rule(rule: Rule, language: Language) -> RenderableType:
    """Explain one rule: what must hold, why, what to do, a bad and a good example, who may silence it."""
    head = Text.assemble((rule.code, STRONG), "  ", _severity(rule.severity, language))
    parts: list[RenderableType] = [head, Text(language.say(rule.title))]
    for label, words in ((Phrase("Why"), rule.why), (Phrase("What to do"), rule.fix)):
        parts += [Text(f"\n{language.say(label)}", STRONG), Text(language.say(words))]
    for label, lines in ((Phrase("Wrong"), rule.bad), (Phrase("Right"), rule.good)):
        parts += [
            Text(f"\n{language.say(label)}", STRONG),
            Padding(Text(language.say(lines).rstrip()), (0, 0, 0, 4), expand=False),
        ]
    parts += [Text(f"\n{language.say(Phrase('If it is meant'))}", STRONG), Text(_say_silence(rule, language))]
    return Group(*parts)


def _say_silence(rule: Rule, language: Language) -> str:
    if rule.silenced_by is SilencedBy.NOBODY:
        return language.say(Phrase("It can't be silenced."))
    if rule.silenced_by is SilencedBy.STAFF:
        return language.say(
            Phrase(
                "Staff may silence it in the schedule: [silence.{code}] and below it"
                ' "MESSAGE-ID" = "the reason".',
                code=rule.code,
            )
        )
    return language.say(
        Phrase(
            "Write above the text, between the lines of ---: silence: {{{code}: the reason}}", code=rule.code
        )
    )


def _severity(severity: Severity, language: Language) -> Text:
    if severity is Severity.ERROR:
        return Text(language.say(Phrase("error")), BAD)
    return Text(language.say(Phrase("warning")), WARN)
