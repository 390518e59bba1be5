"""Images by digest, and what was uploaded of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import to_micros
from stormctl.errors import FindingsError, LedgerError
from stormctl.ledger.journal.rows import maybe_instant, maybe_micros

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from stormctl.domain.bank.message import Media
    from stormctl.domain.base.clock import Moment
    from stormctl.ledger.db.sessions import Database, Session

SAFETY = timedelta(minutes=1)
"""An upload that is gone so soon (real time) counts as gone: the post needs time to be published."""


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """Media on a platform: its id there, and until when (real time); None if the platform didn't say."""

    media_id: str
    expires_at: datetime | None


class MediaStore:
    """The bytes that deliveries need, for every runner, and their uploads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def store(self, digest: str, mime: str, content: bytes, moment: Moment) -> None:
        """Store bytes under their SHA-256 in hex; the same bytes are stored once.

        Raises:
            FindingsError: if they are not the bytes of that digest: the file changed after it was planned.
        """
        if hashlib.sha256(content).hexdigest() != digest:
            message = f"a {mime} file is no longer what was planned (SHA-256 {digest[:12]}…)"
            raise FindingsError(message, "Don't change pictures while a storm is launched; launch again.")
        with self._database.transaction() as session:
            session.write(
                "store_media", digest=digest, mime=mime, content=content, wall_now=to_micros(moment.wall_at)
            )

    def load(self, digest: str) -> bytes:
        """Load the bytes of a digest.

        Raises:
            LedgerError: if they are not there, or damaged.
        """
        with self._database.reading() as session:
            row = session.find("load_media", digest=digest)
        if row is None or hashlib.sha256(row["content"]).hexdigest() != digest:
            trouble = "does not hold" if row is None else "holds, damaged,"
            message = f"the ledger {trouble} the picture {digest[:12]}…"
            raise LedgerError(message, "`stormctl launch` stores the pictures of a storm again.")
        return bytes(row["content"])

    def has(self, digest: str) -> bool:
        """Whether the bytes of a digest are stored."""
        with self._database.reading() as session:
            return session.find("has_media", digest=digest) is not None

    def find_upload(self, channel: str, media: Media, moment: Moment) -> StoredUpload | None:
        """Find an upload of the same bytes with the same description that is valid for `SAFETY` more."""
        with self._database.reading() as session:
            return find_valid_upload(session, channel, media, moment)

    def record_upload(
        self, channel: str, media: Media, media_id: str, expires_at: datetime | None, moment: Moment
    ) -> None:
        """Write down an upload with its expiry (real time), and end its lease."""
        with self._database.transaction() as session:
            session.write(
                "record_upload",
                **_key(channel, media),
                media_id=media_id,
                expires_wall_at=maybe_micros(expires_at),
                wall_now=to_micros(moment.wall_at),
            )

    def forget_uploads(self, channel: str, media: Iterable[Media]) -> None:
        """Let each be uploaded again when it is needed again."""
        with self._database.transaction() as session:
            for item in media:
                session.write("forget_upload", **_key(channel, item))

    def lease_upload(
        self, channel: str, media: Media, runner_id: str, moment: Moment, lease: timedelta
    ) -> bool:
        """Take the exclusive right to upload, for `lease` of real time; False if another runner has it."""
        with self._database.transaction() as session:
            taken = session.write(
                "lease_upload",
                **_key(channel, media),
                runner_id=runner_id,
                wall_now=to_micros(moment.wall_at),
                lease_until=to_micros(moment.wall_at + lease),
            )
        return taken > 0

    def release_upload(self, channel: str, media: Media, runner_id: str) -> None:
        """Give the right to upload back."""
        with self._database.transaction() as session:
            session.write("release_upload", **_key(channel, media), runner_id=runner_id)


def find_valid_upload(session: Session, channel: str, media: Media, moment: Moment) -> StoredUpload | None:
    """Find what `MediaStore.find_upload` does, within a transaction."""
    row = session.find("find_upload", **_key(channel, media), valid_at=to_micros(moment.wall_at + SAFETY))
    return None if row is None else StoredUpload(row["media_id"], maybe_instant(row["expires_wall_at"]))


def _key(channel: str, media: Media) -> dict[str, str]:
    """Return an upload's identity: what is said of the bytes belongs to it, since platforms keep it there."""
    said = media.alt + ("\0made with AI" if media.made_with_ai else "")
    alt_digest = hashlib.sha256(said.encode()).hexdigest()
    return {"channel": channel, "digest": media.digest, "alt_digest": alt_digest}
