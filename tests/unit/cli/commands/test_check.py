"""`check`: what is wrong with files, for people, for machines, and mended."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from stormctl.errors import ExitCode

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

BAD = "---\nhashtags: [Other]\n---\nA boat, and @stranger.\n\n#Boat {name}\n"
TOLD = """\
4 errors to fix before a launch, and 1 warning, in 1 file

messages/small/boat.en.md
  2:12 error   #Other is not a hashtag of the storm  hashtag-not-trusted
               the storm's are #MigrantsDay; others belong in [trust] hashtags
  4:13 error   @stranger is not a trusted mention  mention-not-trusted
               staff may add it to [trust] mentions
  4:13 warning @stranger means nothing on Facebook  mention-on-facebook
               write boat.en.facebook.md beside it, with the name in full
   6:1 error   #Boat is not a hashtag of the storm  hashtag-not-trusted
               the storm's are #MigrantsDay; others belong in [trust] hashtags
   6:7 error   nothing fills in {name}  unknown-placeholder
               the only placeholder is {deadline}

If these are meant, staff may paste them into schedules/small.toml, in place of the lists that stand there:

[trust]
hashtags = ["Other", "Boat"]
mentions = ["@stranger"]

stormctl check --explain hashtag-not-trusted explains a rule.
"""


def test_all_is_well(stormctl: CommandLine) -> None:
    """A campaign without findings ends with 0, and says so in one line, where data belongs."""
    ended = stormctl("check")

    assert (ended.code, ended.out, ended.err) == (0, "Nothing to fix in 2 message files\n", "")


def test_findings_have_a_verdict_their_places_and_lines_to_paste(stormctl: CommandLine) -> None:
    """The verdict comes first; each finding stands at its line and column with its hint; trust comes last."""
    stormctl.write("messages/small/boat.en.md", BAD)

    ended = stormctl("check")

    assert (ended.code, ended.out, ended.err) == (ExitCode.FINDINGS, TOLD, "")


def test_what_was_to_be_pasted_is_right(stormctl: CommandLine) -> None:
    """With the printed lines in the schedule, what they were about is trusted."""
    stormctl.write("messages/small/boat.en.md", BAD)
    block = stormctl("check").out.partition("\n[trust]\n")[2].partition("\n\n")[0]
    schedule = (stormctl.root / "schedules/small.toml").read_text("utf-8")
    stormctl.write("schedules/small.toml", f"{schedule}[trust]\n{block}\n")

    ended = stormctl("check", "--json")

    assert [found["code"] for found in ended.json["findings"]] == [
        "mention-on-facebook",
        "unknown-placeholder",
    ]


def test_what_is_said_often_is_counted(stormctl: CommandLine) -> None:
    """The same finding in many files is shown once with its other places; `--all` shows each."""
    for number in range(6):
        stormctl.write(f"messages/small/m{number}.en.md", f"Word {number} for #Boat.\n")

    brief, whole = stormctl("check", "--select", "hashtag-*"), stormctl("check", "--all")

    assert "also in messages/small/m1.en.md:1:12, messages/small/m2.en.md:1:12," in brief.out
    assert "and 2 more places (--all shows each)" in brief.out
    assert (brief.out.count("#Boat is not"), whole.out.count("#Boat is not")) == (1, 6)
    assert brief.out.startswith("6 errors to fix before a launch, in 6 files\n")


def test_machines_are_told_the_same(stormctl: CommandLine) -> None:
    """`--json` and `--format json` print a versioned document with path, line and column."""
    stormctl.write("messages/small/boat.en.md", "Hello {name}\n")

    ended, other = stormctl("check", "--json"), stormctl("check", "--format", "json")

    assert (ended.code, ended.err, ended.json) == (ExitCode.FINDINGS, "", other.json)
    assert (ended.json["schema_version"], ended.json["errors"], ended.json["warnings"]) == (1, 1, 0)
    assert ended.json["findings"] == [
        {
            "severity": "error",
            "path": "messages/small/boat.en.md",
            "line": 1,
            "column": 7,
            "code": "unknown-placeholder",
            "message": "nothing fills in {name}",
            "hint": "the only placeholder is {deadline}",
            "fixable": False,
        }
    ]


def test_github_is_told_line_by_line(stormctl: CommandLine) -> None:
    """Each finding is a workflow command whose values are escaped."""
    stormctl.write("messages/small/boat.en.md", "Hello {a%}\n")

    ended = stormctl("check", "--format", "github")

    assert ended.out == (
        "::error file=messages/small/boat.en.md,line=1,col=7,title=unknown-placeholder"
        "::nothing fills in {a%25}%0Athe only placeholder is {deadline}\n"
    )


def test_only_some_rules_may_be_asked(stormctl: CommandLine) -> None:
    """`--select` and `--ignore` take codes and `*`; the exit code is that of what is shown."""
    stormctl.write("messages/small/boat.en.md", BAD)

    some = stormctl("check", "--select", "hashtag-*,mention-not-trusted", "--ignore", "mention-*", "--json")
    none = stormctl("check", "--ignore", "*-trusted,unknown-placeholder")
    wrong = stormctl("check", "--select", "hashtag-not-trustd")

    assert {found["code"] for found in some.json["findings"]} == {"hashtag-not-trusted"}
    assert (some.code, none.code) == (ExitCode.FINDINGS, 0)
    assert (wrong.code, wrong.err) == (
        ExitCode.USAGE,
        "error: there is no rule “hashtag-not-trustd”\nhint: did you mean “hashtag-not-trusted”?\n",
    )


def test_each_file_is_told_what_is_told_once_for_many(stormctl: CommandLine) -> None:
    """A language without a channel is one finding, and `check` of any of its files tells it there."""
    schedule = stormctl.root / "schedules/small.toml"
    languages = 'languages = ["en"]'
    text = schedule.read_text(encoding="utf-8")
    schedule.write_text(text.replace("[[channels]]", f"[[channels]]\n{languages}"), encoding="utf-8")
    for name in ("bread", "dawn", "road"):
        stormctl.write(f"messages/small/{name}.ht.md", f"Ansanm: {name}.\n")

    every = stormctl("check", "--json").json["findings"]
    [one] = stormctl("check", "messages/small/road.ht.md", "--json").json["findings"]

    told = [(f["path"], f["message"]) for f in every if f["code"] == "language-without-channel"]
    assert told == [("messages/small/bread.ht.md", one["message"])]
    assert one["path"] == "messages/small/road.ht.md"
    assert one["message"].startswith("3 messages in Kreyòl Ayisyen (ht)")


def test_a_file_is_held_against_the_schedules_that_use_its_bank(stormctl: CommandLine) -> None:
    """One message file, by its path: only its own findings, with those that need a schedule."""
    stormctl.write("messages/small/boat.en.md", "A boat. #Boat\n")
    stormctl.write("messages/small/ship.en.md", "A ship. #Ship\n")

    ended = stormctl("check", "messages/small/ship.en.md", "--json")

    assert [(found["path"], found["code"]) for found in ended.json["findings"]] == [
        ("messages/small/ship.en.md", "hashtag-not-trusted")
    ]


def test_a_bank_alone_has_the_rules_that_need_no_schedule(stormctl: CommandLine) -> None:
    """Its folder by its path, inside a campaign or without one; what was left out is said."""
    stormctl.write("messages/small/boat.en.md", BAD)
    stormctl.write("elsewhere/drafts/boat.en.md", BAD)

    inside = stormctl("check", "messages/small")
    outside = stormctl("check", "elsewhere/drafts", "--json")

    assert "hashtag-not-trusted" not in inside.out
    assert "Without a schedule: the rules about channels, trust and dates were left out." in inside.out
    assert [(found["path"], found["line"], found["code"]) for found in outside.json["findings"]] == [
        ("drafts/boat.en.md", 6, "unknown-placeholder")
    ]


def test_banks_without_schedule_are_checked_too(stormctl: CommandLine) -> None:
    """Everything means schedules with their banks, and banks that no schedule uses."""
    stormctl.write("messages/next-year/door.en.md", "Hello {name}\n")

    ended = stormctl("check", "--json")

    assert [found["path"] for found in ended.json["findings"]] == ["messages/next-year/door.en.md"]


@pytest.mark.parametrize("name", ["messages/small/none.en.md", "messages/none"])
def test_what_is_not_there_is_said(stormctl: CommandLine, name: str) -> None:
    """A path that leads nowhere is a mistake of use."""
    ended = stormctl("check", name)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err.startswith(f"error: there is no {name}\n")


def test_silenced_findings_are_listed(stormctl: CommandLine) -> None:
    """What staff silence in the schedule stops nothing, and is shown with its reason."""
    schedule = (stormctl.root / "schedules/small.toml").read_text("utf-8")
    stormctl.write("messages/small/boat.en.md", "See #Boat.\n")
    stormctl.write(
        "schedules/small.toml", f'{schedule}[silence.hashtag-not-trusted]\nboat = "our partner\'s tag"\n'
    )

    ended, told = stormctl("check"), stormctl("check", "--json").json

    assert ended.code == 0
    assert "1 finding is silenced:\n  messages/small/boat.en.md:1:5  hashtag-not-trusted" in ended.out
    assert "“our partner's tag”  (schedules/small.toml:" in ended.out
    assert [(one["code"], one["reason"]) for one in told["silenced"]] == [
        ("hashtag-not-trusted", "our partner's tag")
    ]


def test_a_rule_explains_itself(stormctl: CommandLine) -> None:
    """`--explain` says what, why and what to do; `--rules` lists every rule."""
    one, every = stormctl("check", "--explain", "too-long"), stormctl("check", "--rules")
    spanish, wrong = (
        stormctl("check", "--explain", "too-long", "--lang", "es"),
        stormctl("check", "--explain", "too-lang"),
    )

    assert one.out.startswith("too-long  error\nEvery post fits its platform.\n\nWhy\n")
    assert "\nMal\n    un texto de 292 en X\n" in spanish.out
    assert "too-long " in every.out
    assert (wrong.code, wrong.err.partition("\n")[0]) == (2, "error: there is no rule “too-lang”")
    assert "did you mean “too-long”?" in wrong.err


def test_findings_are_told_in_spanish_and_french(
    stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By `--lang`, or as the system is set; a language that we don't have is refused."""
    stormctl.write("messages/small/boat.en.md", "Hello {name}\n")

    spanish = stormctl("check", "--lang", "es")
    monkeypatch.setenv("LC_ALL", "fr_CA.UTF-8")
    french, english = stormctl("check"), stormctl("plan", "--lang", "en")
    wrong = stormctl("check", "--lang", "de")

    assert spanish.out.startswith("1 error")
    assert len({spanish.out, french.out}) == 2
    assert "nothing fills in {name}" in english.err
    assert "nothing fills in {name}" not in spanish.out + french.out
    assert wrong.code == ExitCode.USAGE


def type_in(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Give a command something to read."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))


def test_a_text_from_standard_input(stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its weighted length, links, tags and mentions, for people and machines."""
    text = "Únete 🏳️‍🌈 @acme #Migrantes https://example.org/una-dirección example.com\n".encode()
    type_in(monkeypatch, text)
    shown = stormctl("check", "-")
    type_in(monkeypatch, text)
    told = stormctl("check", "-", "--json")

    assert shown.out == (
        "length    73 of 280 on X\n"
        "links     https://example.org/una-dirección  example.com\n"
        "hashtags  #Migrantes\n"
        "mentions  @acme\n"
    )
    assert (told.json["weighted_length"], told.json["mentions"]) == (73, ["acme"])


def test_a_text_that_can_not_go_out(stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """How much too long it is, and what is wrong with it, which ends with 3; no campaign is needed."""
    type_in(monkeypatch, f"{'long ' * 60}{{name}}".encode())

    ended = stormctl("check", "-")

    assert ended.code == ExitCode.FINDINGS
    assert "306 of 280 on X: 26 too long" in ended.out
    assert "nothing fills in {name}" in ended.out


def test_what_needs_no_decision_is_mended(stormctl: CommandLine) -> None:
    """`--fix` writes the file and shows a diff; what is left is told, and a second run changes nothing."""
    path = "messages/small/boat.en.md"
    stormctl.write(path, "**Everyone** has rights &amp; a name. #migrantsday\n\nHello {name}\n")

    ended, again = stormctl("check", "--fix"), stormctl("check", "--fix")

    text = (stormctl.root / path).read_text("utf-8")
    assert text == "Everyone has rights & a name. #MigrantsDay\n\nHello {name}\n"
    assert "-**Everyone** has rights &amp; a name. #migrantsday\n" in ended.err
    assert "+Everyone has rights & a name. #MigrantsDay\n" in ended.err
    assert ended.out.startswith("1 error to fix before a launch, in 1 file\n")
    assert (ended.code, again.err) == (ExitCode.FINDINGS, "")


def test_it_is_said_what_could_be_mended(stormctl: CommandLine) -> None:
    """Without `--fix` nothing is written, and the last line says how many findings it would mend."""
    path = "messages/small/boat.en.md"
    stormctl.write(path, "**Everyone** has a name.\n")

    ended = stormctl("check")

    assert "stormctl check --fix mends 1 of these." in ended.out
    assert (stormctl.root / path).read_text("utf-8") == "**Everyone** has a name.\n"
    assert ended.code == 0
