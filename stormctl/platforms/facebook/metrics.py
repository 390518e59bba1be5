"""Metrics of Page posts, asked so that one refused figure does not cost the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.platforms.adapter import ReadFailed
from stormctl.platforms.facebook import reads as graph_reads
from stormctl.platforms.facebook.errors import FORBIDDEN, classify_problem, error_code, is_gone
from stormctl.platforms.http.answers import PlatformAnswer, Silence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from stormctl.domain.platforms.record import Metric
    from stormctl.domain.report.reach import MetricReading

    Get = Callable[[str, dict[str, str]], PlatformAnswer | Silence]

LEFT_OUT = FORBIDDEN | {100}
"""Codes with which Graph refuses single figures: permission missing, no such field or metric."""


def read_post(get: Get, post_id: str, now: datetime) -> Iterator[MetricReading]:
    """Read one post's live counts, then its insights; nothing for a post that Graph doesn't know.

    Raises:
        ReadFailed: the network, a throttle or a dead token stopped it; what came before it holds.
    """
    metrics = list(graph_reads.COUNT_FIELDS)
    answer = _ask(get, post_id, {"fields": _fields(metrics)}, now)
    if is_gone(answer):
        return
    if _gives_figures(answer):
        yield from graph_reads.parse_counts(answer, metrics, post_id)
    elif error_code(answer) is not None:
        yield from _read_singly(get, post_id, metrics, now)
    yield from _read_insights(get, post_id, now)


def _read_singly(get: Get, post_id: str, metrics: list[Metric], now: datetime) -> Iterator[MetricReading]:
    for metric in metrics:
        answer = _ask(get, post_id, {"fields": _fields([metric])}, now)
        if _gives_figures(answer):
            yield from graph_reads.parse_counts(answer, [metric], post_id)


def _read_insights(get: Get, post_id: str, now: datetime) -> Iterator[MetricReading]:
    for metric, name in graph_reads.INSIGHTS.items():
        answer = _ask(get, f"{post_id}/insights", {"metric": name, "period": "lifetime"}, now)
        if error_code(answer) in FORBIDDEN:
            return  # the permission covers all insights
        if _gives_figures(answer) and (reading := graph_reads.parse_insight(answer, metric, post_id)):
            yield reading


def _gives_figures(answer: PlatformAnswer) -> bool:
    """Whether an answer holds what was asked; a bare 404 of a server without that address does not."""
    return answer.is_success and error_code(answer) is None


def _fields(metrics: list[Metric]) -> str:
    return ",".join(graph_reads.COUNT_FIELDS[metric] for metric in metrics)


def _ask(get: Get, path: str, args: dict[str, str], now: datetime) -> PlatformAnswer:
    """Return an answer that gives figures or refuses single ones; ReadFailed for every other."""
    answer = get(path, args)
    if isinstance(answer, Silence):
        raise ReadFailed(answer.reason)
    code = error_code(answer)
    if code in LEFT_OUT or (code is None and (answer.is_success or answer.status == 404)):
        return answer
    raise ReadFailed(classify_problem(answer, now).reason)
