"""Hold a bank, and the storm and plan that use it, against every rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckContext
from stormctl.checks.registry import RULES
from stormctl.checks.silences import FindingSilences
from stormctl.domain.base.finding import Finding, SilencedFinding, sort_findings

if TYPE_CHECKING:
    from stormctl.checks.case import CheckHit
    from stormctl.checks.registry import CheckRule
    from stormctl.domain.bank.message import Bank
    from stormctl.domain.delivery.delivery import Plan
    from stormctl.domain.plan.storm import Storm


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
    case = CheckContext(storm, bank, plan)
    silences = FindingSilences(case)
    findings: list[Finding] = []
    silenced: list[SilencedFinding] = []
    for each in RULES.values():
        left: list[CheckHit] = []
        for hit in each.test(case) if each.test else ():
            accepted = silences.find(each, hit)
            if accepted is None:
                left.append(hit)
            else:
                finding = _tell(each, hit)
                silenced.append(
                    SilencedFinding(finding=finding, reason=accepted.reason, place=accepted.place)
                )
        findings += (_tell(each, hit) for hit in (each.gather(left) if each.gather else left))
    findings += silences.find_idle()
    by_place = sorted(dict.fromkeys(silenced), key=lambda one: one.finding.place.order)
    return CheckResult(tuple(sort_findings(findings)), tuple(by_place))


def _tell(rule: CheckRule, hit: CheckHit) -> Finding:
    return Finding(
        severity=rule.severity,
        place=hit.place,
        code=rule.code,
        message=hit.message,
        hint=hit.hint,
        edit=hit.edit,
        wanted=hit.wanted,
        others=hit.others,
    )
