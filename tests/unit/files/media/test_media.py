"""Pictures of a bank."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

import pytest

from stormctl.domain.bank.message import Media, MediaKind
from stormctl.errors import FindingsError
from stormctl.files.media.media import MediaShelf, open_video, read_media
from stormctl.files.media.problems import BadMediaError
from tests.campaigns import make_png
from tests.unit.files.films import VTT, make_mp4

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.campaigns import CampaignFolder

PNG = make_png()
PIXELS = "has more than 50 million pixels, the most that can be made smaller here"


def _shelf(campaign: CampaignFolder) -> MediaShelf:
    return MediaShelf(campaign.root, "messages/imd")


def _encode(kind: str) -> bytes:
    from PIL import Image

    file = BytesIO()
    Image.new("RGB", (4, 4)).save(file, kind)
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
        ("film.mp4", "media-type", "“film.mp4” is damaged: it has no index that could be read"),
        ("film.mov", "media-type", "“film.mov” is really a QuickTime film"),
        ("heavy.png", "media-too-big", "“heavy.png” has 50.1 MB; X takes 5 MB"),
        ("huge.gif", "media-too-big", "“huge.gif” has 30.1 MB; X takes 15 MB"),
        ("wide.png", "media-too-big", f"“wide.png” {PIXELS}"),
        ("wider.png", "media-too-big", f"“wider.png” {PIXELS}"),
        ("small.png", "media-too-small", "“small.png” has 3×200 pixels; X takes 4×4 to 8192×8192"),
        ("narrow.png", "media-too-small", "“narrow.png” has 20000×9 pixels; X takes 4×4 to 8192×8192"),
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
    campaign.write("small.png", make_png(3, 200))
    campaign.write("narrow.png", make_png(20_000, 9))
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
    path.write_bytes(make_png(5, 5))
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


@pytest.mark.parametrize(("written", "stands"), [("NFC", "NFD"), ("NFD", "NFC")])
@pytest.mark.parametrize("name", ["camión/niña.png", "Ệ.png", "가방.png"])
def test_a_picture_is_found_whatever_the_unicode_form_of_its_name(
    campaign: CampaignFolder, name: str, written: Literal["NFC", "NFD"], stands: Literal["NFC", "NFD"]
) -> None:
    """A Mac writes é as two signs, an editor as one: the same name to whoever reads it."""
    campaign.write(unicodedata.normalize(stands, name), PNG)

    media = _shelf(campaign).get(unicodedata.normalize(written, name), "A boat")

    assert (campaign.root / media.file).read_bytes() == PNG


def test_the_form_that_was_written_comes_first(campaign: CampaignFolder) -> None:
    """Where both stand there, each is its own; and no form leads out of the bank."""
    forms = [unicodedata.normalize(form, "é.png") for form in ("NFC", "NFD")]
    for index, name in enumerate(forms):
        campaign.write(name, make_png(5 + index, 5))
    outside = campaign.root / "secret.png"
    outside.write_bytes(PNG)
    (campaign.bank / unicodedata.normalize("NFD", "ó.png")).symlink_to(outside)

    shown = [_shelf(campaign).get(name, "").file for name in forms]

    assert shown == [f"messages/imd/{name}" for name in forms]
    with pytest.raises(BadMediaError, match="leads outside the bank"):
        _shelf(campaign).get("ó.png", "")


def _refuse(*_: object) -> NoReturn:
    pytest.fail("it was examined again")


def _remember(campaign: CampaignFolder, *names: str) -> tuple[list[Media], Path]:
    """Examine pictures, once; return them, and where that is remembered."""
    shelf = _shelf(campaign)
    found = [shelf.get(name, "") for name in names]
    shelf.save()
    return found, campaign.root / ".stormctl/pictures/imd.json"


def test_an_examined_picture_is_remembered(campaign: CampaignFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it is and what was remarked of it, until it changes; Git leaves it alone."""
    names = ("boat.png", "really.png", "film.gif")
    for name, content in zip(names, (PNG, _encode("JPEG"), _encode("GIF")), strict=True):
        campaign.write(name, content)
    before, path = _remember(campaign, *names)
    monkeypatch.setattr("stormctl.files.media.media.clean_picture", _refuse)

    shelf = _shelf(campaign)
    after = [shelf.get(name, "") for name in names]

    assert before == after
    assert [len(shelf.remarks(name)) for name in names] == [0, 1, 0]
    assert "“really.png” is really a JPEG picture" in shelf.remarks("really.png")[0].message
    assert (path.parent.parent / ".gitignore").read_text() == "*\n"


def test_what_a_pull_request_puts_in_its_place_keeps_nobody_waiting(campaign: CampaignFolder) -> None:
    """A pipe is not read, and a folder that is a link is not written through."""
    campaign.write("boat.png", PNG)
    folder, elsewhere = campaign.root / ".stormctl", campaign.root / "elsewhere"
    for place in (folder, elsewhere):
        place.mkdir()
    os.mkfifo(elsewhere / "imd.json")
    (folder / "pictures").symlink_to(elsewhere, target_is_directory=True)

    _remember(campaign, "boat.png")

    assert [path.name for path in elsewhere.iterdir()] == ["imd.json"]


def test_a_picture_that_changed_is_examined_again(campaign: CampaignFolder) -> None:
    """Even if its size and its time are what they were, as a copy may have them."""
    path = campaign.write("boat.png", make_png(5, 6))
    other = campaign.write("other.png", PNG)
    (before, same), _ = _remember(campaign, "boat.png", "other.png")
    stamp = path.stat()
    path.write_bytes(make_png(6, 5).ljust(stamp.st_size, b"\0"))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))

    (after, still), _ = _remember(campaign, "boat.png", "other.png")

    assert path.stat().st_mtime_ns == stamp.st_mtime_ns
    assert before.digest != after.digest
    assert (same, still.digest) == (still, hashlib.sha256(other.read_bytes()).hexdigest())


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.replace('"rules": "', '"rules": "0'),
        lambda told: told.replace('"image/png"', "7").replace('["image"', '["boat"'),
        lambda told: told.replace('"facts": [', '"facts": [1, '),
        lambda told: told.replace('"pictures": {', '"pictures": [{').replace("}}}", "}}]}"),
        lambda told: told[:40],
        lambda _: "[" * 100_000,
        lambda _: "",
    ],
    ids=["other rules", "other types", "more", "a list", "broken off", "nested", "empty"],
)
def test_what_was_remembered_by_other_rules_or_damaged_counts_as_nothing(
    campaign: CampaignFolder, change: Callable[[str], str]
) -> None:
    """The picture is examined as if for the first time, and remembered anew."""
    campaign.write("boat.png", PNG)
    (before,), path = _remember(campaign, "boat.png")
    told = path.read_text()
    path.write_text(change(told))

    (after,), _ = _remember(campaign, "boat.png")

    assert change(told) != told
    assert before == after
    assert path.read_text() == told


def test_what_is_gone_is_forgotten(campaign: CampaignFolder) -> None:
    """What is remembered grows no longer than the bank."""
    for name in ("boat.png", "door.png"):
        campaign.write(name, PNG)
    _, path = _remember(campaign, "boat.png", "door.png")

    _remember(campaign, "door.png")

    assert "door.png" in path.read_text()
    assert "boat.png" not in path.read_text()


def test_a_folder_that_cannot_be_written_is_no_hindrance(campaign: CampaignFolder) -> None:
    """Then each look takes its time."""
    campaign.write("boat.png", PNG)
    (campaign.root / ".stormctl").write_text("a file, where the folder would be")

    (media,), path = _remember(campaign, "boat.png")

    assert media.size == len(PNG)
    assert not path.parent.exists()
