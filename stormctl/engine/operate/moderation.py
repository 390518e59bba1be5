"""What those need who answer and moderate comments: every post that is out, with its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.report.status import PublishedPost
from stormctl.files.media.thumbnails import make_thumbnails

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


def shrink_pictures(
    ledger: Ledger, posts: Iterable[PublishedPost], known: dict[str, str] | None = None
) -> dict[str, str]:
    """Return small copies of posts' pictures, as `make_thumbnails` does, from the ledger's own bytes."""
    media = [medium for post in posts for medium in post.media]
    return make_thumbnails(media, lambda picture: ledger.media.load(picture.digest), known=known)
