"""Upload media with its alt text before it is needed, so that publishing is one small request."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import ALT_REFUSED, NotSent, Refused
from stormctl.errors import FindingsError, LedgerError
from stormctl.files.media.media import open_video
from stormctl.platforms.adapter import Captions, MediaFile, PrepareFailed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from stormctl.domain.bank.message import Media
    from stormctl.domain.base.clock import Moment
    from stormctl.domain.delivery.delivery import Claim, Outcome
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.equipment import Equipment
    from stormctl.ledger.journal.media import StoredUpload
    from stormctl.platforms.adapter import Content, PlatformAdapter

    _Name = tuple[str, str, str, bool]

AHEAD = timedelta(minutes=5)
"""How long before its slot, on the storm's clock, a delivery's media is uploaded."""

LEASE_REQUESTS = 6
"""An upload is a handful of requests; its lease lasts as long as this many of them may."""

LEASE_REQUESTS_OF_VIDEO = 60
"""A video goes up in many parts, and the platform processes it for minutes."""


@dataclass(frozen=True, slots=True)
class _Failure:
    outcome: Outcome
    wall_at: datetime

    @property
    def is_for_good(self) -> bool:
        return isinstance(self.outcome, Refused) and self.outcome.for_good


class Uploader:
    """Keep the platforms' media ids of coming deliveries in the ledger."""

    def __init__(self, equipment: Equipment, runner_id: str) -> None:
        self._equipment = equipment
        self._ledger = equipment.ledger
        self._clock = equipment.clock
        self._runner_id = runner_id
        self._failures: dict[_Name, _Failure] = {}
        self._turns: dict[_Name, threading.Lock] = {}
        self._missing: list[tuple[str, Media]] = []
        self._more_at: datetime | None = None

    def prepare(self, channel: ChannelId, adapter: PlatformAdapter, ahead: timedelta = AHEAD) -> None:
        """Upload what the channel's deliveries due within `ahead` need and don't have yet.

        For what a halt covers nothing is uploaded. What fails is kept in mind for
        `ids_of`, and tried again after `upload_rest` unless it was refused for good.
        """
        for media in self._wanted(channel, ahead):
            # the lease tells runners apart, not this runner's publishing and reading threads
            with self._turns.setdefault(_name(channel, media), threading.Lock()):
                if not self._rests(channel, media):
                    self._upload(channel, media, adapter)

    def ask(self) -> None:
        """Ask the ledger what is to be uploaded on all channels; it holds as long as nobody writes there."""
        moment, backlog = self._clock.moment(), self._ledger.backlog
        self._missing = backlog.to_prepare(moment, AHEAD)
        slot_at = backlog.next_media_slot(moment.at + AHEAD)
        self._more_at = None if slot_at is None else slot_at - AHEAD

    def find_due(self) -> set[str]:
        """Return the channels on which `prepare` has something to upload now, by what was asked last."""
        if self._more_at is not None and self._more_at <= self._clock.moment().at:
            self.ask()
        return {channel for channel, media in self._missing if not self._rests(channel, media)}

    def is_resting(self) -> bool:
        """Whether an upload that failed will be tried again soon, in real time: a fast clock waits for it."""
        return any(not f.is_for_good and self._is_fresh(f) for f in list(self._failures.values()))

    def find_start(self, channels: Iterable[ChannelId], moment: Moment, next_due: datetime) -> datetime:
        """Return when the first work is for what is due at `next_due`: its upload, or the post itself.

        Args:
            moment: before `ask`, since the clock may be fast: what starts in between is due.
        """
        start, names = next_due - AHEAD, [str(channel) for channel in channels]
        if start <= moment.at or not self._ledger.backlog.to_prepare(moment, next_due - moment.at, names):
            return next_due
        return start

    def ids_of(self, claim: Claim) -> tuple[str, ...] | NotSent | Refused:
        """Return the media ids to attach to the claim's post, in order, or why there are none."""
        ids: list[str] = []
        moment = self._clock.moment()
        for media in claim.post.media:
            upload = self._ledger.media.find_upload(str(claim.channel), media, moment)
            if upload is not None:
                ids.append(upload.media_id)
                continue
            failure = self._failures.get(_name(claim.channel, media))
            if failure is None:
                return NotSent(reason=f"{media.file} is not uploaded yet")
            if isinstance(failure.outcome, Refused):
                return _offer_without(claim, failure.outcome)
            return NotSent(reason=f"{media.file} could not be uploaded: {failure.outcome.reason}")  # type: ignore[union-attr]  # adapters never fail with Delivered
        return tuple(ids)

    def spend(self, claim: Claim) -> list[tuple[Media, StoredUpload]]:
        """Forget uploads that no other post can carry, before the request is written that carries them.

        Should this process die, nobody can tell from the ledger whether they are still free.

        Returns:
            What was forgotten, for `give_back`.
        """
        if not claim.post.media or not claim.channel.platform.facts.attaches_once:
            return []
        channel, moment = str(claim.channel), self._clock.moment()
        found = [
            (media, self._ledger.media.find_upload(channel, media, moment)) for media in claim.post.media
        ]
        self._ledger.media.forget_uploads(channel, claim.post.media)
        return [(media, upload) for media, upload in found if upload is not None]

    def give_back(self, claim: Claim, spent: Iterable[tuple[Media, StoredUpload]]) -> None:
        """Remember uploads again that no post carries: the request was not made, or was refused for now."""
        moment = self._clock.moment()
        try:
            for media, upload in spent:
                self._ledger.media.record_upload(
                    str(claim.channel), media, upload.media_id, upload.expires_at, moment
                )
        except LedgerError as error:
            text = f"{claim.message_id}: its media will be uploaded again: {error.message}"
            self._equipment.tell(EventKind.WARNING, text, channel=claim.channel)

    def renew(self, claim: Claim, refused: Refused) -> Refused:
        """Forget uploads that the platform does not know any more, so that they are made again, once.

        Returns:
            The refusal, for now the first time and for good the second.
        """
        try:
            earlier = self._ledger.history.attempts(claim.key)
            self._ledger.media.forget_uploads(str(claim.channel), claim.post.media)
        except LedgerError:
            return replace(refused, for_good=False)
        was_so = any(attempt.code == refused.code and attempt.id != claim.attempt_id for attempt in earlier)
        return refused if was_so else replace(refused, for_good=False)

    def _wanted(self, channel: ChannelId, ahead: timedelta) -> list[Media]:
        missing = self._ledger.backlog.to_prepare(self._clock.moment(), ahead, [str(channel)])
        return [media for _, media in missing if not self._rests(channel, media)]

    def _upload(self, channel: ChannelId, media: Media, adapter: PlatformAdapter) -> None:
        moment = self._clock.moment()
        requests = LEASE_REQUESTS_OF_VIDEO if media.kind is MediaKind.VIDEO else LEASE_REQUESTS
        lease = self._equipment.durations.request_limit * requests
        store = self._ledger.media
        if not store.lease_upload(str(channel), media, self._runner_id, moment, lease):
            return
        if store.find_upload(str(channel), media, moment) is not None:  # another was faster
            store.release_upload(str(channel), media, self._runner_id)
            return
        try:
            with ExitStack() as opened:
                upload = adapter.prepare(self._read(media, opened))
        except (PrepareFailed, FindingsError) as failed:
            moment = self._clock.moment()
            store.release_upload(str(channel), media, self._runner_id)
            # a file that can't be read, even in the middle of it, may be put back: nothing was published
            outcome = failed.outcome if isinstance(failed, PrepareFailed) else NotSent(reason=str(failed))
            self._failures[_name(channel, media)] = _Failure(outcome, moment.wall_at)
            text = f"{media.file} could not be uploaded: {failed}"
            self._equipment.tell(EventKind.WARNING, text, channel=channel)
            return
        moment = self._clock.moment()
        store.record_upload(str(channel), media, upload.media_id, upload.expires_at, moment)
        self._failures.pop(_name(channel, media), None)
        self._equipment.tell(EventKind.PREPARED, f"{media.file} is uploaded", channel=channel)

    def _read(self, media: Media, opened: ExitStack) -> MediaFile:
        """Read a picture from the ledger, or open a video in the campaign folder for as long as it is needed.

        Raises:
            PrepareFailed: this runner has no campaign folder; another may have it.
            FindingsError: the video is not on this machine as it was checked.
        """
        content: Content = b""
        captions = None
        if media.kind is not MediaKind.VIDEO:
            content = self._ledger.media.load(media.digest)
        elif self._equipment.root is None:
            raise PrepareFailed(NotSent(reason="this runner has no campaign folder"))
        else:
            film = opened.enter_context(open_video(self._equipment.root, media))
            content = film.content
            if film.captions is not None and film.captions_lang is not None:
                captions = Captions(film.captions, film.captions_lang)
        return MediaFile(
            content=content,
            mime=media.mime,
            kind=media.kind,
            alt=media.alt,
            # not the file's own: it may name someone, and its ending may be of what it was before
            name=f"{media.kind.value}.{PurePosixPath(media.mime).name}",
            captions=captions,
            made_with_ai=media.made_with_ai,
        )

    def _rests(self, channel: ChannelId | str, media: Media) -> bool:
        failure = self._failures.get(_name(channel, media))
        return failure is not None and (failure.is_for_good or self._is_fresh(failure))

    def _is_fresh(self, failure: _Failure) -> bool:
        rested = abs(self._clock.moment().wall_at - failure.wall_at)  # a clock that is set back ends it too
        return rested < self._equipment.durations.upload_rest


def _offer_without(claim: Claim, refused: Refused) -> Refused:
    """Add to the refusal of a description how the post goes out without it, which is a person's to say."""
    if not refused.code.endswith(ALT_REFUSED):
        return refused
    command = f"stormctl retry {claim.key} --without-alt"
    return replace(refused, reason=f"{refused.reason} — to send it without its description: {command}")


def _name(channel: ChannelId | str, media: Media) -> _Name:
    return str(channel), media.digest, media.alt, media.made_with_ai
