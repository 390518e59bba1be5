"""The rules: each has a code, a severity, an explanation and examples, and says what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NotRequired, TypedDict, Unpack

from stormctl.checks.case import CheckContext
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.rules import Rule, SilencedBy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stormctl.checks.case import CheckHit
    from stormctl.domain.base.phrase import Phrase

Test = Callable[[CheckContext], Iterator["CheckHit"]]
"""What a rule does: look at a case and yield a hit for each thing that breaks it."""

Gather = Callable[[Sequence["CheckHit"]], Iterator["CheckHit"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRule(Rule):
    """A rule with the test that finds what breaks it; None where what reads the files does.

    Attributes:
        gather: tells hits together that nobody silenced; None where each is told alone.
    """

    test: Test | None
    gather: Gather | None = None


_rules: dict[str, CheckRule] = {}
RULES: Mapping[str, CheckRule] = MappingProxyType(_rules)
"""Every rule by its code; complete once `stormctl.checks` is imported, as any import of this module does."""


class RuleWords(TypedDict):
    """What is told of a rule beside its title: see `Rule`."""

    why: Phrase
    fix: Phrase
    bad: NotRequired[str]
    good: NotRequired[str]


def rule(
    code: str,
    severity: Severity,
    title: Phrase,
    *,
    silenced_by: SilencedBy = SilencedBy.NOBODY,
    gather: Gather | None = None,
    **words: Unpack[RuleWords],
) -> Callable[[Test], Test]:
    """Register a function as the test of a rule.

    Raises:
        ValueError: if another rule has that code.
    """

    def register(test: Test) -> Test:
        _add(
            CheckRule(
                code=code,
                severity=severity,
                title=title,
                silenced_by=silenced_by,
                test=test,
                gather=gather,
                **words,
            )
        )
        return test

    return register


def reading_rule(
    code: str, title: Phrase, *, severity: Severity = Severity.ERROR, **words: Unpack[RuleWords]
) -> None:
    """Register a rule that files are held to while they are read; nobody can silence it.

    Raises:
        ValueError: if another rule has that code.
    """
    _add(CheckRule(code=code, severity=severity, title=title, test=None, **words))


def _add(rule: CheckRule) -> None:
    if rule.code in _rules:
        raise ValueError(f"two rules have the code {rule.code}")
    _rules[rule.code] = rule
