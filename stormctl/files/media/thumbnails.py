"""Small copies of pictures, for pages that can be mailed."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from stormctl.domain.bank.message import MediaKind
from stormctl.errors import FindingsError
from stormctl.files.media.media import read_media

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from stormctl.domain.bank.message import Media

SIDE = 480
"""Pixels of the longer side: as wide as a post is drawn."""

QUALITY = 70
"""Of JPEG, in per cent."""

MOST_CHARS = 6_000_000
"""Characters of all thumbnails of a page: mail servers often refuse more than 10 MB."""


def make_thumbnails(root: Path, media: Iterable[Media], most_chars: int = MOST_CHARS) -> dict[str, str]:
    """Make small copies of pictures, as `data:` addresses by the pictures' digests; videos have none.

    One that would make all of them too large, or whose file has vanished or changed, is left out.
    """
    made: dict[str, str] = {}
    room = most_chars
    for picture in {m.digest: m for m in media if m.kind is not MediaKind.VIDEO}.values():
        if room < 0:
            break
        try:
            address = _shrink(read_media(root, picture))
        except FindingsError:
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
