"""`status --web`: what is printed, what is refused, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests

from stormctl.errors import ExitCode
from tests.factories import PAGE, make_delivery
from tests.unit.cli.conftest import enroll, read_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.ledger.ledger import Ledger
    from tests.unit.cli.conftest import CommandLine

SOON = timedelta(hours=2)


@pytest.mark.parametrize("options", [("--port", "0"), ("--halt-address",), ("--host", "0.0.0.0")])  # noqa: S104
@pytest.mark.usefixtures("ledger")
def test_options_of_the_page_go_with_it(stormctl: CommandLine, options: tuple[str, ...]) -> None:
    """Alone they would do nothing, and nobody would notice."""
    ended = stormctl("status", *options)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "Add --web" in ended.err


@pytest.mark.parametrize("option", [("--json",), ("--find", "boat")])
@pytest.mark.usefixtures("ledger")
def test_a_page_is_served_or_something_is_printed(stormctl: CommandLine, option: tuple[str, ...]) -> None:
    """Nobody waits for JSON that never comes."""
    ended = stormctl("status", "--web", *option)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "Leave --json and --find out" in ended.err


@pytest.mark.usefixtures("ledger")
def test_the_big_screen_s_page_stays_on_the_machine(stormctl: CommandLine) -> None:
    """`--host` widens the halt page alone."""
    ended = stormctl("status", "--web", "--host", "0.0.0.0")  # noqa: S104 - refused

    assert ended.code == ExitCode.USAGE
    assert "Add --halt-address" in ended.err


@pytest.fixture
def serving(stormctl: CommandLine, ledger: Ledger) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own, with both pages on free ports."""
    enroll(
        ledger,
        make_delivery(slot_at=read_moment().at + SOON),
        make_delivery(slot_at=read_moment().at + SOON, channel=PAGE),
    )
    command = [sys.executable, "-m", "stormctl", "status", "--web", "--port", "0", "--halt-address"]
    with subprocess.Popen(
        command,
        cwd=stormctl.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        yield process
        process.kill()


@pytest.mark.slow
def test_pages_are_served_until_ctrl_c(serving: subprocess.Popen[str], ledger: Ledger) -> None:
    """Both addresses are printed, one halts, nothing printed later holds the secret, and it ends well."""
    assert serving.stdout is not None
    lines = [serving.stdout.readline() for _ in range(5)]
    page, halt = (line.strip() for line in lines if line.startswith("http://127.0.0.1:"))

    shown = requests.get(page, timeout=10)
    form = requests.get(halt, timeout=10).text
    token = re.search(r'name="token" value="([^"]+)"', form)
    assert token is not None
    asked = requests.post(halt, data={"token": token[1], "channel": "x:acme", "reason": "wrong"}, timeout=10)
    confirmation = re.search(r'name="confirmation" value="([^"]+)"', asked.text)
    assert confirmation is not None
    fields = {"confirmation": confirmation[1], "sure": "yes"}
    done = requests.post(halt, data=fields, timeout=20)
    serving.send_signal(signal.SIGINT)
    rest, _ = serving.communicate(timeout=20)

    assert "A storm" in shown.text
    assert "Nothing was running" in done.text
    assert [(one.target, one.reason) for one in ledger.halts.active()] == [("x:acme", "wrong")]
    assert "HALTED x:acme by the halt page: wrong" in rest
    assert halt.rpartition("/")[2] not in rest
    assert serving.returncode == 0
