"""Which campaign is rehearsed: the one that we are in, or a sample that is copied for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.cli.main import INTERRUPTED, main
from stormctl.engine.launch import rehearsal
from stormctl.errors import ExitCode, TryAgainError
from stormctl.files.samples import find_samples

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.engine.base.campaign import Campaign
    from tests.unit.cli.conftest import CommandLine, Ended

ORIGIN = "To make one to try: stormctl rehearse --sample imd-2026\n"
QUESTION = "No campaign here. Copy the sample imd-2026 to ./imd-2026 and rehearse it? [Y/n]:"
BEGUN = (ExitCode.TRY_AGAIN, "error: the curtain rises\n")


@pytest.fixture
def empty(stormctl: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder outside of any campaign, which is the current one."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    stormctl.root = folder
    return folder


@pytest.fixture(autouse=True)
def rehearsed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The campaign folders of which a rehearsal began; each ends where it would start its emulator."""
    begun: list[Path] = []

    def begin(campaign: Campaign, *_: object, **__: object) -> None:
        begun.append(campaign.root)
        raise TryAgainError("the curtain rises")

    monkeypatch.setattr(rehearsal, "rehearse", begin)
    return begun


def names(folder: Path) -> list[str]:
    """Name what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def ending(ended: Ended) -> tuple[int, str]:
    """Return the exit code, and the last line told."""
    return ended.code, ended.err.splitlines(keepends=True)[-1]


@pytest.mark.parametrize("arguments", [("--sample", "imd-2026"), ("--sample",), ("--sample", "--plain")])
def test_a_sample_is_copied_unasked(
    stormctl: CommandLine, empty: Path, rehearsed: list[Path], arguments: tuple[str, ...]
) -> None:
    """`--sample` copies it and rehearses the copy, and says how to go on; alone it is imd-2026."""
    ended = stormctl("rehearse", *arguments)

    made, go_on, *_ = ended.err.splitlines()
    assert ending(ended) == BEGUN
    assert rehearsed == [empty / "imd-2026"]
    assert made == (
        "Made imd-2026/, a campaign of your own: its schedule, messages and pictures are the sample's."
    )
    assert go_on == (
        "To continue with it: cd imd-2026, edit the files, then stormctl check and stormctl rehearse."
    )
    assert names(empty / "imd-2026") == [".stormctl", "messages", "schedules"]


@pytest.mark.parametrize("answer", ["y", "yes", ""])
def test_a_person_is_asked(stormctl: CommandLine, empty: Path, rehearsed: list[Path], answer: str) -> None:
    """At a terminal outside of a campaign `rehearse` offers the sample, beside standard output."""
    stormctl.answer(answer)

    ended = stormctl("rehearse", "--json")

    assert ended.err.startswith(QUESTION)
    assert (*ending(ended), ended.out.strip()) == (*BEGUN, "")
    assert rehearsed == [empty / "imd-2026"]


def test_a_person_may_decline(stormctl: CommandLine, empty: Path, rehearsed: list[Path]) -> None:
    """Then nothing is made, and it is said where a campaign comes from."""
    stormctl.answer("n")

    ended = stormctl("rehearse")

    assert (ended.code, ended.out.strip()) == (ExitCode.USAGE, "")
    assert "error: nothing was made\n" in ended.err
    assert ended.err.endswith(ORIGIN)
    assert (names(empty), rehearsed) == ([], [])


def test_the_end_of_the_input_at_the_question(stormctl: CommandLine, empty: Path) -> None:
    """It is no answer: nothing is made, and the shell hears of an interruption."""
    stormctl.answer()

    ended = stormctl("rehearse")

    assert (ended.code, names(empty)) == (INTERRUPTED, [])


def test_nobody_is_asked_for_what_can_not_be_made(
    stormctl: CommandLine, empty: Path, rehearsed: list[Path]
) -> None:
    """A copy is there already: the question would be in vain."""
    stormctl("rehearse", "--sample")
    stormctl.answer("y")

    ended = stormctl("rehearse")

    assert ended.code == ExitCode.USAGE
    assert ended.err == (
        f"error: {empty / 'imd-2026'} already exists, and nothing is ever overwritten\n"
        "hint: To rehearse it: stormctl --dir imd-2026 rehearse\n"
    )
    assert stormctl("--dir", "imd-2026", "rehearse").code == BEGUN[0]
    assert rehearsed == [empty / "imd-2026"] * 2


def test_off_a_terminal_nothing_is_made_unasked(stormctl: CommandLine, empty: Path) -> None:
    """The error names both ways: a campaign's folder, and the sample."""
    ended = stormctl("rehearse")

    assert (ended.code, ended.out, names(empty)) == (ExitCode.USAGE, "", [])
    assert ended.err == (
        f"error: no campaign here: neither {empty} nor a folder above it holds schedules/\n"
        f"hint: Go to the campaign's folder, or name it with --dir. {ORIGIN}"
    )


def test_who_names_a_schedule_means_a_campaign_of_their_own(stormctl: CommandLine, empty: Path) -> None:
    """A sample is not offered in its place, and none is made if both are typed."""
    stormctl.answer("y")

    alone = stormctl("rehearse", "spring-2026")
    both = stormctl("rehearse", "spring-2026", "--sample", "imd-2026")

    assert (alone.code, both.code, names(empty)) == (ExitCode.USAGE, ExitCode.USAGE, [])
    assert "error: no campaign here" in alone.err
    assert both.err == "error: a sample has one schedule\nhint: With --sample, leave SCHEDULE out.\n"


def test_an_unknown_sample_makes_nothing(stormctl: CommandLine, empty: Path) -> None:
    """The nearest is offered, with all that exist."""
    ended = stormctl("rehearse", "--sample", "imd-2062")

    assert (ended.code, names(empty)) == (ExitCode.USAGE, [])
    assert ended.err == (
        "error: there is no sample “imd-2062”\n"
        f"hint: Did you mean “imd-2026”? Those that exist: {', '.join(sorted(find_samples()))}.\n"
    )


@pytest.mark.parametrize(
    ("begun", "offered"),
    [
        ("imd-2018", ["imd-2018", "imd-2018-defenders"]),
        ("", sorted(find_samples())),
        ("xyz", []),
    ],
)
def test_a_shell_completes_the_name_of_a_sample(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], begun: str, offered: list[str]
) -> None:
    """A press of the tabulator key after `--sample` offers those that begin so, also after nothing."""
    monkeypatch.setenv("_STORMCTL_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"stormctl rehearse --sample {begun}")
    monkeypatch.setenv("COMP_CWORD", "3")

    assert main() == ExitCode.DONE

    assert capsys.readouterr().out.split() == offered


@pytest.mark.parametrize("below", [".", "messages", "schedules"])
def test_no_sample_is_put_into_a_campaign(
    stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    """Its folder would be taken for a bank, and its rehearsal would prove nothing of the campaign."""
    monkeypatch.chdir(stormctl.root / below)

    ended = stormctl("rehearse", "--sample")

    assert ended.code == ExitCode.USAGE
    assert ended.err == (
        f"error: {stormctl.root} is already a campaign, and a sample is never copied into one\n"
        "hint: To rehearse it, leave --sample out. For the sample, go to a folder outside it.\n"
    )
    assert names(stormctl.root) == ["messages", "schedules"]


@pytest.mark.parametrize("by", ["option", "environment"])
def test_a_named_campaign_and_a_sample_contradict_each_other(
    stormctl: CommandLine, empty: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """The commands after it would act on the named one: `--sample` says so, and makes nothing."""
    root = empty.parent / "campaign"
    if by == "environment":
        monkeypatch.setenv("STORMCTL_DIR", str(root))

    ended = stormctl(*(("--dir", str(root)) if by == "option" else ()), "rehearse", "--sample")

    assert (ended.code, names(empty)) == (ExitCode.USAGE, [])
    assert ended.err.endswith(
        "hint: To rehearse it, leave --sample out. For the sample, leave --dir and STORMCTL_DIR out.\n"
    )


def test_a_named_folder_without_a_campaign_gets_no_sample(stormctl: CommandLine, empty: Path) -> None:
    """`--dir` is never taken for the place of a copy, asked or not."""
    stormctl.answer("y", "y")

    for arguments in (["rehearse"], ["rehearse", "--sample"]):
        ended = stormctl("--dir", str(empty), *arguments)

        assert (ended.code, names(empty)) == (ExitCode.USAGE, [])
        assert "is not a campaign folder" in ended.err
        assert ended.err.endswith(f"or leave --dir and STORMCTL_DIR out. {ORIGIN}")


def test_in_a_campaign_it_is_that_one(stormctl: CommandLine, rehearsed: list[Path]) -> None:
    """Nobody is asked, and no sample is looked for."""
    stormctl.answer()

    ended = stormctl("rehearse")

    assert ending(ended) == BEGUN
    assert rehearsed == [stormctl.root]


@pytest.mark.parametrize(
    "command",
    [
        "check", "plan", "doctor", "launch --yes", "daemon", "tick", "status", "status --rehearsal",
        "halt --reason x", "resume --yes", "show x/a", "cancel x/a", "retry x/a", "resolve x/a --not-posted",
        "retract x/a", "report", "auth x x:a", "auth facebook facebook:a", "auth list", "ledger",
        "ledger backup", "ledger restore x", "ledger migrate", "ledger copy sqlite:///x.db",
    ],
)  # fmt: skip
def test_every_command_says_where_a_campaign_comes_from(
    stormctl: CommandLine, empty: Path, command: str
) -> None:
    """Outside of a campaign each one ends with 2 and the same hint, and makes nothing."""
    ended = stormctl(*command.split())

    assert (ended.code, ended.out, names(empty)) == (ExitCode.USAGE, "", [])
    assert ended.err.endswith(ORIGIN)
