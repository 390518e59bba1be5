"""Pictures of a bank."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import Media, MediaKind
from stormctl.errors import FindingsError
from stormctl.files.media.media import MediaShelf, open_video, read_media
from stormctl.files.values import BadMediaError
from tests.campaigns import make_png
from tests.unit.files.films import VTT, make_mp4

if TYPE_CHECKING:
    from tests.campaigns import CampaignFolder

PNG = make_png()


def _shelf(campaign: CampaignFolder) -> MediaShelf:
    return MediaShelf(campaign.root, "messages/imd")


def _encode(kind: str) -> bytes:
    from PIL import Image

    file = BytesIO()
    Image.new("RGB", (2, 2)).save(file, kind)
    return file.getvalue()


def test_a_picture_is_known_by_its_bytes(campaign: CampaignFolder) -> None:
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
        ("WEBP", "a.webp", "image/jpeg", MediaKind.IMAGE),
        ("GIF", "a.gif", "image/gif", MediaKind.GIF),
    ],
)
def test_the_four_types_of_the_platforms_are_taken(
    campaign: CampaignFolder, kind: str, name: str, mime: str, expected: MediaKind
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
        ("film.mp4", "media-type", "“film.mp4” is damaged: it has no index that could be read"),
        ("film.mov", "media-type", "“film.mov” is really a QuickTime film"),
        ("heavy.png", "media-too-big", "“heavy.png” has 50.1 MB; X takes 5 MB"),
        ("huge.gif", "media-too-big", "“huge.gif” has 30.1 MB; X takes 15 MB"),
        ("wide.png", "media-too-big", "“wide.png” has more pixels than any platform shows"),
        ("wider.png", "media-too-big", "“wider.png” has more pixels than any platform shows"),
    ],
)
def test_what_cannot_be_posted_is_refused(
    campaign: CampaignFolder, file: str, code: str, message: str
) -> None:
    """A media file outside the bank, missing, too big or of another type is refused with its code."""
    (campaign.root / "secret.png").write_bytes(PNG)
    (campaign.bank / "link.png").symlink_to(campaign.root / "secret.png")
    campaign.write("images/boat.png", PNG)
    campaign.write("text.png", "not a picture")
    campaign.write("empty.png", b"")
    campaign.write("really.jpg", PNG)
    campaign.write("film.mp4", b"\0\0\0\x18ftypmp42")
    campaign.write("film.mov", b"\0\0\0\x18ftypqt  ")
    campaign.write_sparse("heavy.png", 50_100_000)
    campaign.write_sparse("huge.gif", 30_100_000)
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
        ("x.gif", "put the file into the bank's folder"),
    ],
)
def test_a_missing_picture_gets_the_nearest_name(campaign: CampaignFolder, file: str, hint: str) -> None:
    """A slip, or a forgotten folder, is answered with the picture that was meant."""
    campaign.write("images/boat.png", PNG)

    with pytest.raises(BadMediaError) as caught:
        _shelf(campaign).get(file, "")

    assert caught.value.hint == hint


def test_a_picture_that_cannot_be_read_is_refused(
    campaign: CampaignFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture that the system does not let us read says so."""
    campaign.write("boat.png", PNG)

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(BadMediaError, match="can't be read: Permission denied"):
        _shelf(campaign).get("boat.png", "")


def test_each_file_is_opened_once(campaign: CampaignFolder) -> None:
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


def test_bytes_are_read_only_as_they_were_checked(campaign: CampaignFolder) -> None:
    """A picture that changed or vanished after the check is not handed on."""
    path = campaign.write("boat.png", PNG)
    media = _shelf(campaign).get("boat.png", "")

    assert read_media(campaign.root, media) == PNG
    path.write_bytes(make_png(3, 3))
    with pytest.raises(FindingsError, match="has changed since it was checked"):
        read_media(campaign.root, media)
    path.unlink()
    with pytest.raises(FindingsError, match="can't be read: No such file"):
        read_media(campaign.root, media)


def test_a_video_is_known_by_its_bytes_and_its_captions(campaign: CampaignFolder) -> None:
    """The digest covers the file and its captions, so that a change of either is noticed."""
    film = make_mp4()
    campaign.write("videos/boat.mp4", film)
    campaign.write("videos/boat.en.vtt", VTT)
    srt = b"1\n00:00:00,500 --> 00:00:02,000\nThe door is open.\n"

    media = _shelf(campaign).get("videos/boat.mp4", "A boat", "videos/boat.en.vtt")

    assert media == Media(
        file="messages/imd/videos/boat.mp4",
        alt="A boat",
        kind=MediaKind.VIDEO,
        mime="video/mp4",
        digest=hashlib.sha256(film + srt).hexdigest(),
        size=len(film),
        captions="messages/imd/videos/boat.en.vtt",
    )


def test_a_video_is_read_without_the_place_of_its_making(campaign: CampaignFolder) -> None:
    """What goes out has the same length, no place in it, and captions in SubRip with their language."""
    campaign.write("boat.mp4", make_mp4(place=b"+52.5200+013.4050/"))
    campaign.write("boat.es.srt", "1\n00:00:00,500 --> 00:00:02,000\nLa puerta.\n")
    media = _shelf(campaign).get("boat.mp4", "", "boat.es.srt")

    with open_video(campaign.root, media) as film:
        content = film.content[:]

    assert (media.size, "es") == (len(content), film.captions_lang)
    assert b"+52.52" not in content
    assert film.captions == b"1\n00:00:00,500 --> 00:00:02,000\nLa puerta.\n"


@pytest.mark.parametrize("changed", ["boat.mp4", "boat.en.srt"])
def test_a_video_that_changed_is_not_handed_on(campaign: CampaignFolder, changed: str) -> None:
    """Neither the video nor its captions may differ from what was checked, or be gone."""
    campaign.write("boat.mp4", make_mp4())
    campaign.write("boat.en.srt", "00:00:00,500 --> 00:00:02,000\nThe door.\n")
    media = _shelf(campaign).get("boat.mp4", "", "boat.en.srt")
    path = campaign.write(changed, (campaign.bank / changed).read_bytes().replace(b"oo", b"aa"))
    path.write_bytes(path.read_bytes() + make_mp4())

    with (
        pytest.raises(FindingsError, match="has changed since it was checked"),
        open_video(campaign.root, media),
    ):
        pytest.fail("it was handed on")
    path.unlink()
    with pytest.raises(FindingsError, match="can't be read: No such file"), open_video(campaign.root, media):
        pytest.fail("it was handed on")


def test_a_video_that_changes_while_it_is_read_is_given_up(campaign: CampaignFolder) -> None:
    """Half of one film and half of another is neither."""
    path = campaign.write("boat.mp4", make_mp4())
    media = _shelf(campaign).get("boat.mp4", "")

    with open_video(campaign.root, media) as film:
        before = film.content[:8]
        path.write_bytes(make_mp4() + b"more")
        with pytest.raises(FindingsError, match="has changed since it was checked"):
            film.content[8:16]

    assert before == make_mp4()[:8]


@pytest.mark.parametrize(
    ("captions", "code", "message"),
    [
        ("boat.srt", "bad-captions", "the name “boat.srt” does not say the language of the captions"),
        ("boat.en.txt", "bad-captions", "“boat.en.txt” is not a captions file"),
        ("words.en.srt", "media-missing", "there is no “words.en.srt” in the bank"),
        ("../boat.en.srt", "media-outside", "“../boat.en.srt” points outside the bank"),
        ("bad.en.srt", "bad-captions", "“bad.en.srt” contains no readable captions"),
    ],
)
def test_captions_that_cannot_be_used_are_refused(
    campaign: CampaignFolder, captions: str, code: str, message: str
) -> None:
    """A captions file names its language, lies in the bank and holds captions."""
    campaign.write("boat.mp4", make_mp4())
    campaign.write("bad.en.srt", "The door is open.")

    with pytest.raises(BadMediaError) as caught:
        _shelf(campaign).get("boat.mp4", "", captions)

    assert (caught.value.code, caught.value.message) == (code, message)
