"""Pictures of a bank."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.message import Media, MediaKind
from stormctl.errors import FindingsError
from stormctl.files.media import BadMediaError, MediaShelf, read_media
from tests.unit.files.campaigns import make_png

if TYPE_CHECKING:
    from tests.unit.files.campaigns import Campaign

PNG = make_png()


def _shelf(campaign: Campaign) -> MediaShelf:
    return MediaShelf(campaign.root, "messages/imd")


def _encode(kind: str) -> bytes:
    from PIL import Image

    file = BytesIO()
    Image.new("RGB", (2, 2)).save(file, kind)
    return file.getvalue()


def test_a_picture_is_known_by_its_bytes(campaign: Campaign) -> None:
    """A picture's path, type, digest and size are those of the file on disk."""
    campaign.write("images/boat.png", PNG)

    media = _shelf(campaign).get("images/boat.png", "A boat")

    assert media == Media(
        file="messages/imd/images/boat.png",
        alt="A boat",
        kind=MediaKind.IMAGE,
        mime="image/png",
        digest=hashlib.sha256(PNG).hexdigest(),
        size=len(PNG),
    )


@pytest.mark.parametrize(
    ("kind", "name", "mime", "expected"),
    [
        ("JPEG", "a.jpg", "image/jpeg", MediaKind.IMAGE),
        ("JPEG", "a.JPEG", "image/jpeg", MediaKind.IMAGE),
        ("WEBP", "a.webp", "image/webp", MediaKind.IMAGE),
        ("GIF", "a.gif", "image/gif", MediaKind.GIF),
    ],
)
def test_the_four_types_of_the_platforms_are_taken(
    campaign: Campaign, kind: str, name: str, mime: str, expected: MediaKind
) -> None:
    """JPEG, WEBP and GIF are taken beside PNG, under their usual endings."""
    campaign.write(name, _encode(kind))

    media = _shelf(campaign).get(name, "")

    assert (media.mime, media.kind) == (mime, expected)


@pytest.mark.parametrize(
    ("file", "code", "message"),
    [
        ("../other/a.png", "media-outside", "“../other/a.png” points outside the bank"),
        ("/etc/a.png", "media-outside", "“/etc/a.png” points outside the bank"),
        ("C:/a.png", "media-outside", "“C:/a.png” points outside the bank"),
        ("https://example.org/a.png", "media-outside", "“https://example.org/a.png” points outside the bank"),
        ("images\\a.png", "media-outside", "“images\\a.png” has a “\\”"),
        ("link.png", "media-outside", "“link.png” is a link that leads outside the bank"),
        ("missing.png", "media-missing", "there is no “missing.png” in the bank"),
        ("images", "media-missing", "there is no “images” in the bank"),
        ("text.png", "media-type", "“text.png” is not a picture that the platforms take"),
        ("empty.png", "media-type", "“empty.png” is not a picture that the platforms take"),
        ("really.jpg", "media-type", "“really.jpg” is really a PNG picture"),
        ("film.mp4", "media-type", "“film.mp4” is a video: this version publishes pictures only"),
        ("heavy.png", "media-too-big", "“heavy.png” has 5.1 MB; X takes 5 MB"),
        ("huge.gif", "media-too-big", "“huge.gif” has 15.1 MB; X takes 15 MB"),
        ("wide.png", "media-too-big", "“wide.png” has more pixels than any platform shows"),
        ("wider.png", "media-too-big", "“wider.png” has more pixels than any platform shows"),
    ],
)
def test_what_cannot_be_posted_is_refused(campaign: Campaign, file: str, code: str, message: str) -> None:
    """A media file outside the bank, missing, too big or of another type is refused with its code."""
    (campaign.root / "secret.png").write_bytes(PNG)
    (campaign.bank / "link.png").symlink_to(campaign.root / "secret.png")
    campaign.write("images/boat.png", PNG)
    campaign.write("text.png", "not a picture")
    campaign.write("empty.png", b"")
    campaign.write("really.jpg", PNG)
    campaign.write("film.mp4", b"\0\0\0\x18ftypmp42")
    campaign.write("heavy.png", PNG + bytes(5_100_000 - len(PNG)))
    campaign.write("huge.gif", bytes(15_100_000))
    campaign.write("wide.png", make_png(12_000, 12_000))
    campaign.write("wider.png", make_png(60_000, 60_000))

    with pytest.raises(BadMediaError) as caught:
        _shelf(campaign).get(file, "")

    assert (caught.value.code, caught.value.message) == (code, message)


@pytest.mark.parametrize(
    ("file", "hint"),
    [
        ("images/baot.png", "did you mean “images/boat.png”?"),
        ("boat.png", "did you mean “images/boat.png”?"),
        ("x.gif", "put the picture into the bank's folder"),
    ],
)
def test_a_missing_picture_gets_the_nearest_name(campaign: Campaign, file: str, hint: str) -> None:
    """A slip, or a forgotten folder, is answered with the picture that was meant."""
    campaign.write("images/boat.png", PNG)

    with pytest.raises(BadMediaError) as caught:
        _shelf(campaign).get(file, "")

    assert caught.value.hint == hint


def test_a_picture_that_cannot_be_read_is_refused(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture that the system does not let us read says so."""
    campaign.write("boat.png", PNG)

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(BadMediaError, match="can't be read: Permission denied"):
        _shelf(campaign).get("boat.png", "")


def test_each_file_is_opened_once(campaign: Campaign) -> None:
    """A picture that many messages show is read once; a bad one is refused each time."""
    path = campaign.write("boat.png", PNG)
    campaign.write("bad.png", b"")
    shelf = _shelf(campaign)
    first = shelf.get("boat.png", "one")
    path.unlink()

    second = shelf.get("boat.png", "two")

    assert (second.digest, second.alt) == (first.digest, "two")
    for _ in range(2):
        with pytest.raises(BadMediaError):
            shelf.get("bad.png", "")


def test_bytes_are_read_only_as_they_were_checked(campaign: Campaign) -> None:
    """A picture that changed or vanished after the check is not handed on."""
    path = campaign.write("boat.png", PNG)
    media = _shelf(campaign).get("boat.png", "")

    assert read_media(campaign.root, media) == PNG
    path.write_bytes(PNG + b"\0")
    with pytest.raises(FindingsError, match="has changed since it was checked"):
        read_media(campaign.root, media)
    path.unlink()
    with pytest.raises(FindingsError, match="can't be read: No such file"):
        read_media(campaign.root, media)
