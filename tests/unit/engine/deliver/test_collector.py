"""Metrics are read as posts age, and every reading is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.event import EventKind
from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.reach import MetricReading
from stormctl.domain.report.readings import AGES, BATCH
from stormctl.engine.deliver.collector import REST, TRIES, Collector
from tests.factories import ACME, PAGE, make_delivery

if TYPE_CHECKING:
    from stormctl.domain.platforms.channel import ChannelId
    from tests.unit.engine.conftest import Bench


def _deliver(bench: Bench) -> Collector:
    bench.enroll(make_delivery())
    bench.serve()
    bench.x.metrics = [MetricReading("acme-1", Metric.IMPRESSIONS, 120)]
    return Collector(bench.equipment)


def _collect_all(bench: Bench, collector: Collector, channel: ChannelId = ACME) -> int:
    """Read every delivered post of a channel."""
    posts = bench.ledger.metrics.receipts("storm", bench.clock.moment().at).get(str(channel), {})
    return collector.collect_all(channel, posts, bench.platforms.platforms[channel])


def _is_due(collector: Collector) -> bool:
    collector.ask()
    return str(ACME) in collector.find_due()


def test_a_post_is_read_once_at_each_age(bench: Bench) -> None:
    """X bills each reading: at one age a post is read once, however often the collector looks."""
    collector = _deliver(bench)

    read = []
    for wait in (timedelta(), AGES[0] + BATCH, timedelta(seconds=1), AGES[1] - AGES[0]):
        bench.clock.move(wait)
        read.append(collector.collect(ACME, bench.x))

    assert read == [0, 1, 0, 1]


def test_each_reading_is_charged_to_the_storm(bench: Bench) -> None:
    """X bills every post that it shows: what the report costs is taken from the budget."""
    bench.enroll(make_delivery(), make_delivery("m2"), budget_usd_micros=5_000_000)
    bench.serve()
    bench.x.metrics = [
        MetricReading("acme-1", metric, 120) for metric in (Metric.IMPRESSIONS, Metric.REACTIONS)
    ]
    collector = Collector(bench.equipment)
    bench.clock.move(AGES[0] + BATCH)

    collector.collect(ACME, bench.x)
    soon = bench.spent()
    _collect_all(bench, collector)
    same_day = bench.spent()
    bench.clock.move(timedelta(days=1))
    _collect_all(bench, collector)

    assert (soon, same_day, bench.spent()) == (5_000, 5_000, 2 * 5_000)


def test_readings_leave_what_posts_need(bench: Bench) -> None:
    """The budget is kept for what is planned: figures wait, which is told once, until it suffices."""
    deliveries = [make_delivery(price_usd_micros=200_000), make_delivery("m2", price_usd_micros=200_000)]
    late = replace(deliveries[1], slot_at=deliveries[1].slot_at + timedelta(days=3))
    bench.enroll(deliveries[0], late, budget_usd_micros=404_000)
    bench.serve()
    bench.x.metrics = [MetricReading("acme-1", Metric.IMPRESSIONS, 120)]
    collector = Collector(bench.equipment)
    read = []

    for budget in (404_000, 404_000, 406_000):
        bench.enroll(deliveries[0], late, budget_usd_micros=budget)
        bench.clock.move(AGES[0] + BATCH)
        read.append(collector.collect(ACME, bench.x))

    assert read == [0, 0, 1]
    (warning,) = bench.events.texts(EventKind.WARNING)
    assert "figures of 1 post wait" in warning
    assert bench.spent() == 205_000


def test_facebook_charges_nothing_for_readings(bench: Bench) -> None:
    """Nor does a storm."""
    bench.enroll(make_delivery(channel=PAGE), budget_usd_micros=5_000_000)
    bench.serve(PAGE)
    bench.facebook.metrics = [MetricReading("acme-1", Metric.REACTIONS, 120)]

    read = _collect_all(bench, Collector(bench.equipment), PAGE)

    assert (read, bench.spent()) == (1, 0)


def test_the_newest_value_of_each_metric_is_reported(bench: Bench) -> None:
    """A second reading replaces the first one in the report, with its time."""
    collector = _deliver(bench)
    bench.clock.move(AGES[0] + BATCH)
    collector.collect(ACME, bench.x)
    bench.x.metrics = [MetricReading("acme-1", Metric.IMPRESSIONS, 300)]
    bench.clock.move(AGES[1])
    collector.collect(ACME, bench.x)

    (post,) = bench.ledger.metrics.newest("storm")

    assert post.values == {Metric.IMPRESSIONS: 300}
    assert post.read_at == bench.clock.at


def test_a_platform_that_cannot_be_read_is_told_and_asked_again_after_a_rest(bench: Bench) -> None:
    """A failed reading is a warning, and is repeated some minutes later, not every second."""
    collector = _deliver(bench)
    bench.x.unreadable = "503"
    bench.clock.move(AGES[0] + BATCH)

    collector.collect(ACME, bench.x)
    at_once = _is_due(collector)
    bench.x.unreadable = None
    bench.clock.move(REST)
    read = collector.collect(ACME, bench.x)

    assert not at_once
    assert read == 1
    (warning,) = bench.events.texts(EventKind.WARNING)
    assert "503" in warning


def test_a_post_that_gives_nothing_is_left_until_its_next_age(bench: Bench) -> None:
    """A post that was taken down is not asked for again and again."""
    collector = _deliver(bench)
    bench.x.metrics = []
    bench.clock.move(AGES[0] + BATCH)

    for _ in range(TRIES):
        collector.collect(ACME, bench.x)
        bench.clock.move(REST)

    assert not _is_due(collector)
    bench.clock.move(AGES[1])
    assert _is_due(collector)


def test_at_the_end_every_delivered_post_is_read(bench: Bench) -> None:
    """The last reading of a storm takes all its posts, whatever their age."""
    collector = _deliver(bench)

    read = _collect_all(bench, collector)

    assert read == 1


def test_a_channel_without_delivered_posts_is_not_asked(bench: Bench) -> None:
    """What is only planned has nothing to read."""
    bench.enroll(make_delivery())
    bench.x.unreadable = "nobody should ask"

    read = _collect_all(bench, Collector(bench.equipment))

    assert (read, bench.events.all) == (0, [])


def test_a_platform_that_gives_nothing_is_no_news(bench: Bench) -> None:
    """Facebook has no insights for a Page with few followers: nothing is told, and it is not asked again."""
    collector = _deliver(bench)
    bench.x.metrics = []
    bench.clock.move(AGES[0] + BATCH)

    read = collector.collect(ACME, bench.x)

    assert (read, _is_due(collector)) == (0, False)
    assert bench.events.texts(EventKind.METRICS) == []
