"""The rules: each has a code, a weight and an explanation, and says what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckContext
from stormctl.domain.base.finding import Finding, Severity, sort_findings
from stormctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stormctl.checks.case import CheckHit
    from stormctl.domain.bank.message import Bank
    from stormctl.domain.delivery.delivery import Plan
    from stormctl.domain.plan.storm import Storm

Test = Callable[[CheckContext], Iterator["CheckHit"]]
"""What a rule does: look at a case and yield a hit for each thing that breaks it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRule:
    """One rule of the house.

    Attributes:
        code: its short name in kebab case, stable, for scripts and documents.
        severity: of each of its findings.
        title: what must hold, in one line.
        why: why it must.
        fix: what to do if it does not hold.
        test: finds what breaks it.
    """

    code: str
    severity: Severity
    title: str
    why: str
    fix: str
    test: Test


_rules: dict[str, CheckRule] = {}
RULES: Mapping[str, CheckRule] = MappingProxyType(_rules)
"""Every rule by its code; complete once `stormctl.checks` is imported, as any import of this module does."""


def rule(code: str, severity: Severity, title: str, *, why: str, fix: str) -> Callable[[Test], Test]:
    """Register a function as the test of a rule.

    Raises:
        ValueError: if another rule has that code.
    """

    def register(test: Test) -> Test:
        if code in _rules:
            raise ValueError(f"two rules have the code {code}")
        _rules[code] = CheckRule(code=code, severity=severity, title=title, why=why, fix=fix, test=test)
        return test

    return register


def run_checks(storm: Storm | None, bank: Bank, plan: Plan | None) -> list[Finding]:
    """Hold a bank, and the storm and plan that use it, against every rule.

    Args:
        storm: None to check a bank alone: rules about channels, trust and time then stay silent.
        plan: None where there is none: rules about slots then stay silent.

    Returns:
        The findings by file, line and code, without repeats.
    """
    case = CheckContext(storm, bank, plan)
    return sort_findings(
        [
            Finding(severity=r.severity, place=hit.place, code=r.code, message=hit.message, hint=hit.hint)
            for r in RULES.values()
            for hit in r.test(case)
        ]
    )


def explain(code: str) -> str:
    """Return what a rule asks, why, and how to fix what breaks it.

    Raises:
        UsageError: if no rule has that code.
    """
    if code not in RULES:
        raise UsageError(f"there is no rule “{code}”", "the rules are: " + ", ".join(sorted(RULES)))
    r = RULES[code]
    return f"{r.code} ({r.severity}): {r.title}\n\nWhy: {r.why}\n\nHow to fix it: {r.fix}"
