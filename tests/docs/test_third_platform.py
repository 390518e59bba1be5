"""A platform that nobody has written is never taken for another one, and mypy names who must decide."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stormctl.cli.commands.auth import find_sign_in
from stormctl.domain.delivery.delivery import Post
from stormctl.domain.plan.canary import plan_canary
from stormctl.domain.plan.compose import compose
from stormctl.domain.plan.cost import price_of, price_of_readings
from stormctl.domain.platforms.channel import ChannelId, Platform
from stormctl.engine.accounts.adapters import EnvironmentAdapters
from stormctl.environment import Environment
from stormctl.platforms.post_urls import parse_post_url
from stormctl.render.labels import list_columns
from stormctl.settings import Settings
from tests.fakes import NOON
from tests.unit.domain.making import make_rule, make_storm, make_variant

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("\n### A platform\n")[2]
FILES = re.findall(r"^\| `([^`]+)` \| .* \| (.+) \|$", PAGE, re.MULTILINE)


def imagine() -> ChannelId:
    """Return a channel on a platform that is of the enumeration's kind, and in no lookup."""
    member = str.__new__(Platform, "mastodon")
    member._name_, member._value_ = "MASTODON", "mastodon"
    return ChannelId(member, "acme")


CHANNEL = imagine()
LOOKUPS: dict[str, Callable[[], object]] = {
    "its facts": lambda: CHANNEL.platform.facts,
    "its name": lambda: CHANNEL.platform.label,
    "where it is": lambda: Settings().host(CHANNEL.platform),
    "where its channels are": lambda: Settings().hosts([CHANNEL]),
    "whether credentials may go there": lambda: Settings(live=True).check_destination(CHANNEL),
    "how long its lists lag": lambda: Settings().settling_of(CHANNEL.platform),
    "its variables": lambda: Environment(Settings(), {}).find_variables(CHANNEL),
    "a post": lambda: compose(make_variant(), replace(make_rule(), id=CHANNEL), make_storm()),
    "a price": lambda: price_of(Post(text="Hello"), CHANNEL),
    "the price of readings": lambda: price_of_readings(CHANNEL, 1),
    "a canary": lambda: plan_canary(CHANNEL, "en", NOON, timedelta(minutes=1)),
    "the columns of a report": lambda: list_columns(CHANNEL.platform),
    "the address of a post": lambda: parse_post_url(
        "https://example.org/1", CHANNEL.platform, host="example.org", account_id=None
    ),
    "an adapter": lambda: EnvironmentAdapters(Environment(Settings(), {})).publisher(CHANNEL),
    "a sign-in": lambda: find_sign_in(CHANNEL.platform),
}


@pytest.mark.parametrize("what", LOOKUPS)
def test_nothing_is_known_of_a_third_platform(what: str) -> None:
    """Nobody guesses: whoever asks for what differs between platforms fails, and names the member."""
    with pytest.raises(AssertionError, match="mastodon"):
        LOOKUPS[what]()


def test_a_platform_touches_few_files() -> None:
    """Six that exist, each once; whoever adds one finds them on the page."""
    names = [name for name, _ in FILES]

    assert 3 <= len(names) == len(set(names)) <= 6
    assert [name for name in names if not (ROOT / name).is_file()] == []


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(400)
def test_mypy_names_every_place_that_must_decide(tmp_path: Path) -> None:
    """In a copy with one more member: the files of the page's list, and no others."""
    shutil.copytree(ROOT / "stormctl", tmp_path / "stormctl", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    facts = tmp_path / "stormctl" / "domain" / "platforms" / "facts.py"
    text = facts.read_text(encoding="utf-8")
    facts.write_text(
        text.replace('    X = "x"\n', '    X = "x"\n    MASTODON = "mastodon"\n'), encoding="utf-8"
    )

    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", os.devnull, "stormctl"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=360,
    )

    complaints = re.findall(r"^(\S+?):\d+: error: (.*)$", found.stdout.replace("\\", "/"), re.MULTILINE)
    assert {file for file, _ in complaints} == {file for file, who in FILES if who == "mypy"}
    assert all("assert_never" in words and "MASTODON" in words for _, words in complaints)
