"""Metrics of a Page post: refused figures are left out, the others are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stormctl.domain.platforms.record import Metric
from stormctl.platforms.adapter import ReadFailed
from stormctl.platforms.facebook.metrics import read_post
from stormctl.platforms.http.answers import PlatformAnswer, Silence

NOW = datetime(2026, 12, 18, 12, tzinfo=UTC)
COUNTS = {
    "shares": {"count": 3},
    "reactions": {"summary": {"total_count": 7}},
    "comments": {"summary": {"total_count": 2}},
}


class FakeGraph:
    """Answers by what is asked for: the first of the fields, or the metric."""

    def __init__(self, answers: dict[str, PlatformAnswer | Silence]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def get(self, path: str, args: dict[str, str]) -> PlatformAnswer | Silence:
        """Answer one call."""
        key = args.get("metric") or args["fields"].replace(".limit(0).summary(true)", "")
        assert path == ("1_2/insights" if "metric" in args else "1_2")
        self.asked.append(key)
        return self.answers[key]

    def read(self) -> dict[Metric, int]:
        """Read the post."""
        return {reading.metric: reading.value for reading in read_post(self.get, "1_2", NOW)}


def refusal(code: int, **more: Any) -> PlatformAnswer:
    """Return a Graph error."""
    return PlatformAnswer(400, {}, {"error": {"code": code, "message": "No.", **more}})


def insight(value: int) -> PlatformAnswer:
    """Return an insights answer."""
    return PlatformAnswer(200, {}, {"data": [{"values": [{"value": value}]}]})


@pytest.fixture
def answers() -> dict[str, PlatformAnswer | Silence]:
    """Return a Graph that gives everything."""
    return {
        "shares,reactions,comments": PlatformAnswer(200, {}, COUNTS),
        "post_media_view": insight(900),
        "post_total_media_view_unique": insight(600),
        "post_clicks": insight(5),
    }


def test_everything(answers: dict[str, PlatformAnswer | Silence]) -> None:
    """Live counts in one call, insights one by one."""
    graph = FakeGraph(answers)

    values = graph.read()

    assert values == {
        Metric.SHARES: 3,
        Metric.REACTIONS: 7,
        Metric.REPLIES: 2,
        Metric.IMPRESSIONS: 900,
        Metric.REACH: 600,
        Metric.CLICKS: 5,
    }
    assert len(graph.asked) == 4


def test_one_bad_metric_costs_only_itself(answers: dict[str, PlatformAnswer | Silence]) -> None:
    """(#100) for a metric leaves it out, and so does an insights edge that isn't there."""
    answers["post_media_view"] = refusal(100)
    answers["post_clicks"] = PlatformAnswer(404, {}, None)

    values = FakeGraph(answers).read()

    assert Metric.IMPRESSIONS not in values
    assert Metric.CLICKS not in values
    assert values[Metric.REACH] == 600


def test_a_missing_permission_ends_insights(answers: dict[str, PlatformAnswer | Silence]) -> None:
    """The permission covers all of them: one no is enough."""
    graph = FakeGraph(answers | {"post_media_view": refusal(10)})

    values = graph.read()

    assert Metric.REACH not in values
    assert graph.asked[-1] == "post_media_view"


@pytest.mark.parametrize("code", [10, 100, 200])
def test_refused_counts_are_asked_singly(answers: dict[str, PlatformAnswer | Silence], code: int) -> None:
    """Where the three together are refused, those that are allowed are still read."""
    answers["shares,reactions,comments"] = refusal(code)
    answers["shares"] = PlatformAnswer(200, {}, {"shares": {"count": 3}})
    answers["reactions"] = answers["comments"] = refusal(code)

    values = FakeGraph(answers).read()

    assert values[Metric.SHARES] == 3
    assert Metric.REACTIONS not in values
    assert values[Metric.CLICKS] == 5


def test_a_post_that_is_gone_has_no_metrics(answers: dict[str, PlatformAnswer | Silence]) -> None:
    """Nothing more is asked about it."""
    graph = FakeGraph(answers | {"shares,reactions,comments": refusal(100, error_subcode=33)})

    values = graph.read()

    assert values == {}
    assert len(graph.asked) == 1


@pytest.mark.parametrize(
    "answer", [refusal(4), refusal(190), PlatformAnswer(503, {}, None), Silence("no answer", written=True)]
)
def test_a_failure_keeps_what_came_before(
    answers: dict[str, PlatformAnswer | Silence], answer: PlatformAnswer | Silence
) -> None:
    """A throttle, a dead token or the network stops the reading."""
    graph = FakeGraph(answers | {"post_media_view": answer})
    reading = read_post(graph.get, "1_2", NOW)

    before = [next(reading).value for _ in range(3)]

    assert before == [3, 7, 2]
    with pytest.raises(ReadFailed):
        next(reading)


def test_a_server_without_these_addresses_gives_no_figures(
    answers: dict[str, PlatformAnswer | Silence],
) -> None:
    """A bare 404 is not a zero: nothing is counted that nobody told."""
    graph = FakeGraph(dict.fromkeys(answers, PlatformAnswer(404, {}, {"error": "not found"})))

    read = graph.read()

    assert read == {}
