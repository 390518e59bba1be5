"""Hold small cases against all rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.checks.run import run_checks
from stormctl.domain.plan.planning import plan_storm
from tests.unit.domain.making import make_bank, make_storm

if TYPE_CHECKING:
    from stormctl.domain.bank.message import Variant
    from stormctl.domain.base.finding import Finding
    from stormctl.domain.plan.storm import Storm


def find(*variants: Variant, storm: Storm | None = None) -> list[Finding]:
    """Find what is wrong with variants in a storm and its plan; the plain storm unless another is given."""
    the_storm, bank = storm or make_storm(), make_bank(*variants)
    return list(run_checks(the_storm, bank, plan_storm(the_storm, bank)).findings)


def codes(*variants: Variant, storm: Storm | None = None) -> list[str]:
    """Find the codes of what is wrong."""
    return [finding.code for finding in find(*variants, storm=storm)]
