"""The plans of the samples as text, one line a post: what a change of the planning rules moves is seen.

`python -m tests.docs.sample_plans` writes them anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.plan.planning import plan_storm
from stormctl.files.bank.bank import load_bank
from stormctl.files.campaign import SAMPLE, find_schedule
from stormctl.files.samples import find_samples
from stormctl.files.schedules.schedule import load_storm

if TYPE_CHECKING:
    from stormctl.domain.bank.message import Bank
    from stormctl.domain.base.finding import Finding
    from stormctl.domain.delivery.delivery import Plan
    from stormctl.domain.plan.storm import Storm

ROOT = Path(__file__).resolve().parents[2]
PLANS = Path(__file__).parent / "plans"


@dataclass(frozen=True, slots=True)
class LoadedSample:
    """A sample as it is read and planned.

    Attributes:
        root: its campaign folder.
        findings: what was wrong with its files; the rules are not asked.
    """

    root: Path
    storm: Storm
    bank: Bank
    plan: Plan
    findings: tuple[Finding, ...]


@lru_cache
def load_sample(name: str) -> LoadedSample:
    """Read and plan a sample where it lies."""
    root = ROOT if name == SAMPLE else ROOT / "stormctl" / "samples" / name
    storm, found = load_storm(root, find_schedule(root, None))
    assert storm is not None, found
    bank, bank_findings = load_bank(root, storm.bank)
    return LoadedSample(root, storm, bank, plan_storm(storm, bank), (*found, *bank_findings))


def render_plan(storm: Storm, plan: Plan) -> str:
    """Return a line for each post: its time in the storm's zone, channel, message, and wording with part."""
    zone = ZoneInfo(storm.timezone)
    rows = [
        (
            f"{delivery.slot_at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            delivery.key.channel,
            delivery.key.message,
            "/".join([delivery.key.tail, *([str(delivery.key.part)] if delivery.key.part else [])]),
        )
        for delivery in plan.deliveries
    ]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([f"# {storm.id}, times in {storm.timezone}", *lines, ""])


def main() -> None:
    """Write every sample's plan anew."""
    for name in find_samples():
        sample = load_sample(name)
        path = PLANS / f"{name}.txt"
        path.write_text(render_plan(sample.storm, sample.plan), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
