"""Tab offers what a command can take, in every shell, and never says anything else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.cli.completion import VARIABLE, join_words
from tests.factories import PAGE, make_delivery
from tests.unit.cli.conftest import enroll, read_moment

if TYPE_CHECKING:
    from stormctl.ledger.ledger import Ledger
    from tests.unit.cli.conftest import CommandLine

SOON = timedelta(hours=2)


class Shell:
    """A shell in the campaign folder, in which somebody types and presses Tab."""

    def __init__(self, stormctl: CommandLine, patch: pytest.MonkeyPatch) -> None:
        self._stormctl = stormctl
        self._patch = patch

    def tab(self, line: str, *, splits_at_colons: bool = False) -> list[str]:
        """Return what is offered at the end of a line."""
        words = (line.replace(":", "\n:\n") if splits_at_colons else line).replace(" ", "\n").split("\n")
        if splits_at_colons and words[-1] == "" and words[-2:-1] == [":"]:
            words.pop()
        self._patch.setenv(VARIABLE, "complete_bash")
        self._patch.setenv("COMP_WORDS", "\n".join(words))
        self._patch.setenv("COMP_CWORD", str(len(words) - 1))
        ended = self._stormctl()
        assert ended.err == ""
        return ended.out.splitlines()


@pytest.fixture
def shell(stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell with two words of which one is to come."""
    return Shell(stormctl, monkeypatch)


@pytest.fixture
def enrolled(ledger: Ledger) -> Ledger:
    """Two messages, one of them on two channels, and a thread; one is cancelled."""
    slot_at = read_moment().at + SOON
    parts = [make_delivery("tale", slot_at=slot_at, part=part) for part in (1, 2)]
    both = [make_delivery("boat", slot_at=slot_at, channel=channel, topic="sea") for channel in (PAGE,)]
    enroll(
        ledger, make_delivery("boat", slot_at=slot_at), *both, make_delivery("door", slot_at=slot_at), *parts
    )
    ledger.manual.cancel(["storm/x:acme/door/en"], "ana", read_moment())
    return ledger


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("stormctl cancel ", ["facebook:acme/boat", "tale", "x:acme/boat"]),
        ("stormctl cancel x:acme/", ["x:acme/boat", "x:acme/tale"]),
        ("stormctl cancel tale x:acme/b", ["x:acme/boat"]),
        ("stormctl retry ", ["door"]),
        ("stormctl retract ", []),
        ("stormctl show storm/x:acme/d", ["storm/x:acme/door/en"]),
        ("stormctl halt --channel ", ["facebook:acme", "x:acme"]),
        ("stormctl halt --platform f", ["facebook"]),
        ("stormctl halt --topic ", ["sea"]),
        ("stormctl cancel --message b", ["boat"]),
        ("stormctl cancel --message boat --storm ", ["storm"]),
        ("stormctl status ", ["storm"]),
        ("stormctl launch ", ["small", "storm"]),
        ("stormctl launch small --without ", ["facebook:acme", "x:acme"]),
        ("stormctl auth facebook ", ["acme"]),
        ("stormctl resume --channel ", ["facebook:acme", "x:acme"]),
    ],
)
@pytest.mark.usefixtures("enrolled")
def test_what_is_offered(shell: Shell, line: str, offered: list[str]) -> None:
    """Keys as short as they may be, and what the ledger and the schedules know."""
    assert shell.tab(line) == offered


def test_resume_offers_what_is_held(shell: Shell, enrolled: Ledger) -> None:
    """Where something is halted by name or suspended, nothing else is meant."""
    enrolled.channels.suspend("facebook:acme", "its token is dead", read_moment())

    assert shell.tab("stormctl resume --channel ") == ["facebook:acme"]


@pytest.mark.usefixtures("enrolled")
def test_bash_is_given_the_rest_of_a_word_with_a_colon(shell: Shell) -> None:
    """It splits words at colons, and replaces what stands after the last one."""
    assert shell.tab("stormctl cancel x:acme/b", splits_at_colons=True) == ["acme/boat"]
    assert shell.tab("stormctl halt --channel x:", splits_at_colons=True) == ["acme"]
    assert shell.tab("stormctl halt --channel x:acme --rea", splits_at_colons=True) == ["--reason"]


def test_nothing_is_offered_where_nothing_can_be_known(shell: Shell, stormctl: CommandLine) -> None:
    """No ledger, no rehearsal, a broken `.env`: the line that is typed stays as it is."""
    none = shell.tab("stormctl cancel ")
    practice = shell.tab("stormctl cancel --rehearsal ")
    stormctl.write(".env", "STORMCTL_LEDGER_URL=nonsense\n").chmod(0o666)

    assert [none, practice, shell.tab("stormctl cancel ")] == [[], [], []]


@pytest.mark.parametrize(
    ("words", "place", "joined"),
    [
        (["stormctl", "show", "x", ":", "a"], 4, (["stormctl", "show", "x:a"], 2)),
        (["stormctl", "show", "x", ":"], 3, (["stormctl", "show", "x:"], 2)),
        (["stormctl", "show", "x", ":", "a", "b"], 5, (["stormctl", "show", "x:a", "b"], 3)),
        (["stormctl", "show"], 2, (["stormctl", "show"], 2)),
        (
            ["stormctl", "retry", "k", "--at", "15", ":", "30"],
            6,
            (["stormctl", "retry", "k", "--at", "15:30"], 4),
        ),
    ],
)
def test_words_are_joined(words: list[str], place: int, joined: tuple[list[str], int]) -> None:
    """As they were typed, with the place of the one that is completed."""
    assert join_words(words, place) == joined
