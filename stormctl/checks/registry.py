"""The rules: each has a code, a severity, an explanation and examples, and says what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckContext
from stormctl.domain.base.finding import Finding, Severity, SilencedFinding, sort_findings
from stormctl.domain.base.rules import Rule, SilencedBy
from stormctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stormctl.checks.case import CheckHit
    from stormctl.domain.bank.message import Bank
    from stormctl.domain.base.phrase import Phrase
    from stormctl.domain.delivery.delivery import Plan
    from stormctl.domain.plan.storm import Storm

Test = Callable[[CheckContext], Iterator["CheckHit"]]
"""What a rule does: look at a case and yield a hit for each thing that breaks it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRule(Rule):
    """A rule with the test that finds what breaks it; None where what reads the files does."""

    test: Test | None


_rules: dict[str, CheckRule] = {}
RULES: Mapping[str, CheckRule] = MappingProxyType(_rules)
"""Every rule by its code; complete once `stormctl.checks` is imported, as any import of this module does."""


def rule(
    code: str,
    severity: Severity,
    title: Phrase,
    *,
    why: Phrase,
    fix: Phrase,
    bad: str = "",
    good: str = "",
    silenced_by: SilencedBy = SilencedBy.NOBODY,
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
                why=why,
                fix=fix,
                bad=bad,
                good=good,
                silenced_by=silenced_by,
                test=test,
            )
        )
        return test

    return register


def reading_rule(
    code: str,
    title: Phrase,
    *,
    why: Phrase,
    fix: Phrase,
    bad: str = "",
    good: str = "",
    severity: Severity = Severity.ERROR,
) -> None:
    """Register a rule that files are held to while they are read; nobody can silence it.

    Raises:
        ValueError: if another rule has that code.
    """
    _add(
        CheckRule(
            code=code,
            severity=severity,
            title=title,
            why=why,
            fix=fix,
            bad=bad,
            good=good,
            silenced_by=SilencedBy.NOBODY,
            test=None,
        )
    )


def _add(rule: CheckRule) -> None:
    if rule.code in _rules:
        raise ValueError(f"two rules have the code {rule.code}")
    _rules[rule.code] = rule


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the rules found, and what somebody had silenced, each by file, line and code, without repeats."""

    findings: tuple[Finding, ...]
    silenced: tuple[SilencedFinding, ...]


def run_checks(storm: Storm | None, bank: Bank, plan: Plan | None) -> CheckResult:
    """Hold a bank, and the storm and plan that use it, against every rule.

    Args:
        storm: None to check a bank alone: rules about channels, trust and time then say nothing.
        plan: None where there is none: rules about slots then say nothing.
    """
    from stormctl.checks.silences import FindingSilences

    case = CheckContext(storm, bank, plan)
    silences = FindingSilences(storm, bank)
    findings: list[Finding] = []
    silenced: list[SilencedFinding] = []
    for each in RULES.values():
        for hit in each.test(case) if each.test else ():
            finding = Finding(
                severity=each.severity,
                place=hit.place,
                code=each.code,
                message=hit.message,
                hint=hit.hint,
                edit=hit.edit,
                wanted=hit.wanted,
            )
            accepted = silences.find(each, hit)
            if accepted is None:
                findings.append(finding)
            else:
                silenced.append(
                    SilencedFinding(finding=finding, reason=accepted.reason, place=accepted.place)
                )
    findings += silences.find_idle()
    by_place = sorted(dict.fromkeys(silenced), key=lambda one: one.finding.place.order)
    return CheckResult(tuple(sort_findings(findings)), tuple(by_place))


def get_rule(code: str) -> CheckRule:
    """Return a rule by its code.

    Raises:
        UsageError: if no rule has that code.
    """
    if code not in RULES:
        raise UsageError(f"there is no rule “{code}”", "the rules are: " + ", ".join(sorted(RULES)))
    return RULES[code]
