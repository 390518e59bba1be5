"""Files are mended in one step, byte for byte but for what is mended, or left as they are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.finding import Edit, Place
from stormctl.errors import UsageError
from stormctl.files.bank.fixes import plan_fixes

if TYPE_CHECKING:
    from tests.campaigns import CampaignFolder

NAME = "messages/imd/boat.en.md"
OTHER = "messages/imd/door.en.md"


def edit(line: int, column: int, old: str, new: str, path: str = NAME) -> Edit:
    """Describe a change."""
    return Edit(place=Place(path, line, column), old=old, new=new)


def test_several_places_of_several_files_are_mended(campaign: CampaignFolder) -> None:
    """Each edit is where it says, also several in a line; the diff shows them, and nothing else changes."""
    boat = campaign.write("boat.en.md", "A **boat** on **water**.\n\n#migrantsday\n")
    door = campaign.write("door.en.md", "A _door_.")
    edits = [
        edit(1, 3, "**boat**", "boat"),
        edit(3, 1, "#migrantsday", "#MigrantsDay"),
        edit(1, 15, "**water**", "water"),
        edit(1, 3, "_door_", "door", OTHER),
    ]

    fixes = plan_fixes(campaign.root, edits)
    for fix in fixes:
        fix.write()

    assert [(fix.path, fix.number) for fix in fixes] == [(NAME, 3), (OTHER, 1)]
    assert boat.read_text("utf-8") == "A boat on water.\n\n#MigrantsDay\n"
    assert door.read_text("utf-8") == "A door."
    assert fixes[0].show().splitlines()[2:] == [
        "@@ -1,3 +1,3 @@",
        "-A **boat** on **water**.",
        "+A boat on water.",
        " ",
        "-#migrantsday",
        "+#MigrantsDay",
    ]


def test_marks_and_line_ends_stay(campaign: CampaignFolder) -> None:
    """A byte order mark and Windows' line ends are where they were, and so are the file's rights."""
    boat = campaign.write("boat.en.md", b"\xef\xbb\xbfOne\r\n**two**\r\n")
    boat.chmod(0o640)

    [fix] = plan_fixes(campaign.root, [edit(2, 1, "**two**", "two")])
    fix.write()

    assert boat.read_bytes() == b"\xef\xbb\xbfOne\r\ntwo\r\n"
    assert boat.stat().st_mode & 0o777 == 0o640


def test_what_overlaps_waits(campaign: CampaignFolder) -> None:
    """Of two changes to the same words the first is made; a second run makes the other."""
    boat = campaign.write("boat.en.md", "**_boat_**")
    edits = [edit(1, 1, "**_boat_**", "_boat_"), edit(1, 3, "_boat_", "boat")]

    [fix] = plan_fixes(campaign.root, edits)
    fix.write()

    assert (boat.read_text("utf-8"), fix.number) == ("_boat_", 1)


def test_a_file_that_says_something_else_by_now_is_left(campaign: CampaignFolder) -> None:
    """Whoever saved between the check and the mending loses nothing."""
    boat = campaign.write("boat.en.md", "A new **boat**.")

    with pytest.raises(UsageError, match="has changed meanwhile"):
        plan_fixes(campaign.root, [edit(1, 3, "**boat**", "boat")])

    assert boat.read_text("utf-8") == "A new **boat**."


def test_a_file_that_changes_while_it_is_mended_is_left(campaign: CampaignFolder) -> None:
    """The last look is directly before the new file takes the old one's place; no trace stays."""
    boat = campaign.write("boat.en.md", "A **boat**.")
    [fix] = plan_fixes(campaign.root, [edit(1, 3, "**boat**", "boat")])
    boat.write_text("Somebody was faster.", encoding="utf-8")

    with pytest.raises(UsageError, match="has changed meanwhile"):
        fix.write()

    assert boat.read_text("utf-8") == "Somebody was faster."
    assert os.listdir(boat.parent) == ["boat.en.md"]  # noqa: PTH208 - hidden ones too
