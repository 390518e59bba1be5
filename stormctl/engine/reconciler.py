"""Settle what is in doubt by reading the account: found, proved not to be there, or for a person to judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.cost import price_of_readings
from stormctl.domain.event import EventKind, StormEvent
from stormctl.domain.resemblance import is_shortened, is_shown_as, recognisable, similarity
from stormctl.engine.reading import is_older, read_account
from stormctl.platforms.adapter import ReadFailed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from stormctl.domain.channel import ChannelId
    from stormctl.domain.clock import Moment
    from stormctl.engine.equipment import Equipment
    from stormctl.ledger.doubts import Doubt
    from stormctl.platforms.adapter import PlatformAdapter, Reading, SeenPost

ALIKE = 0.8
"""From this similarity on, a post without a receipt leaves the delivery in doubt for a person."""

LOOKS = 6
"""Complete readings that must not show a post before a person is asked, where the platform refused it as one
that stands there already. Their absence is no proof then, and to send it again might be the second post."""


class Reconciler:
    """Read the accounts of channels with deliveries in doubt; every reading is kept in the ledger."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._ledger = equipment.ledger
        self._clock = equipment.clock
        self._durations = equipment.durations

    def is_due(self, channel: ChannelId) -> bool:
        """Whether a reading of the channel would bring a doubt further now."""
        return bool(self._due(channel))

    def settle(self, channel: ChannelId, adapter: PlatformAdapter) -> None:
        """Make one reading of the channel and settle every doubt of it that the reading can settle."""
        doubts = self._due(channel)
        if not doubts:
            return
        started = self._clock.moment()
        try:
            reading = read_account(adapter, min(doubt.sending_at for doubt in doubts), started.at)
        except ReadFailed as failed:
            for doubt in doubts:
                self._ledger.doubts.record_reading(doubt, started, complete=False, reason=failed.reason)
            return
        self._ledger.budgets.charge(doubts[0].storm_id, price_of_readings(channel, len(reading.posts)))
        # first what is open, then what is known: whatever is recorded in between is in one of the two
        expected = {recognisable(text) for text in self._ledger.doubts.open_texts(str(channel))}
        known = self._ledger.doubts.known_post_ids(str(channel))
        strangers = [post for post in reading.posts if post.post_id not in known]
        for doubt in doubts:
            others = expected - {recognisable(doubt.post.text)}
            found = _find_same(doubt, strangers, reading, others)
            if found is not None:
                strangers.remove(found)
                self._take(doubt, found)
                twin = _find_same(doubt, strangers, reading, others)
                if twin is not None:
                    strangers.remove(twin)
                    self._raise_alarm(doubt, found, twin)
            elif alike := _find_alike(doubt, strangers, others):
                self._hold(doubt, f"{alike.url} resembles it, but is not the same")
            else:
                self._miss(doubt, reading, started)

    def _take(self, doubt: Doubt, found: SeenPost) -> None:
        self._ledger.doubts.settle_delivered(
            doubt, found.post_id, found.url, self._clock.moment(), "found on the account"
        )
        self._tell(doubt, "it is on the account", url=found.url)

    def _raise_alarm(self, doubt: Doubt, found: SeenPost, twin: SeenPost) -> None:
        """Tell that an account shows a post twice: the first one was hidden until it was sent again."""
        moment = self._clock.moment()
        event = StormEvent(
            kind=EventKind.POSTED_TWICE,
            at=moment.at,
            text=f"{doubt.key}: posted twice: {found.url} and {twin.url} — delete the second one by hand",
            storm_id=doubt.storm_id,
            channel=str(doubt.channel),
            key=doubt.key,
            attempt_id=doubt.attempt_id,
            url=twin.url,
        )
        self._ledger.history.append(event, moment)
        self._equipment.listener(event)

    def _miss(self, doubt: Doubt, reading: Reading, started: Moment) -> None:
        self._ledger.doubts.record_reading(doubt, started, complete=reading.complete, reason=reading.reason)
        if not reading.complete:
            return
        if doubt.is_said_to_stand:
            if sum(earlier.complete for earlier in doubt.readings) + 1 >= LOOKS:
                self._hold(doubt, "the platform says that it stands there already, and does not show it")
        elif self._ledger.doubts.settle_not_there(doubt, self._clock.moment()):
            self._tell(doubt, "two readings prove that it is not there: planned again")

    def _hold(self, doubt: Doubt, reason: str) -> None:
        self._ledger.doubts.hold(doubt, reason, self._clock.moment())
        self._tell(doubt, f"a person must judge: {reason}")

    def _due(self, channel: ChannelId) -> list[Doubt]:
        wall_now = self._clock.moment().wall_at
        return [
            doubt
            for doubt in self._ledger.doubts.open([str(channel)])
            if not doubt.held and self._next_reading_at(doubt) <= wall_now
        ]

    def _next_reading_at(self, doubt: Doubt) -> datetime:
        """Return the real time of the next reading that helps.

        The first one comes at once, since it may find the post. Proof that it is not there needs one
        that starts when the request can't be under way any more, and another a settling time later.
        """
        if not doubt.readings:
            return doubt.sending_wall_at
        certain_from = doubt.sending_wall_at + self._durations.request_limit
        last = doubt.readings[-1].started_at
        return certain_from if last < certain_from else last + self._durations.settling

    def _tell(self, doubt: Doubt, text: str, url: str | None = None) -> None:
        self._equipment.tell(
            EventKind.RECONCILED,
            text,
            channel=doubt.channel,
            storm_id=doubt.storm_id,
            key=doubt.key,
            attempt_id=doubt.attempt_id,
            url=url,
        )


def is_same(doubt: Doubt, post: SeenPost) -> bool:
    """Whether a post on the account is the one in doubt, by its text, and its media where they are told."""
    if doubt.in_reply_to is not None and post.in_reply_to not in {None, doubt.in_reply_to}:
        return False
    if post.media_count is not None and post.media_count != len(doubt.post.media):
        return False
    return is_shown_as(post.text, doubt.post.text, has_media=bool(doubt.post.media))


def _find_same(
    doubt: Doubt, posts: Iterable[SeenPost], reading: Reading, others: Collection[str]
) -> SeenPost | None:
    """Find the post that is in doubt.

    One that is older than the request can't be it, whatever it says; nor is one that may as well be another
    open delivery's, since X did not tell where an address of it leads.
    """
    return next(
        (
            post
            for post in posts
            if is_same(doubt, post)
            and not is_older(post, doubt.sending_at, reading)
            and not (is_shortened(post.text) and _may_be_any_of(others, post, doubt))
        ),
        None,
    )


def _may_be_any_of(others: Iterable[str], post: SeenPost, doubt: Doubt) -> bool:
    has_media = bool(doubt.post.media)
    return any(is_shown_as(post.text, other, has_media=has_media) for other in others)


def _find_alike(doubt: Doubt, posts: Iterable[SeenPost], expected: Collection[str]) -> SeenPost | None:
    """Find a post that resembles the one in doubt, and is not another open delivery's to the letter."""
    return next(
        (
            post
            for post in posts
            if recognisable(post.text) not in expected and similarity(post.text, doubt.post.text) >= ALIKE
        ),
        None,
    )
