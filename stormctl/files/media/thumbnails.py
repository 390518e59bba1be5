"""Small copies of pictures, for pages that can be mailed."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from stormctl.domain.bank.message import MediaKind
from stormctl.errors import StormctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stormctl.domain.bank.message import Media

SIDE = 480
"""Pixels of the longer side: as wide as a post is drawn."""

QUALITY = 70
"""Of JPEG, in per cent."""

MOST_CHARS = 6_000_000
"""Characters of all thumbnails of a page: mail servers often refuse more than 10 MB."""


def make_thumbnails(
    media: Iterable[Media],
    read: Callable[[Media], bytes],
    most_chars: int = MOST_CHARS,
    *,
    known: dict[str, str] | None = None,
) -> dict[str, str]:
    """Make small copies of pictures, as `data:` addresses by the pictures' digests; videos have none.

    One that would make all of them too large, or that can't be read any more, is left out.

    Args:
        read: reads the bytes of a picture.
        known: those made before, to which new ones are added.
    """
    made = {} if known is None else known
    room = most_chars - sum(map(len, made.values()))
    pictures = {m.digest: m for m in media if m.kind is not MediaKind.VIDEO and m.digest not in made}
    for picture in pictures.values():
        if room < 0:
            break
        try:
            address = _shrink(read(picture))
        except StormctlError:  # its description stands there
            continue
        room -= len(address)
        if room >= 0:
            made[picture.digest] = address
    return made


def _shrink(content: bytes) -> str:
    from PIL import Image

    with Image.open(io.BytesIO(content)) as opened:
        opened.thumbnail((SIDE, SIDE))
        seen = opened.convert("RGBA")
    paper = Image.new("RGB", seen.size, "white")
    paper.paste(seen, mask=seen.getchannel("A"))
    written = io.BytesIO()
    paper.save(written, "JPEG", quality=QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(written.getvalue()).decode('ascii')}"
