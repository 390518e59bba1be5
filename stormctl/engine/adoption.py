"""A new ledger for a storm that has begun: look on the accounts first, so that nothing goes out twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.text import comparable
from stormctl.errors import UsageError
from stormctl.platforms.adapter import ReadFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stormctl.domain.clock import Moment
    from stormctl.domain.delivery import PlannedDelivery
    from stormctl.engine.equipment import Adapters
    from stormctl.engine.launch import Preparation
    from stormctl.ledger.ledger import Ledger
    from stormctl.platforms.adapter import SeenPost

LOOK_AHEAD = timedelta(minutes=5)
"""How far past our own now the reading goes: platforms' clocks differ from ours."""


def find_published(
    preparation: Preparation, ledger: Ledger, adapters: Adapters, moment: Moment, *, adopt: bool
) -> tuple[Mapping[str, SeenPost], tuple[str, ...]]:
    """Find planned posts that already stand on the accounts, where an empty ledger meets a storm under way.

    Returns:
        The posts by delivery key, to be recorded as delivered; and a line for each account that could
        not be read.

    Raises:
        UsageError: there are some, and `adopt` was not asked for.
    """
    if ledger.history.storms():
        return {}, ()
    found: dict[str, SeenPost] = {}
    unread: list[str] = []
    for channel in preparation.serving:
        planned = [d for d in preparation.plan.deliveries if d.channel == channel]
        first = min((d.slot_at for d in planned), default=None)
        if first is None or first >= moment.at:
            continue
        try:
            reading = adapters.reader(channel).find_recent(first, moment.at + LOOK_AHEAD)
        except ReadFailed as failed:
            unread.append(f"{channel} can't be read for posts that are there already: {failed.reason}")
            continue
        if not reading.complete:
            unread.append(f"{channel} could not be read whole: {reading.reason}")
        found |= _match(planned, reading.posts)
    if found and not adopt:
        example = next(iter(found.values()))
        raise UsageError(
            f"{len(found)} planned posts stand on the accounts already, and the ledger is new: {example.url}",
            "Use the ledger that published them; or launch with --adopt to record them as delivered.",
        )
    return found, tuple(unread)


def _match(planned: list[PlannedDelivery], posts: tuple[SeenPost, ...]) -> dict[str, SeenPost]:
    by_text = {comparable(post.text): post for post in posts}
    texts = {str(d.key): comparable(d.post.text) for d in planned}
    return {key: by_text[text] for key, text in texts.items() if text in by_text}
