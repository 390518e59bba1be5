"""Settle what is in doubt by reading the account: found, proved absent, or left to a person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.bank.resemblance import is_shortened, is_shown_as, recognisable, similarity
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import NOT_THERE_AFTER_ALL, State
from stormctl.domain.plan.cost import price_of_readings
from stormctl.engine.base.account_readings import is_older, read_account
from stormctl.platforms.adapter import ReadFailed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.equipment import Equipment
    from stormctl.ledger.delivery.doubts import Doubt, SearchedPost
    from stormctl.ledger.delivery.follow_ups import FollowUp
    from stormctl.platforms.adapter import PlatformAdapter, Reading, SeenPost

ALIKE = 0.8
"""From this similarity on, a post without a receipt leaves the delivery in doubt for a person."""

REST = timedelta(minutes=1)
"""Real time until a reading that is due after something was sent again is tried again, where it failed."""

TRIES = 3
"""How often such readings are tried at the end of a rehearsal."""


class Reconciler:
    """Read the accounts of channels where something is in doubt, or may stand twice since it was sent again.

    Every reading is kept in the ledger.
    """

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._ledger = equipment.ledger
        self._clock = equipment.clock
        self._durations = equipment.durations
        self._doubts: list[Doubt] = []
        self._follow_ups: list[FollowUp] = []

    def ask(self) -> None:
        """Ask the ledger what is to be read on all channels; it holds as long as nobody writes there."""
        self._doubts, self._follow_ups = self._ledger.doubts.open(), self._ledger.follow_ups.open()

    def find_due(self) -> set[str]:
        """Return the channels of which a reading is due: for a doubt, or since something was sent again.

        It goes by what was asked last.
        """
        due = (*self._select(self._doubts), *self._select_follow_ups(self._follow_ups, REST))
        return {str(one.channel) for one in due}

    def settle(self, channel: ChannelId, adapter: PlatformAdapter) -> None:
        """Make one reading of the channel, for every doubt that it can settle and all that is due again."""
        doubts = self._select(self._ledger.doubts.open([str(channel)]))
        self._read(channel, adapter, doubts, self._due_follow_ups(channel, REST))

    def follow_up(self, channel: ChannelId, adapter: PlatformAdapter) -> None:
        """Make the readings of the channel that are due since something was sent again, without a rest."""
        for _ in range(TRIES):
            self._read(channel, adapter, [], self._due_follow_ups(channel, timedelta()))

    def _read(
        self,
        channel: ChannelId,
        adapter: PlatformAdapter,
        doubts: Sequence[Doubt],
        follow_ups: Sequence[FollowUp],
    ) -> None:
        sought = [*doubts, *follow_ups]
        if not sought:
            return
        # from its beginning, not its end: a post that appears meanwhile may be on a page that was read before
        started = self._clock.moment()
        try:
            reading = read_account(adapter, min(one.sending_at for one in sought), started.at)
        except ReadFailed as failed:
            for doubt in doubts:
                self._ledger.doubts.record_reading(doubt, started, complete=False, reason=failed.reason)
            self._ledger.follow_ups.record(follow_ups, started, complete=False)
            return
        self._ledger.budgets.charge(sought[0].storm_id, price_of_readings(channel, len(reading.posts)))
        # first what is open, then what is known: whatever is recorded in between is in one of the two
        expected = self._open_texts(channel)
        known = self._ledger.doubts.known_post_ids(str(channel))
        strangers = [post for post in reading.posts if post.post_id not in known]
        for doubt in doubts:
            others = expected - {recognisable(doubt.post.text)}
            same = _find_same(doubt, strangers, reading, others)
            if same:
                strangers.remove(same[-1])  # the oldest
                self._take(doubt, same[-1])
            elif alike := _find_alike(doubt, strangers, others):
                self._hold(doubt, f"{alike.url} resembles it, but is not the same")
            else:
                self._miss(doubt, reading, started)
        self._note_copies(sought, strangers, reading)
        self._ledger.follow_ups.record(follow_ups, started, complete=reading.complete)

    def _open_texts(self, channel: ChannelId) -> set[str]:
        return {recognisable(text) for text in self._ledger.doubts.open_texts(str(channel))}

    def _note_copies(
        self, sought: Sequence[SearchedPost], strangers: Sequence[SeenPost], reading: Reading
    ) -> None:
        """Note every post that is nobody's and says what a delivery says that was in doubt or sent again.

        While something that says the same is under way or in doubt, the post may be that one's.
        """
        expected = self._open_texts(sought[0].channel) if strangers else set()
        for one in {one.key: one for one in reversed(sought)}.values():
            same = _find_same(one, strangers, reading, expected)
            for post in [] if recognisable(one.post.text) in expected else same:
                moment = self._clock.moment()
                event = self._ledger.follow_ups.note_found(one, post.post_id, post.url, moment)
                if event is not None:
                    self._equipment.listener(event)

    def _take(self, doubt: Doubt, found: SeenPost) -> None:
        how = "found on the account"
        if self._ledger.doubts.settle_delivered(doubt, found.post_id, found.url, self._clock.moment(), how):
            self._tell(doubt, "it is on the account", url=found.url)

    def _miss(self, doubt: Doubt, reading: Reading, started: Moment) -> None:
        self._ledger.doubts.record_reading(doubt, started, complete=reading.complete, reason=reading.reason)
        if not reading.complete:
            return
        patience = {"request_limit": self._durations.request_limit, "settling": self._settling(doubt.channel)}
        match self._ledger.doubts.settle_not_there(doubt, self._clock.moment(), **patience):
            case State.PLANNED:
                self._tell(doubt, "two readings prove that it is not there: planned again")
            case State.FAILED:
                self._tell(doubt, NOT_THERE_AFTER_ALL, kind=EventKind.FAILED)
            case _:
                pass  # not proved yet, or settled meanwhile

    def _hold(self, doubt: Doubt, reason: str) -> None:
        self._ledger.doubts.hold(doubt, reason, self._clock.moment())
        self._tell(doubt, f"needs a decision: {reason}")

    def _select(self, doubts: Iterable[Doubt]) -> list[Doubt]:
        """Return the doubts for which another reading helps now."""
        wall_now = self._clock.moment().wall_at
        return [doubt for doubt in doubts if not doubt.held and self._next_reading_at(doubt) <= wall_now]

    def _next_reading_at(self, doubt: Doubt) -> datetime:
        """Return the real time of the next reading that helps.

        The first one comes at once, since it may find the post. Proof that it is not there needs one
        that starts when the request can't be under way any more, and another a settling time later.
        """
        if not doubt.readings:
            return doubt.sending_wall_at
        certain_from = doubt.sending_wall_at + self._durations.request_limit
        last = doubt.readings[-1].started_at
        return certain_from if last < certain_from else last + self._settling(doubt.channel)

    def _due_follow_ups(self, channel: ChannelId, rest: timedelta) -> list[FollowUp]:
        return self._select_follow_ups(self._ledger.follow_ups.open(str(channel)), rest)

    def _select_follow_ups(self, follow_ups: Iterable[FollowUp], rest: timedelta) -> list[FollowUp]:
        moment = self._clock.moment()
        return [
            one
            for one in follow_ups
            if one.due_at <= moment.at
            and (one.tried_wall_at is None or abs(moment.wall_at - one.tried_wall_at) >= rest)
        ]

    def _settling(self, channel: ChannelId) -> timedelta:
        return self._durations.settling[channel.platform]

    def _tell(
        self, doubt: Doubt, text: str, url: str | None = None, kind: EventKind = EventKind.RECONCILED
    ) -> None:
        self._equipment.tell(
            kind,
            text,
            channel=doubt.channel,
            storm_id=doubt.storm_id,
            key=doubt.key,
            attempt_id=doubt.attempt_id,
            url=url,
        )


def is_same(sought: SearchedPost, post: SeenPost) -> bool:
    """Whether a post on the account is the one in doubt, by its text, and its media where they are told."""
    if sought.in_reply_to is not None and post.in_reply_to not in {None, sought.in_reply_to}:
        return False
    if post.media_count is not None and post.media_count != len(sought.post.media):
        return False
    return is_shown_as(post.text, sought.post.text, has_media=bool(sought.post.media))


def _find_same(
    sought: SearchedPost, posts: Iterable[SeenPost], reading: Reading, others: Collection[str]
) -> list[SeenPost]:
    """Find the posts that say what is looked for: one, unless it is there twice.

    One that is older than the request can't be it, whatever it says; nor is one that may as well be another
    open delivery's, since X did not tell where an address of it leads.
    """
    return [
        post
        for post in posts
        if is_same(sought, post)
        and not is_older(post, sought.sending_at, reading)
        and not (is_shortened(post.text) and _may_be_any_of(others, post, sought))
    ]


def _may_be_any_of(others: Iterable[str], post: SeenPost, sought: SearchedPost) -> bool:
    has_media = bool(sought.post.media)
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
