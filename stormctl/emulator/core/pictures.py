"""What an uploaded file really is, by its bytes."""

from __future__ import annotations

import re


def sniff_mime(content: bytes) -> str | None:
    """Return the media type that the first bytes show; None if it is none the platforms take."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:6] in {b"GIF87a", b"GIF89a"}:
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        return "video/mp4"
    return None


def is_subrip(content: bytes) -> bool:
    """Say whether a file holds captions as SubRip or WebVTT write them."""
    text = content.decode("utf-8", "replace")
    return re.search(r"\d\d:\d\d[.,]\d{3} +--> +(\d+:)?\d\d:\d\d[.,]\d{3}", text) is not None
