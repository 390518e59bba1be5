"""A bank read from disk, with everything that is wrong with it."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, NoReturn

import pytest
from PIL import Image

from stormctl.domain.bank.message import LatePolicy, MediaKind, Variant
from stormctl.domain.base.finding import Place, Severity
from stormctl.errors import UsageError
from stormctl.files.bank.bank import find_bank_names, load_bank
from tests.campaigns import make_png
from tests.unit.files.films import VTT, make_mp4

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.domain.base.finding import Finding
    from tests.campaigns import CampaignFolder

FULL = """\
---
hashtags: ["#MigrantsDay", DerechosMigrantes]
link: https://example.org/act
media: [{file: images/boat.png, alt: "A paper boat held in two hands"}]
expires: 2026-12-18 20:00 America/New_York
not_before: 2026-12-18 12:00 America/New_York
late: send
topic: sign-on
partner: north-coalition
priority: 2
consent: yes
credit: A. Volunteer
as_of: 2018-12-01
reply_settings: mentionedUsers
made_with_ai: no
paid_partnership: no
---
Sign before {deadline}. Everyone who moves has rights.
"""


def _lines(findings: list[Finding]) -> list[str]:
    return [f"{f.place} {f.code} {f.message}" for f in findings]


def _only_line(campaign: CampaignFolder) -> str:
    [line] = _lines(load_bank(campaign.root, "imd")[1])
    return line.removeprefix("messages/imd/")


def test_every_key_of_a_message_is_understood(campaign: CampaignFolder) -> None:
    """A message with all front matter becomes a variant with typed values and the lines of its keys."""
    campaign.write("images/boat.png", make_png())
    campaign.write("sign-on.en.last-call.md", FULL)

    bank, findings = load_bank(campaign.root, "imd")

    [variant] = bank.variants
    assert findings == []
    assert variant == Variant(
        message_id="sign-on",
        lang="en",
        label="last-call",
        parts=("Sign before {deadline}. Everyone who moves has rights.",),
        place=Place("messages/imd/sign-on.en.last-call.md", 18),
        starts=((18, 1),),
        lines=variant.lines,
        spots=variant.spots,
        hashtags=("MigrantsDay", "DerechosMigrantes"),
        link="https://example.org/act",
        media=variant.media,
        expires_at=datetime(2026, 12, 19, 1, tzinfo=UTC),
        expires_zone="America/New_York",
        not_before=datetime(2026, 12, 18, 17, tzinfo=UTC),
        late=LatePolicy.SEND,
        topic="sign-on",
        partner="north-coalition",
        priority=2,
        consent=True,
        credit="A. Volunteer",
        as_of=date(2018, 12, 1),
        reply_settings="mentionedUsers",
    )
    assert [media.file for media in variant.media] == ["messages/imd/images/boat.png"]
    assert dict(variant.lines)["expires"] == 5


def test_variants_are_ordered_by_name(campaign: CampaignFolder) -> None:
    """Files become variants in the order of their names; front matter is optional; --- makes a thread."""
    campaign.write("b.en.md", "Two\n---\nparts")
    campaign.write("a.pt-br.md", "Olá")
    campaign.write("a.en.facebook.md", "Hello, Facebook")
    campaign.write("a.en.md", b"\xef\xbb\xbfHello\r\n")

    bank, findings = load_bank(campaign.root, "imd")

    assert findings == []
    assert [(v.name, v.parts) for v in bank.variants] == [
        ("a.en", ("Hello",)),
        ("a.en.facebook", ("Hello, Facebook",)),
        ("a.pt-BR", ("Olá",)),
        ("b.en", ("Two", "parts")),
    ]


def test_pictures_and_readmes_are_no_messages(campaign: CampaignFolder) -> None:
    """What belongs beside messages is passed over in silence."""
    campaign.write("a.en.md", "Text")
    campaign.write("boat.png", make_png())
    campaign.write("images/README.md", "Who drew them.")

    bank, findings = load_bank(campaign.root, "imd")

    assert ([variant.name for variant in bank.variants], findings) == (["a.en"], [])


def test_all_that_is_wrong_is_found_at_once(campaign: CampaignFolder) -> None:
    """No finding hides another, in one file or in several; what is sound is still read."""
    campaign.write("good.en.md", "Fine.")
    campaign.write("bad.en.md", "---\nlnk: https://example.org\nlate: never\nas_of: 2018\n---\nText")
    campaign.write("worse.en.md", "---\nlate: now\nlate: send\n---\n")

    bank, findings = load_bank(campaign.root, "imd")

    assert [variant.name for variant in bank.variants] == ["bad.en", "good.en"]
    assert _lines(findings) == [
        "messages/imd/bad.en.md:2:1 unknown-key unknown key “lnk”",
        "messages/imd/bad.en.md:3:7 bad-value late: “never” is not a policy: choose skip, send or spread",
        "messages/imd/bad.en.md:4:8 bad-value as_of: “2018” is not a day",
        "messages/imd/worse.en.md:2:7 bad-value late: “now” is not a policy: choose skip, send or spread",
        "messages/imd/worse.en.md:3:1 front-matter “late” is written twice",
    ]
    assert {finding.hint for finding in findings} >= {"did you mean “link”?", "write it like 2018-12-01"}
    assert all(finding.is_error for finding in findings)


@pytest.mark.parametrize(
    ("name", "line", "hint"),
    [
        ("boat.md", "boat.md file-name file name: the language is missing", "boat.en.md"),
        (
            "noon.facebook.md",
            "noon.facebook.md file-name file name: “facebook” is not a language code such as en, es or pt-BR",
            "the language comes first: noon.en.facebook.md",
        ),
        (
            "Noon Day.en.md",
            (
                "Noon Day.en.md file-name file name: “Noon Day” is not a name: "
                "a name is small letters, digits, “-” and “_”, at most 64"
            ),
            "name it noon-day.en.md",
        ),
        (
            "noon.en.x.late.md",
            "noon.en.x.late.md file-name file name: it has more than an id, a language and one label",
            "choose one: noon.en.x.md or noon.en.late.md",
        ),
        ("rows.csv", "rows.csv file-not-read spreadsheets are not read by this version", "ID.LANG.md"),
        (
            "folder/a.en.md",
            "folder/a.en.md file-not-read message files in a folder of the bank are not read",
            "messages/imd/",
        ),
    ],
)
def test_a_file_that_would_be_lost_is_an_error(
    campaign: CampaignFolder, name: str, line: str, hint: str
) -> None:
    """A message that would never be posted because of its name or place says so, and what to do."""
    campaign.write(name, "Text")

    [finding] = load_bank(campaign.root, "imd")[1]

    assert _only_line(campaign) == line
    assert hint in finding.hint
    assert finding.is_error


def test_other_files_are_a_warning(campaign: CampaignFolder) -> None:
    """A file that is neither a message nor a picture may stay, with a word about it."""
    campaign.write("notes.txt", "Text")
    campaign.write("a.en.md", "Text")

    [finding] = load_bank(campaign.root, "imd")[1]

    assert (finding.severity, finding.code) == (Severity.WARNING, "file-not-read")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", "a.en.md:1 empty-text there is no text here"),
        ("---\ntopic: x\n---\n\n", "a.en.md:5 empty-text there is no text here"),
        ("One\n---\n---\nThree", "a.en.md:3 empty-text there is no text here"),
        ("---\ntopic: x\n", "a.en.md:1:1 front-matter the front matter that starts here has no end"),
        (
            "One\ntw\u00e9".encode("latin-1"),
            "a.en.md:2 not-utf8 not saved as UTF-8: the byte 0xe9 in line 2 does not belong there",
        ),
        (
            "x" * 65_537,
            "a.en.md file-unreadable can't be read: it is bigger than 64 KiB, the limit for a message",
        ),
        (
            "---\ntopic: x\nRetweet: 123\n---\nText",
            "a.en.md:3:1 not-offered “Retweet” is not possible: stormctl reposts nothing",
        ),
        (
            "---\nPoll_Options: [yes, no]\n---\nText",
            "a.en.md:2:1 not-offered “Poll_Options” is not possible: stormctl posts no polls",
        ),
        (
            "---\nmedia:\n  - file: boat.png\n    poll: x\n---\nText",
            "a.en.md:4:5 unknown-key unknown key “poll” in media[1]",
        ),
        ("---\nmedia: b.png\n---\nText", "a.en.md:2:8 media-missing there is no “b.png” in the bank"),
        (
            "---\nmedia:\n  - fil: b.png\n    file: boat.png\n---\nText",
            "a.en.md:3:5 unknown-key unknown key “fil” in media[1]",
        ),
        ("---\nmedia: [{alt: A boat}]\n---\nText", "a.en.md:2:9 missing-key “file” is missing in media[1]"),
        (
            "---\nmedia:\n  - file: [a]\n---\nText",
            "a.en.md:3:5 bad-value media[1].file: must be a text, not a list",
        ),
        (
            "---\nmedia: [{file: boat.png, captions: a.srt}]\n---\nText",
            "a.en.md:2:36 bad-captions captions belong to a video, and “boat.png” is a picture",
        ),
        (
            f"---\nmedia:\n  - file: boat.png\n    alt: {'x' * 1001}\n---\nText",
            "a.en.md:4:10 alt-too-long the alt text of “boat.png” has 1001 characters; X takes 1000",
        ),
        (
            "---\nmedia: [boat.png, boat.png, boat.png, boat.png, boat.png]\n---\nText",
            "a.en.md:2:1 too-many-media 5 files: a post takes 4 images, or one GIF, or one video",
        ),
        (
            "---\nreply_settings: all\n---\nText",
            (
                "a.en.md:2:17 bad-value reply_settings: "
                "must be following, mentionedUsers, subscribers or verified, not “all”"
            ),
        ),
    ],
)
def test_bad_content_is_a_finding_with_its_line(
    campaign: CampaignFolder, content: str | bytes, line: str
) -> None:
    """Whatever a message file holds, it is reported in one line with its place, and never raises."""
    campaign.write("boat.png", make_png())
    campaign.write("a.en.md", content)

    assert _only_line(campaign) == line


def test_a_text_is_still_there_without_its_picture(campaign: CampaignFolder) -> None:
    """A message whose picture is missing stays in the bank, so that its text is checked in the same run."""
    campaign.write("a.en.md", "---\nmedia: b.png\n---\nText")

    bank, findings = load_bank(campaign.root, "imd")

    assert [(v.name, v.media) for v in bank.variants] == [("a.en", ())]
    assert [finding.code for finding in findings] == ["media-missing"]


def test_the_same_wording_twice_is_an_error(campaign: CampaignFolder) -> None:
    """Two files may not hold the same id, language and label, however the language is spelled."""
    campaign.write("a.pt-BR.md", "Um")
    campaign.write("a.pt-br.md", "Dois")

    bank, _ = load_bank(campaign.root, "imd")

    assert (
        _only_line(campaign) == "a.pt-br.md duplicate-variant “a.pt-BR” is also in messages/imd/a.pt-BR.md:1"
    )
    assert [variant.parts for variant in bank.variants] == [("Um",)]


def test_links_may_not_leave_the_bank(campaign: CampaignFolder) -> None:
    """A message file that links to a file outside would post what was never meant for the public."""
    (campaign.root / ".env").write_text("SECRET=1")
    (campaign.bank / "a.en.md").symlink_to(campaign.root / ".env")
    campaign.write("b.en.md", "Text")
    (campaign.bank / "c.en.md").symlink_to(campaign.bank / "b.en.md")

    bank, _ = load_bank(campaign.root, "imd")

    assert (
        _only_line(campaign)
        == "a.en.md file-unreadable can't be read: it is a link that leads outside the bank"
    )
    assert [variant.name for variant in bank.variants] == ["b.en", "c.en"]


def test_what_is_no_file_is_not_opened(campaign: CampaignFolder) -> None:
    """A link to nothing, like anything that is no ordinary file, is a finding and never waits."""
    (campaign.bank / "a.en.md").symlink_to(campaign.bank / "nothing")

    assert _only_line(campaign) == "a.en.md file-unreadable can't be read: it is not a regular file"


def test_a_missing_bank_is_a_usage_error(campaign: CampaignFolder) -> None:
    """A bank that is not there names the nearest one; nothing outside messages/ can be named."""
    with pytest.raises(UsageError, match="there is no bank “imf”: no folder messages/imf/") as caught:
        load_bank(campaign.root, "imf")
    with pytest.raises(UsageError, match="no folder messages/"):
        load_bank(campaign.root, "../schedules")

    assert caught.value.hint == "did you mean “imd”?"
    assert find_bank_names(campaign.root / "elsewhere") == ()


def test_a_video_comes_with_its_captions(campaign: CampaignFolder) -> None:
    """Its files lie in the bank and are no messages; the finding for captions stands at their line."""
    campaign.write("door.mp4", make_mp4())
    campaign.write("door.en.vtt", VTT)
    head = 'media: [{file: door.mp4, alt: "A door opens", captions: '
    campaign.write("a.en.md", f"---\n{head}door.en.vtt}}]\n---\nText")
    campaign.write("b.en.md", f"---\n{head}door.vtt}}]\n---\nText")

    bank, findings = load_bank(campaign.root, "imd")

    (video,) = bank.variants[0].media
    assert (video.kind, video.captions) == (MediaKind.VIDEO, "messages/imd/door.en.vtt")
    assert [(f.place.path, f.place.line, f.code) for f in findings] == [
        ("messages/imd/b.en.md", 2, "bad-captions")
    ]


def test_lines_of_captions_are_found_in_their_own_file(campaign: CampaignFolder) -> None:
    """What would be lost or shown raw is told at its line of the captions, once for all that use them."""
    campaign.write("films/door.mp4", make_mp4())
    campaign.write("films/door.en.srt", "00:00:01,000 --> 00:00:02,000\n<i>One</i>\n\nTwo")
    head = '---\nmedia: [{file: films/door.mp4, alt: "A door", captions: films/door.en.srt}]\n---\n'
    campaign.write("a.en.md", f"{head}Text")
    campaign.write("b.en.md", f"{head}Another")

    _, findings = load_bank(campaign.root, "imd")

    assert _lines(findings) == [
        "messages/imd/films/door.en.srt:2 bad-captions </i> would be shown as it is written",
        "messages/imd/films/door.en.srt:2 bad-captions <i> would be shown as it is written",
        "messages/imd/films/door.en.srt:4 bad-captions “Two” has no time, and would not be shown",
    ]


@pytest.mark.parametrize(("answer", "expected"), [("yes", True), ("no", False)])
def test_a_video_knows_whether_a_machine_made_it(
    campaign: CampaignFolder, answer: str, expected: bool
) -> None:
    """Facebook is told with the upload, long before the post."""
    campaign.write("door.mp4", make_mp4())
    campaign.write("a.en.md", f"---\nmedia: [door.mp4]\nmade_with_ai: {answer}\n---\nText")

    bank, _ = load_bank(campaign.root, "imd")

    assert [media.made_with_ai for media in bank.variants[0].media] == [expected]


def test_a_video_stands_alone(campaign: CampaignFolder) -> None:
    """With a picture beside it neither platform takes the post."""
    campaign.write("door.mp4", make_mp4())
    campaign.write("boat.png", make_png())
    campaign.write("a.en.md", "---\nmedia: [door.mp4, boat.png]\n---\nText")

    _, findings = load_bank(campaign.root, "imd")

    assert [finding.code for finding in findings] == ["too-many-media"]


@pytest.mark.parametrize("closed", ["messages", "messages/imd"])
def test_a_folder_that_is_closed_to_us_is_told(
    campaign: CampaignFolder, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    """It belongs to another person of this machine: one line, and no bug."""
    campaign.write("boat.en.md", "A paper boat.\n")
    folder = campaign.root / closed

    def refuse(path: Path) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    list_names, list_entries = os.listdir, os.scandir
    monkeypatch.setattr(os, "listdir", lambda path: refuse(path) if path == folder else list_names(path))
    monkeypatch.setattr(os, "scandir", lambda path: refuse(path) if path == folder else list_entries(path))

    with pytest.raises(UsageError, match=f"^{closed}/ can't be read: Permission denied$"):
        load_bank(campaign.root, "imd")


def test_what_is_odd_about_a_picture_is_told_at_each_message(
    campaign: CampaignFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A JPEG named PNG stops nothing, and the warning stays when the picture is remembered."""
    photo = BytesIO()
    Image.new("RGB", (8, 8)).save(photo, "JPEG")
    campaign.write("boat.png", photo.getvalue())
    campaign.write("a.en.md", "---\nlate: skip\nmedia: boat.png\n---\nText")
    campaign.write("b.en.md", "---\nmedia: [{file: boat.png, alt: A boat}]\n---\nMore")
    bank, findings = load_bank(campaign.root, "imd", remember=True)
    monkeypatch.setattr("stormctl.files.media.media.clean_picture", pytest.fail)

    again = load_bank(campaign.root, "imd", remember=True)

    assert again == (bank, findings)
    assert [(f.severity, str(f.place), f.code) for f in findings] == [
        (Severity.WARNING, "messages/imd/a.en.md:3:8", "media-type"),
        (Severity.WARNING, "messages/imd/b.en.md:2:16", "media-type"),
    ]
    assert [media.mime for variant in bank.variants for media in variant.media] == ["image/jpeg"] * 2


PLAIN = """\
---
hashtags: [MigrantsDay]
link: https://example.org/act
media: [{file: door.mp4, alt: "A door opens"}]
expires: 2026-12-18 20:00 America/New_York
topic: sign-on
partner: north-coalition
consent: yes
credit: A. Volunteer
made_with_ai: yes
---
Sign now.
"""


def _load(campaign: CampaignFolder) -> dict[str, Variant]:
    return {variant.tail: variant for variant in load_bank(campaign.root, "imd")[0].variants}


def test_a_label_inherits_what_it_does_not_say(campaign: CampaignFolder) -> None:
    """Without its own deadline a Facebook wording has the plain one's, and so it is with every other key.

    What it says itself stays, and nothing comes from another language or message.
    """
    campaign.write("door.mp4", make_mp4())
    campaign.write("a.en.md", PLAIN)
    campaign.write("a.en.facebook.md", "---\ntopic: vigil\n---\nSign now, on Facebook.")
    campaign.write("a.es.facebook.md", "Firma ahora.")
    campaign.write("b.en.x.md", "Another message.")

    found = _load(campaign)

    plain, heir = found["en"], found["en.facebook"]
    assert heir == replace(
        plain,
        topic="vigil",
        label="facebook",
        parts=heir.parts,
        place=heir.place,
        starts=((4, 1),),
        lines=heir.lines,
        spots=(("topic", 2, 8),),
    )
    assert heir.expires_at == datetime(2026, 12, 19, 1, tzinfo=UTC)
    assert [(v.expires_at, v.link, v.media) for v in (found["es.facebook"], found["en.x"])] == [
        (None, None, ())
    ] * 2


def test_what_is_said_of_a_picture_stays_with_it(campaign: CampaignFolder) -> None:
    """Who agreed to the plain wording's video did not agree to another picture."""
    campaign.write("door.mp4", make_mp4())
    campaign.write("boat.png", make_png())
    campaign.write("a.en.md", PLAIN)
    campaign.write("a.en.x.md", "---\nmedia: [boat.png]\n---\nWith a boat.")
    campaign.write("a.en.facebook.md", "---\nmade_with_ai: no\n---\nWith the video.")

    found = _load(campaign)

    other, same = found["en.x"], found["en.facebook"]
    assert (other.consent, other.credit, other.made_with_ai) == (None, None, False)
    assert (other.topic, other.link) == ("sign-on", "https://example.org/act")
    assert (same.consent, same.credit, same.made_with_ai) == (True, "A. Volunteer", False)
    assert [media.made_with_ai for media in (*found["en"].media, *same.media)] == [True, False]


def test_a_label_can_do_without(campaign: CampaignFolder) -> None:
    """`none` keeps a link, a picture or tags of the plain wording away."""
    campaign.write("door.mp4", make_mp4())
    campaign.write("a.en.md", PLAIN)
    campaign.write("a.en.x.md", "---\nlink: none\nmedia: none\nhashtags: none\n---\nWords alone.")

    heir = _load(campaign)["en.x"]

    assert (heir.link, heir.media, heir.hashtags, heir.topic) == (None, (), (), "sign-on")
