"""Tests of what a file really is."""

from __future__ import annotations

import pytest

from stormctl.emulator.core.pictures import sniff_mime


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0....", "image/jpeg"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"....ftypisom", "video/mp4"),
        (b"<svg/>", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_the_type(content: bytes, expected: str | None) -> None:
    """Names and headers are not believed."""
    assert sniff_mime(content) == expected
