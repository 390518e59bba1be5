"""Hold the ledger against what a platform really received."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from stormctl.domain.delivery.delivery import State
from stormctl.domain.report.tally import ChannelTally

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stormctl.domain.report.status import DeliveryView
    from stormctl.engine.launch.emulator_process import ReceivedPost


def tally_channels(
    deliveries: Sequence[DeliveryView], received: Iterable[ReceivedPost]
) -> tuple[tuple[ChannelTally, ...], tuple[str, ...]]:
    """Compare, channel by channel; return the figures and a line for each thing that is not as it should be.

    A post counts as a duplicate when its channel holds the same text more than once: by the
    protocol a text goes out once a channel and day.
    """
    ours: dict[str, list[DeliveryView]] = defaultdict(list)
    for delivery in deliveries:
        ours[delivery.channel].append(delivery)
    theirs: dict[str, list[ReceivedPost]] = defaultdict(list)
    for post in received:
        if not post.deleted:
            theirs[post.channel].append(post)
    tallies, differences = [], []
    for channel in sorted({*ours, *theirs}):
        tally, lines = _tally(channel, ours[channel], theirs[channel])
        tallies.append(tally)
        differences += lines
    return tuple(tallies), tuple(differences)


def _tally(
    channel: str, ours: Sequence[DeliveryView], theirs: Sequence[ReceivedPost]
) -> tuple[ChannelTally, list[str]]:
    delivered = [d for d in ours if d.state is State.DELIVERED]
    receipts = {d.post_id for d in delivered}
    ids = {p.id for p in theirs}
    times = Counter(p.text for p in theirs)
    lost = [d for d in delivered if d.post_id not in ids]
    undelivered = [d for d in ours if d.state is not State.DELIVERED]
    repeated = {text: n for text, n in times.items() if n > 1}
    unexpected = [p for p in theirs if p.id not in receipts and p.text not in repeated]
    lines = [f"{_name(d)} is {d.state.value}: {d.why or 'no reason given'}" for d in undelivered]
    lines += [f"{_name(d)} has a receipt ({d.post_id}), but it is not there" for d in lost]
    lines += [f"{channel}: is there {n} times: {text[:60]}" for text, n in repeated.items()]
    lines += [f"{channel}: no delivery has a receipt for post {p.id}: {p.text[:60]}" for p in unexpected]
    tally = ChannelTally(
        channel=channel,
        planned=len(ours),
        delivered=len(delivered),
        received=len(theirs),
        duplicates=sum(n - 1 for n in repeated.values()),
        lost=len(lost),
        unexpected=len(unexpected),
        open=len(undelivered),
    )
    return tally, lines


def _name(delivery: DeliveryView) -> str:
    return delivery.key.removeprefix(f"{delivery.storm_id}/")
