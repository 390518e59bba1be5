"""A ledger that may not know what was published: look on the accounts before anything is enrolled."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from stormctl.domain.bank.resemblance import is_shortened, is_shown_as, recognisable
from stormctl.domain.base.amounts import count
from stormctl.domain.delivery.delivery import Delivered, State
from stormctl.domain.plan.cost import price_of_readings
from stormctl.engine.base.account_readings import is_older, read_account
from stormctl.errors import CredentialsError, UsageError
from stormctl.ledger.delivery.enrolment import Adoption
from stormctl.ledger.journal.gaps import Unknown
from stormctl.platforms.adapter import ReadFailed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.delivery.delivery import PlannedDelivery
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.equipment import Adapters
    from stormctl.engine.launch.preparation import Preparation
    from stormctl.ledger.ledger import Ledger
    from stormctl.platforms.adapter import Reading, SeenPost


def find_published(
    preparation: Preparation, ledger: Ledger, adapters: Adapters, moment: Moment, *, adopt: bool
) -> Adoption:
    """Find planned posts that are already on the accounts, where the ledger may not know of them.

    That is where it has never enrolled a storm whose first slot has passed, and where new deliveries
    fall into one of its gaps. Otherwise nothing is read: on X readings cost money.

    Raises:
        UsageError: there are some, and `adopt` was not asked for.
    """
    published: dict[str, Delivered] = {}
    unknown: list[Unknown] = []
    cost_usd_micros = 0
    serving = frozenset(preparation.serving)
    doubtful = _by_channel(_find_doubtful(preparation, ledger, moment))
    known = _known_keys(ledger, preparation.storm.id) if doubtful else set()
    # What comes later may stand there too, so all that is new on a channel is looked for.
    new = _by_channel(d for d in preparation.plan.deliveries if str(d.key) not in known)
    for channel, due in doubtful.items():
        first = min(delivery.slot_at for delivery in due)
        reading, why = _read(serving, adapters, channel, first, moment)
        posts = [post for post in reading.posts if not is_older(post, first, reading)] if reading else []
        found = _match(new[channel], posts)
        published |= {key: Delivered(post_id=post.post_id, url=post.url) for key, post in found.items()}
        cost_usd_micros += price_of_readings(channel, len(reading.posts)) if reading else 0
        if why:
            left = tuple(str(delivery.key) for delivery in due if str(delivery.key) not in found)
            unknown.append(Unknown(channel=str(channel), keys=left, since=first, why=why))
    if published and not adopt:
        example = next(iter(published.values()))
        raise UsageError(
            f"{count(len(published), 'planned post is', 'planned posts are')} already on the accounts, "
            f"unknown to the ledger: {example.url}",
            "Use the ledger that published them; or launch with --adopt to record them as delivered.",
        )
    return Adoption(published=published, unknown=tuple(unknown), cost_usd_micros=cost_usd_micros)


def _find_doubtful(preparation: Preparation, ledger: Ledger, moment: Moment) -> list[PlannedDelivery]:
    """Find the deliveries that are new to the ledger, were due, and may have been published elsewhere."""
    due = [d for d in preparation.plan.deliveries if d.slot_at < moment.at]
    if not due or preparation.storm.id not in ledger.history.storms():
        return due
    gaps = ledger.gaps.list()
    inside = [d for d in due if any(gap.since <= d.slot_at <= gap.until for gap in gaps)]
    known = _known_keys(ledger, preparation.storm.id) if inside else set()
    return [delivery for delivery in inside if str(delivery.key) not in known]


def _by_channel(deliveries: Iterable[PlannedDelivery]) -> dict[ChannelId, list[PlannedDelivery]]:
    found: dict[ChannelId, list[PlannedDelivery]] = defaultdict(list)
    for delivery in deliveries:
        found[delivery.channel].append(delivery)
    return found


def _known_keys(ledger: Ledger, storm_id: str) -> Collection[str]:
    """Return what is enrolled; what was called off may come back with the plan, and be as new."""
    views = ledger.history.deliveries(storm_id)
    return {view.key for view in views if view.state is not State.CANCELLED}


def _read(
    serving: Collection[ChannelId],
    adapters: Adapters,
    channel: ChannelId,
    first: datetime,
    moment: Moment,
) -> tuple[Reading | None, str]:
    """Read an account; return what it shows, and why that may not be everything."""
    if channel not in serving:
        return None, f"{channel} is left out or can't be used, so it was not read"
    try:
        reading = read_account(adapters.reader(channel), first, moment.at)
    except ReadFailed as failed:
        return None, f"{channel} can't be read for posts that are already there: {failed.reason}"
    except CredentialsError as error:
        return None, f"{channel} can't be read for posts that are already there: {error.message}"
    return reading, "" if reading.complete else f"{channel} could not be read completely: {reading.reason}"


def _match(planned: Sequence[PlannedDelivery], posts: Sequence[SeenPost]) -> dict[str, SeenPost]:
    by_text = {recognisable(post.text): post for post in posts}
    texts = {str(delivery.key): recognisable(delivery.post.text) for delivery in planned}
    found = {key: by_text[text] for key, text in texts.items() if text in by_text}
    for post in posts:
        if is_shortened(post.text):
            alike = [d for d in planned if str(d.key) not in found and _is_shown_as(post, d)]
            if len(alike) == 1:  # else nobody knows which of them it is
                found[str(alike[0].key)] = post
    return found


def _is_shown_as(post: SeenPost, delivery: PlannedDelivery) -> bool:
    return is_shown_as(post.text, delivery.post.text, has_media=bool(delivery.post.media))
