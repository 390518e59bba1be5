"""What machines read of a storm's result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.platforms.record import Metric
from stormctl.render.exports.report import report_json
from tests.unit.render.conftest import round_trip

if TYPE_CHECKING:
    from stormctl.domain.report.report import Report


def test_a_report_tells_null_from_0_and_never_adds_reach_up(report: Report) -> None:
    """What X does not give is null; sums say of how many posts they are."""
    exported = round_trip(report_json(report))

    x, facebook = exported["platforms"]
    assert x["totals"]["impressions"] == {"value": 2000, "posts": 2}
    assert x["totals"]["clicks"] is None
    assert x["reach_per_post"] is None
    assert "reach" not in facebook["totals"]
    assert facebook["reach_per_post"] == {"median": 510, "highest": 510, "posts": 1}
    assert facebook["best"][0]["values"]["reach"] == 510
    assert exported["unread"] == 1
    assert set(exported["legend"]) == {m.value for m in Metric}


def test_a_report_has_channels_and_hours(report: Report) -> None:
    """Each channel has its own figures beside its counts."""
    exported = round_trip(report_json(report))

    channel = exported["channels"][0]
    assert (channel["channel"], channel["counts"]["delivered"]) == ("x:migrants-day", 13)
    assert exported["step"] == "hour"
    assert channel["periods"][0] == {
        "starts_at": "2026-12-18T13:00:00Z",
        "posts": 1,
        "impressions": 1200,
        "engagement": 48,
    }
