"""The emulator's page knows every fault, and its examples run."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import facebook
import pytest

from stormctl.emulator.control import control_routes
from stormctl.emulator.core.accounts import x_user_token
from stormctl.emulator.core.faults import PROFILES, Action, FaultRule, Faults, parse_rules
from stormctl.emulator.core.operations import OPERATIONS
from stormctl.emulator.server import EmulatorThread, make_accounts

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")
ACCOUNTS = make_accounts(["x:acme", "facebook:acme"], seed=0)


def find_blocks(language: str) -> list[str]:
    """Find the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def find_first_cells() -> set[str]:
    """Find the words in code that begin a row of a table."""
    rows = re.findall(r"^\| (`[^|]+) \|", PAGE, re.MULTILINE)
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatorThread]:
    """Run an emulator; what the page's examples need is in the environment."""
    on_x, page = ACCOUNTS
    with EmulatorThread(ACCOUNTS) as running:
        monkeypatch.setenv("EMULATOR", running.base_url)
        monkeypatch.setenv("TOKEN", x_user_token(on_x.credentials["ACCESS_TOKEN"]))
        monkeypatch.setenv("PAGE_ID", page.id)
        monkeypatch.setenv("PAGE_TOKEN", page.credentials["PAGE_TOKEN"])
        yield running


def test_every_action_and_key_is_explained() -> None:
    """A rule can be written with nothing but the page."""
    explained = find_first_cells()

    assert {str(action) for action in Action} <= explained
    assert set(FaultRule.model_fields) - {"action"} <= explained
    assert {f"`{name}`" for name in OPERATIONS} <= set(re.findall(r"`\w+`", PAGE))
    assert all(f"`{name}`" in PAGE or f"--faults {name}" in PAGE for name in PROFILES)


def test_the_example_of_rules_is_read() -> None:
    """As a file of faults would be."""
    (text,) = find_blocks("toml")

    rules = parse_rules(tomllib.loads(text)["rules"])

    assert [rule.action for rule in rules] == [Action.DROP_AFTER, Action.ERROR_BEFORE, Action.ANSWER]


def test_every_address_to_steer_by_is_named() -> None:
    """What a test or a rehearsal may ask for."""
    with EmulatorThread(ACCOUNTS) as running:
        routes = control_routes(running.world, Faults())
    paths = {route.path for route in routes if "{" not in route.path}

    assert paths == {path for path in paths if f"{path}`" in PAGE}


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_curl_posts_to_both(emulator: EmulatorThread) -> None:
    """Nothing needs to be signed."""
    _, commands = find_blocks("sh")

    done = subprocess.run(
        ["/bin/sh", "-e", "-c", commands], capture_output=True, text=True, timeout=20, check=False
    )

    assert done.returncode == 0, done.stderr
    assert [post.account.channel for post in emulator.world.posts()] == ["x:acme", "facebook:acme"]


def test_both_libraries_post(emulator: EmulatorThread, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no more than the page says."""
    monkeypatch.setattr(facebook, "FACEBOOK_GRAPH_URL", facebook.FACEBOOK_GRAPH_URL)

    for code in find_blocks("python"):
        exec(compile(code, "docs/emulator.md", "exec"), {})  # noqa: S102 - our own page

    assert [post.text for post in emulator.world.posts()] == ["Dignity for all."] * 2
