"""What those need who answer and moderate comments: every post that is out, with its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.report.status import PublishedPost
from stormctl.errors import LedgerError
from stormctl.files.media.thumbnails import MOST_CHARS, shrink

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stormctl.domain.report.status import StormStatus
    from stormctl.ledger.ledger import Ledger


def list_published(ledger: Ledger, storm: StormStatus) -> list[PublishedPost]:
    """Return what of a storm is out, was, or may be, with its newest figures, the newest post first."""
    names = {channel.channel: channel.account_name for channel in storm.channels}
    reach = {post.key: post for post in ledger.metrics.newest(storm.storm_id)}
    return [
        PublishedPost(
            view=view,
            account_name=names.get(view.channel),
            media=media,
            values=reach[view.key].values if view.key in reach else {},
            read_at=reach[view.key].read_at if view.key in reach else None,
        )
        for view, media in ledger.history.published(storm.storm_id)
    ]


def make_thumbnails(
    ledger: Ledger, posts: Iterable[PublishedPost], known: dict[str, str] | None = None
) -> dict[str, str]:
    """Return small copies of the pictures of posts, as `data:` addresses by digest; videos have none.

    One that would make them too large for a page, or that the ledger holds no more, is left out.

    Args:
        known: those made before, to which new ones are added.
    """
    made = {} if known is None else known
    room = MOST_CHARS - sum(map(len, made.values()))
    pictures = {m.digest: m for post in posts for m in post.media if m.kind is not MediaKind.VIDEO}
    for digest in pictures.keys() - made.keys():
        try:
            address = shrink(ledger.media.load(digest))
        except (LedgerError, OSError):  # its description stands there
            continue
        if len(address) <= room:
            made[digest] = address
            room -= len(address)
    return made
