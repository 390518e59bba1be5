"""A canary in a real terminal: asked about, posted, looked at, and deleted whatever a person does."""

from __future__ import annotations

import os
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import PATIENCE_S

if os.name != "posix":
    pytest.skip("a pseudo-terminal is a thing of Unix", allow_module_level=True)

from tests.acceptance.terminal import CTRL_C, ENTER, Terminal, sitting_at

if TYPE_CHECKING:
    from tests.acceptance.conftest import Campaign

pytestmark = pytest.mark.slow


def confirm(terminal: Terminal, channel: str) -> str:
    """Read what will be posted, and type the channel's name."""
    shown = terminal.read_until(f"Type {channel} to post it: ")
    terminal.type(f"{channel}{ENTER}")
    return shown


def read_link(terminal: Terminal) -> str:
    """Wait until the canary is posted; return its link."""
    terminal.read_until(f"{ENTER}\n" if ENTER in terminal.seen else "\n")  # what was typed is echoed
    told = terminal.read_until("Enter deletes it; Ctrl-C too.\n")
    return told.splitlines()[0]


def standing(stage: Campaign) -> list[bool]:
    """Return for every post that there ever was whether it stands."""
    return [not post["deleted"] for post in stage.ask("/_emulator/posts")["posts"]]


@pytest.mark.parametrize("channel", ["x:acme", pytest.param("facebook:acme", marks=pytest.mark.long)])
def test_enter_deletes_it(stage: Campaign, channel: str) -> None:
    """It says what it will cost, stands at its link for everybody until Enter, and is gone after it."""
    with sitting_at(stage, "doctor", "--canary", channel) as terminal:
        shown, link = confirm(terminal, channel), read_link(terminal)
        before = standing(stage)
        request = urllib.request.Request(link, headers={"Accept": "text/html"})  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as page:  # noqa: S310 - as above
            seen = page.read().decode()
        terminal.type(ENTER)
        code, told = terminal.end()

    assert ("at most $0.025 to post and delete it" if channel == "x:acme" else "Cost     nothing") in shown
    assert "NOT LIVE" in shown
    assert "Technical test of this account." in seen
    assert (code, before, standing(stage)) == (0, [True], [False])
    assert "taken down  canary/" in told


@pytest.mark.long
def test_ctrl_c_while_it_is_looked_for_is_heard(stage: Campaign) -> None:
    """Its answer was lost: it is found on the account, and deleted without waiting for Enter."""
    stage.environment |= {"STORMCTL_REQUEST_LIMIT": "2s", "STORMCTL_LEASE": "5s", "STORMCTL_SETTLING": "1s"}
    rule = {"action": "drop_after", "operation": "create_post", "times": 1}
    lag = {"action": "lag", "operation": "read_timeline", "seconds": 60, "times": 1}
    stage.ask("/_emulator/faults", {"rules": [rule, lag]})
    with sitting_at(stage, "doctor", "--canary", "x:acme") as terminal:
        confirm(terminal, "x:acme")
        terminal.read_until("It is not known whether it went out")
        terminal.type(CTRL_C)
        code, told = terminal.end()

    assert (code, standing(stage)) == (0, [False])
    assert "One moment: the canary is brought to its end first." in told
    assert "it is on the account" in told
