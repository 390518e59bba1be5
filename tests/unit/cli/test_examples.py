"""The examples in each command's help can be typed."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from stormctl.cli.examples import EXAMPLES
from stormctl.cli.reference import get_command, list_commands
from stormctl.engine.base.campaign import load_campaign
from stormctl.engine.launch.launch import terms_of
from stormctl.errors import ExitCode
from stormctl.files.samples import copy_sample, get_sample
from stormctl.ledger.ledger import open_ledger
from tests.unit.cli.conftest import read_moment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.conftest import CommandLine

TYPED = [(name, example) for name, examples in EXAMPLES.items() for example in examples]

RUN = (
    *("check", "plan", "status", "log", "show"),
    *("cancel", 0, "retry", 0, "cancel", 1, "halt", 0, "halt", 1, "resume", 1, "resume", 0),
    *("report", "schema", "ledger", "ledger backup", 0),
)
"""Commands that need neither keys nor a platform, in an order in which each has something to do; a number
names one of the two examples. The second of `retry` names a day, which will be over."""


def test_every_command_has_two() -> None:
    """No command of the reference is without examples, and no example without its command."""
    assert sorted(EXAMPLES) == sorted(list_commands())


@pytest.mark.parametrize(("name", "example"), TYPED)
def test_it_is_shown_and_understood(stormctl: CommandLine, name: str, example: str) -> None:
    """The help shows it whole, in a window of 80 columns, and its options and arguments exist."""
    words = shlex.split(example)
    words = words[2:] if words[0] == "--dir" else words
    path = name.split()
    assert words[: len(path)] == path

    get_command(name).make_context(name, words[len(path) :])

    assert f"  stormctl {example}\n" in stormctl(*path, "--help").out


@pytest.fixture
def launched(stormctl: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The sample campaign, with its storm in a ledger."""
    place = tmp_path / "sample"
    copy_sample(get_sample("imd-2026"), place)
    monkeypatch.chdir(place)
    storm, plan = load_campaign(place, place / "schedules/imd-2026.toml").get_plan()
    ledger = open_ledger("sqlite:///.stormctl/ledger.db", root=place, create=True)
    ledger.enrolment.enroll(terms_of(storm), plan.deliveries, read_moment(), who="ana")
    ledger.close()
    return stormctl


def test_they_work_on_the_sample(launched: CommandLine) -> None:
    """None is refused: the exit codes are those of how things stand."""
    examples = [
        example
        for name, following in zip(RUN, (*RUN[1:], ""), strict=True)
        if isinstance(name, str)
        for example in ([EXAMPLES[name][following]] if isinstance(following, int) else EXAMPLES[name])
    ]
    for example in examples:
        more = ["--yes"] if example.startswith("resume") else []

        ended = launched(*shlex.split(example), *more)

        assert ended.code not in {ExitCode.BUG, ExitCode.USAGE}, f"{example}: {ended.err}"
