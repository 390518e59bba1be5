"""`plan`: what a schedule makes of its bank, and what of it is not repeated."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from stormctl.errors import ExitCode
from stormctl.ledger.ledger import open_ledger
from tests.unit.files.films import make_mp4

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine, Practice


EVIL_CAPTIONS = """\
WEBVTT

00:00.000 --> 00:01.000
We left at night.
Read evil.com today

00:01.000 --> 00:02.000
with @stranger and EAA{token}
for {{name}} \u202egnihton
"""


def write_film(stormctl: CommandLine, captions: str) -> None:
    """Put a video with these captions into the campaign."""
    (stormctl.root / "messages/small/boat.mp4").write_bytes(make_mp4())
    stormctl.write("messages/small/boat.en.vtt", captions)
    film = '{file: boat.mp4, alt: "A boat leaves at night", captions: boat.en.vtt}'
    stormctl.write("messages/small/film.en.md", f"---\nmedia: [{film}]\n---\nWe left.\n")


def test_captions_are_checked_like_texts(stormctl: CommandLine) -> None:
    """Links, names, secrets, placeholders and signs that turn the writing, each at its own line."""
    write_film(stormctl, EVIL_CAPTIONS.format(token="b7" * 20))

    found = stormctl("check", "--json").json["findings"]

    assert sorted((f["path"], f["line"], f["code"]) for f in found if f["path"].endswith(".vtt")) == [
        ("messages/small/boat.en.vtt", 5, "link-not-trusted"),
        ("messages/small/boat.en.vtt", 8, "mention-not-trusted"),
        ("messages/small/boat.en.vtt", 8, "secret-in-text"),
        ("messages/small/boat.en.vtt", 9, "control-character"),
        ("messages/small/boat.en.vtt", 9, "unknown-placeholder"),
    ]


def test_plan_shows_captions(stormctl: CommandLine) -> None:
    """Each file once, though the video goes out on two channels; machines get its name."""
    write_film(stormctl, f"WEBVTT\n\n00:00.000 --> 00:02.000\nWe left at night,\n{'quietly ' * 12}\n")

    shown, told = stormctl("plan").out, stormctl("plan", "--json").json

    words = "We left at night, quietly quietly quietly quietly quietly …"
    assert shown.count(f"messages/small/boat.en.vtt: 2 lines, “{words}”") == 1
    assert "messages/small/boat.en.vtt" in {
        media.get("captions") for delivery in told["deliveries"] for media in delivery["media"]
    }


@pytest.mark.parametrize(
    "command",
    [
        ("check",),
        ("check", "--json"),
        ("plan",),
        ("rehearse", "small"),
        ("doctor",),
        ("launch", "small"),
    ],
    ids=" ".join,
)
def test_no_command_repeats_a_personal_value(stormctl: CommandLine, command: tuple[str, ...]) -> None:
    """Telephones, A-numbers, mail and tokens stay in the file, whichever rule quotes their surroundings."""
    token = "EAA" + "b7" * 20
    stormctl.write(
        "messages/small/boat.en.md",
        f"---\nlink: https://evil.example/?access_token={token}\ntopic 650-555-0134: x\n---\n"
        "A boat https://bit.ly/A-204-567-890 http://evil.example/maria@mail.example.org\n",
    )
    stormctl.write(
        "messages/small/door.en.md",
        f"A door https://evil.example/16505550134 and https://evil.example/{token}\n",
    )

    ended = stormctl(*command)

    told = ended.err if command == ("plan",) else ended.out + ended.err  # the plan itself shows the texts
    assert ended.code != ExitCode.DONE
    assert "•••" in told
    assert [value for value in ("555-0134", "5550134", "204-567", "maria@", token) if value in told] == []


def test_check_tells_machines_nothing_that_steers_a_terminal(stormctl: CommandLine) -> None:
    """A pull request's file can't clear the screen of who reads `check --json`, nor break its lines."""
    stormctl.write("messages/small/bo\x9b\u2028at.md", "A boat https://evil.com/\u061c\u202e and more.\n")
    stormctl.write("messages/small/boat.en.md", "A boat https://evil.com/\x9b\u061c\u202e and more.\n")

    ended = stormctl("check", "--json")

    assert ended.code == ExitCode.FINDINGS
    assert [c for c in "\x9b\u2028\u061c\u202e" if c in ended.out + ended.err] == []
    assert [e for e in ("\\u2028", "\\u009b", "\\u061c", "\\u202e") if e not in ended.out] == []


def test_check_looks_at_every_schedule(stormctl: CommandLine) -> None:
    """Without a name all schedules are checked; with names only those."""
    stormctl.write("schedules/broken.toml", "name = ")

    assert [stormctl("check").code, stormctl("check", "small").code] == [ExitCode.FINDINGS, 0]


def test_plan_shows_the_day(stormctl: CommandLine) -> None:
    """The timeline names each channel and message, and costs nothing to look at."""
    ended = stormctl("plan")

    assert (ended.code, ended.err) == (0, "")
    assert all(word in ended.out for word in ("x:acme", "facebook:acme", "boat", "door", "09:00 EST"))
    assert not (stormctl.root / ".stormctl").exists()


def test_plan_tells_machines(stormctl: CommandLine) -> None:
    """`--json` prints every delivery with its exact text."""
    ended = stormctl("plan", "small", "--json")

    assert ended.code == 0
    assert ended.json["schema_version"] == 1
    assert {d["message_id"] for d in ended.json["deliveries"]} == {"boat", "door"}
    assert all(d["text"].endswith("#MigrantsDay") for d in ended.json["deliveries"])


def test_plan_tells_findings_apart_from_data(stormctl: CommandLine) -> None:
    """Findings go to standard error, so that the JSON stays whole; an error ends with 3."""
    stormctl.write("messages/small/house.en.md", "---\ncolour: red\n---\nA house.\n")

    ended = stormctl("plan", "--json")

    assert ended.code == ExitCode.FINDINGS
    assert "colour" in ended.err
    assert ended.json["schema_version"] == 1


def test_plan_of_a_broken_schedule_is_only_its_findings(stormctl: CommandLine) -> None:
    """Where no storm can be built there is nothing to show."""
    stormctl.write("schedules/small.toml", "name = ")

    ended = stormctl("plan")

    assert (ended.code, ended.out) == (ExitCode.FINDINGS, "")
    assert "schedules/small.toml\n  1 error not readable as TOML" in ended.err


@pytest.mark.parametrize("command", ["plan", "launch", "rehearse"])
def test_one_of_several_schedules_must_be_named(stormctl: CommandLine, command: str) -> None:
    """Nothing is guessed where there are two storms."""
    stormctl.write("schedules/other.toml", (stormctl.root / "schedules/small.toml").read_text("utf-8"))

    ended = stormctl(command)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err.startswith("error: there are 2 schedules: say which one\nhint: one of: other, small")


def test_plan_in_full_shows_every_text_whole(stormctl: CommandLine) -> None:
    """Without `--full` a pipe gets one whole line a post; with it the text as it is written."""
    stormctl.write("messages/small/long.en.md", f"{'word ' * 40}end\n\nA second paragraph.\n")

    plain, full = stormctl("plan").out, stormctl("plan", "--full").out

    assert "…" not in plain + full
    assert any(line.endswith("end A second paragraph. #MigrantsDay") for line in plain.splitlines())
    assert f"    {'word ' * 40}end\n" in full
    assert "    A second paragraph.\n" in full


def test_plan_keeps_to_the_columns_that_are_asked_for(
    stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COLUMNS sets how wide the day is drawn, off a terminal too."""
    widths = []
    for columns in ("50", "140"):
        monkeypatch.setenv("COLUMNS", columns)
        lines = stormctl("plan").out.splitlines()
        widths.append(max(len(line) for line in lines if line.startswith("x:acme ") and "·" in line))

    assert widths[0] <= 50 < widths[1] <= 140


def test_plan_shows_the_viewers_zone(stormctl: CommandLine) -> None:
    """`--zone` names it; who mistypes it is told the nearest, and nothing is shown."""
    shown = stormctl("plan", "--zone", "Europe/Madrid")
    wrong = stormctl("plan", "--zone", "Europe/Madird")

    assert "09:00 EST (15:00 CET)" in shown.out
    assert (wrong.code, wrong.out) == (ExitCode.USAGE, "")
    assert wrong.err == "error: there is no time zone “Europe/Madird”\nhint: did you mean “Europe/Madrid”?\n"


def test_plan_writes_a_page(stormctl: CommandLine) -> None:
    """The plan is shown beside it, and the page can be written again."""
    first, again = (stormctl("plan", "--html", "plan.html") for _ in range(2))

    page = (stormctl.root / "plan.html").read_text("utf-8")
    assert [(ended.code, ended.err) for ended in (first, again)] == [
        (0, "plan.html is written: 0.0 MB, to be opened or mailed\n")
    ] * 2
    assert "An open door is a beginning." in page
    assert first.out == stormctl("plan").out
    assert sorted(path.name for path in stormctl.root.iterdir()) == ["messages", "plan.html", "schedules"]


def test_plan_replaces_no_file_of_others_without_force(stormctl: CommandLine) -> None:
    """A page that somebody wrote stays whole."""
    own = stormctl.write("index.html", "<h1>Ours</h1>")

    refused = stormctl("plan", "--html", "index.html")
    kept = own.read_text("utf-8")
    forced = stormctl("plan", "--html", "index.html", "--force")

    assert (refused.code, refused.out, kept) == (ExitCode.USAGE, "", "<h1>Ours</h1>")
    assert refused.err.endswith("hint: Choose another name, or replace it with --force.\n")
    assert forced.code == 0
    assert 'content="stormctl"' in own.read_text("utf-8")


@pytest.mark.parametrize("path", ["messages", "nowhere/plan.html", "messages/small/boat.en.md/plan.html"])
def test_plan_says_where_no_page_can_be_written(stormctl: CommandLine, path: str) -> None:
    """In a line, and the plan is not shown as if all had gone well."""
    ended = stormctl("plan", "--html", path)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert path in ended.err


def test_plan_prints_a_page(stormctl: CommandLine) -> None:
    """`--html -` prints the page and nothing else; with `--json` nobody could read either."""
    printed = stormctl("plan", "--html", "-")
    both = stormctl("plan", "--html", "-", "--json")

    assert printed.out.startswith("<!DOCTYPE html>\n")
    assert printed.out.rstrip().endswith("</html>")
    assert (both.code, both.out) == (ExitCode.USAGE, "")


def test_plan_writes_a_page_with_its_findings(stormctl: CommandLine) -> None:
    """Those who decide see what is wrong; the exit code says so too."""
    stormctl.write("messages/small/house.en.md", "A house https://evil.example/x\n")

    ended = stormctl("plan", "--html", "plan.html")

    page = (stormctl.root / "plan.html").read_text("utf-8")
    assert ended.code == ExitCode.FINDINGS
    assert "1 error stops a launch" in page
    assert "link-not-trusted" in page.partition("<span>house.en</span>")[2]


def test_plan_writes_no_page_of_a_broken_schedule(stormctl: CommandLine) -> None:
    """Where no storm can be built, there is nothing to write."""
    stormctl.write("schedules/small.toml", "name = ")

    assert stormctl("plan", "--html", "plan.html").code == ExitCode.FINDINGS
    assert not (stormctl.root / "plan.html").exists()


def test_plan_keeps_the_times_of_what_is_enrolled(stormctl: CommandLine, practice: Practice) -> None:
    """After a launch it shows what will be published, whatever the seed is by then, on every way out."""
    del practice
    stormctl.answer("small")
    assert stormctl("launch", "--detach").code == 0
    before = {d["key"]: d["slot_at"] for d in stormctl("plan", "--json").json["deliveries"]}
    schedule = stormctl.root / "schedules/small.toml"
    schedule.write_text(f"seed = 7\n{schedule.read_text(encoding='utf-8')}", encoding="utf-8")
    stormctl.write("messages/small/song.en.md", "Bring a song to the bridge tonight.\n")

    shown, told, page = stormctl("plan"), stormctl("plan", "--json"), stormctl("plan", "--html", "-")

    after = {d["key"]: d["slot_at"] for d in told.json["deliveries"]}
    line = "4 of 6 posts are enrolled and keep their times"
    assert before.items() < after.items()
    assert [line in text for text in (shown.out, told.err, page.out)] == [True, True, True]
    assert stormctl("plan", "--lang", "es").out.count("4 de 6 publicaciones están inscritas") == 1


@pytest.mark.parametrize("trouble", ["none", "damaged", "newer", "elsewhere", "settings"])
def test_plan_needs_no_ledger(stormctl: CommandLine, trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, no ledger, newer, out of reach, with bad settings: a line at most, and a plan."""
    file = stormctl.root / ".stormctl/ledger.db"
    if trouble == "damaged":
        stormctl.write(".stormctl/ledger.db", "no ledger\n" * 500)
    elif trouble == "newer":
        open_ledger("sqlite:///.stormctl/ledger.db", root=stormctl.root, create=True).close()
        with closing(sqlite3.connect(file)) as made, made:
            made.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    elif trouble == "elsewhere":
        monkeypatch.setenv("STORMCTL_LEDGER_URL", "postgresql://me:hunter2hunter2@127.0.0.1:1/none")
    elif trouble == "settings":
        monkeypatch.setenv("STORMCTL_LEASE", "soon")
    was = file.read_bytes() if file.exists() else None

    ended = stormctl("plan")

    lines = [line for line in ended.out.splitlines() if line.startswith("A fresh plan: ")]
    assert (ended.code, len(lines)) == (0, trouble != "none")
    assert "hunter2" not in ended.out + ended.err
    assert (file.read_bytes() if file.exists() else None) == was


def test_plan_says_that_its_day_is_past(stormctl: CommandLine) -> None:
    """In its first line and in one more with what follows; the files are still fine for `check`."""
    schedule = stormctl.root / "schedules/small.toml"
    past = schedule.read_text(encoding="utf-8").replace("2099-12-18", "2018-12-18")
    schedule.write_text(past, encoding="utf-8")

    shown, page, checked = stormctl("plan"), stormctl("plan", "--html", "-"), stormctl("check")

    assert shown.out.startswith("4 posts on 2 channels; its day is past\n")
    assert shown.out.count("schedules/small.toml:2: its day is past, the last post was due 2018-12-18") == 1
    assert '<p class="verdict bad">4 posts on 2 channels; its day is past</p>' in page.out
    assert (shown.code, checked.out) == (0, "Nothing to fix in 2 message files\n")
