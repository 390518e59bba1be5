"""Tests of the bodies' reader."""

from __future__ import annotations

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from stormctl.emulator.core.bodies import BadBodyError, Body, is_form, parse_body, sniff_mime


@given(st.binary(max_size=300), st.text(max_size=50))
def test_what_a_client_packs_is_unpacked(content: bytes, text: str) -> None:
    """A multipart body made by requests gives back the file byte for byte, and the field."""
    request = requests.Request(
        "POST", "http://127.0.0.1/", files={"source": ("boat.png", content)}, data={"caption": text}
    ).prepare()
    assert isinstance(request.body, bytes)

    body = parse_body(request.headers["content-type"], request.body)

    assert body == Body({"caption": text}, {"source": content}, {"source": "boat.png"})


def test_a_form_is_read_with_its_empty_values() -> None:
    """Form-encoded fields arrive decoded."""
    body = parse_body("application/x-www-form-urlencoded; charset=utf-8", b"message=a%26b+c&link=")

    assert body == Body({"message": "a&b c", "link": ""})
    assert is_form("application/x-www-form-urlencoded")


def test_other_types_are_left_alone() -> None:
    """JSON is not a form."""
    assert parse_body("application/json", b"{}") == Body()
    assert not is_form("")


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("multipart/form-data; boundary=b", b"--b\r\ncontent-disposition: form-data; name=a\r\n\r\nx\r\n"),
        ("multipart/form-data", b"--b--"),
        ("multipart/form-data; boundary=b", b"--b\r\ncontent-type: text/plain\r\n\r\nx\r\n--b--"),
        ("application/x-www-form-urlencoded", b"a=\xff"),
    ],
)
def test_broken_bodies_are_refused(content_type: str, content: bytes) -> None:
    """No closing boundary, no boundary at all, a part without name, not UTF-8."""
    with pytest.raises(BadBodyError):
        parse_body(content_type, content)


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
