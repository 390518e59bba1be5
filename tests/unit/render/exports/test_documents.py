"""What machines read."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from stormctl.domain.delivery.delivery import Budget, State
from stormctl.domain.report.halts import HaltView
from stormctl.domain.report.status import ChannelStatus, DeliveryView, GapView, RunnerStatus
from stormctl.render.exports.documents import findings_json, plan_json, status_json, tally_json
from stormctl.render.exports.report import report_json
from stormctl.render.language import Language
from tests.unit.render.conftest import round_trip

if TYPE_CHECKING:
    from stormctl.domain.base.finding import Finding
    from stormctl.domain.delivery.delivery import Plan
    from stormctl.domain.plan.cost import Cost
    from stormctl.domain.plan.storm import Storm
    from stormctl.domain.report.report import Report
    from stormctl.domain.report.status import LedgerStatus
    from stormctl.domain.report.tally import Tally


def names_of(kind: Any, *without: str) -> set[str]:
    """Name the fields of a dataclass."""
    return {f.name for f in fields(kind)} - set(without)


def test_findings_have_their_place_and_severity(findings: list[Finding]) -> None:
    """An unknown line is null."""
    exported = round_trip(findings_json(findings, (), Language()))

    assert (exported["schema_version"], exported["errors"], exported["warnings"]) == (1, 1, 1)
    assert exported["findings"][1] == {
        "severity": "warning",
        "path": "schedules/imd-2026.toml",
        "line": None,
        "column": None,
        "code": "no-slot",
        "message": "2 wordings found no slot",
        "hint": "",
        "fixable": False,
    }
    assert exported["silenced"] == []


def test_a_plan_has_its_exact_posts_and_utc_instants(plan: Plan, storm: Storm, cost: Cost) -> None:
    """Text is not cut, slots are ISO 8601 in UTC, and money is in millionths of a dollar."""
    exported = round_trip(plan_json(plan, storm, cost))

    assert exported["schema_version"] == 1
    assert exported["deliveries"][0] == {
        "key": "imd-2026/x:migrants-day/dignity/en",
        "channel": "x:migrants-day",
        "message_id": "dignity",
        "tail": "en",
        "part": None,
        "kind": "slot",
        "slot_at": "2026-12-18T13:00:00Z",
        "storm_on": "2026-12-18",
        "expires_at": None,
        "text": "Everyone who moves has rights.\n\n#MigrantsDay",
        "link": None,
        "media": [
            {
                "file": "messages/imd-2026/images/boat.png",
                "alt": "A paper boat held in two hands",
                "kind": "image",
                "sha256": "0" * 64,
            }
        ],
        "price_usd_micros": 20_000,
    }
    assert exported["spare"] == {"x:migrants-day": 31, "facebook:migrants-day": 34}
    assert exported["unplaced"][0]["variant"] == "harvest.en"
    assert exported["cost"]["total_usd_micros"] == 360_000
    assert exported["cost"]["by_channel"] == {"x:migrants-day": 360_000, "facebook:migrants-day": 0}


def test_status_leaves_nothing_out(ledger_status: LedgerStatus, halt: HaltView) -> None:
    """Every field of the views is exported under its own name, and every state has a count."""
    ledger_status = type(ledger_status)(
        ledger=ledger_status.ledger,
        moment=ledger_status.moment,
        storms=ledger_status.storms,
        runners=ledger_status.runners,
        halts=(halt,),
        gaps=(GapView(since=halt.at, until=halt.at, why="it was restored", in_doubt=1),),
    )

    exported = round_trip(status_json(ledger_status))

    storm = exported["storms"][0]
    assert exported["at"] == "2026-12-18T17:05:00Z"
    assert set(storm["counts"]) == {s.value for s in State}
    assert names_of(RunnerStatus) == set(exported["runners"][0])
    assert names_of(HaltView) == set(exported["halts"][0])
    assert names_of(GapView) == set(exported["gaps"][0])
    assert names_of(ChannelStatus) == set(storm["channels"][0])
    assert names_of(DeliveryView, "storm_id") == set(storm["recent"][0])
    assert storm["troubled"][0]["why"] == "no answer within 10 s"
    assert (storm["total"], storm["finished"]) == (64, False)


def test_a_tally_has_its_verdict(tally: Tally) -> None:
    """A script need not compare the numbers itself."""
    exported = round_trip(tally_json(tally))

    assert (exported["schema_version"], exported["clean"]) == (1, True)
    assert exported["channels"][1] == {
        "channel": "facebook:migrants-day",
        "planned": 28,
        "delivered": 28,
        "received": 28,
        "duplicates": 0,
        "lost": 0,
        "unexpected": 0,
        "open": 0,
        "clean": True,
    }


def test_a_budget_is_exported_with_status_and_report(ledger_status: LedgerStatus, report: Report) -> None:
    """Null without one."""
    budget = Budget(usd_micros=30_000, spent_usd_micros=15_000, unpaid=2)
    storm = replace(ledger_status.storms[0], budget=budget)

    status = round_trip(status_json(replace(ledger_status, storms=(storm,))))["storms"][0]["budget"]

    assert names_of(Budget) == set(status)
    assert status["unpaid"] == 2
    assert round_trip(report_json(replace(report, budget=budget)))["budget"] == status
    assert round_trip(report_json(report))["budget"] is None
