"""No secret that this process has read comes out of it by a log or by a bug."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from stormctl.cli.scrubbing import Scrubber, ScrubbingFormatter
from stormctl.domain.base.private import BLOT
from stormctl.domain.delivery.delivery import Delivered
from stormctl.emulator.core.accounts import make_accounts
from stormctl.emulator.server import EmulatorThread
from stormctl.engine.accounts.adapters import EnvironmentAdapters
from stormctl.environment import Environment
from stormctl.platforms.adapter import OutgoingPost
from stormctl.settings import Settings
from tests.factories import ACME, PAGE

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

ODD = "s3cret/with+signs="

LIBRARIES = ("urllib3", "requests", "tweepy", "oauthlib", "requests_oauthlib")

BROKEN = """\
import threading
import stormctl.files.campaign
from stormctl.cli.context import Context
from stormctl.cli.main import main

def fail(root):
    text = max(Context(root).environment.secrets(), key=len)
    thread = threading.Thread(target=lambda: 1 / len(text[:0]), name=text)
    thread.start()
    thread.join()
    raise RuntimeError("a bug with " + text)

stormctl.files.campaign.find_schedules = fail
raise SystemExit(main(["check"]))
"""


@pytest.mark.parametrize(
    "form",
    [
        ODD,
        quote(ODD, safe=""),
        quote(quote(ODD, safe=""), safe=""),
        b64encode(ODD.encode()).decode(),
    ],
)
def test_a_secret_is_blotted_out_in_every_form(form: str) -> None:
    """As it is, quoted in an address, quoted twice in what OAuth signs, and encoded in a header."""
    scrubber = Scrubber()
    scrubber.learn([ODD])

    assert scrubber.scrub(f"a {form} b") == f"a {BLOT} b"


def test_a_longer_secret_is_blotted_out_before_a_part_of_it() -> None:
    """Otherwise its rest would show."""
    scrubber = Scrubber()
    scrubber.learn(["abcdef"])
    scrubber.learn(["abcdef-ghijkl", "abc"])

    assert scrubber.scrub("abcdef-ghijkl abcdef abc") == f"{BLOT} {BLOT} abc"


@pytest.fixture
def talkative() -> io.StringIO:
    """Python's log at DEBUG, every library's too, written as the terminal would have it."""
    return io.StringIO()


def test_libraries_at_debug_show_no_secret(talkative: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody turns everything up to look for a fault, while posts go out on both platforms."""
    accounts = make_accounts([str(ACME), str(PAGE)], 1)
    values = {
        f"STORMCTL_{account.platform.upper()}_ACME_{field}": value
        for account in accounts
        for field, value in account.credentials.items()
    }
    scrubber, handler = Scrubber(), logging.StreamHandler(talkative)
    handler.setFormatter(ScrubbingFormatter("%(name)s %(message)s", scrubber))
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    with EmulatorThread(accounts) as emulator:
        settings = Settings(base_urls={"X": emulator.base_url, "FACEBOOK": emulator.base_url}, live=False)
        environment = Environment(settings, values)
        scrubber.learn(environment.secrets())
        adapters = EnvironmentAdapters(environment)
        publishers = [adapters.publisher(channel) for channel in (ACME, PAGE)]
        for name in LIBRARIES:  # after the adapters, which turn them down
            monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
            logging.getLogger(name).manager._clear_cache()  # type: ignore[attr-defined]  # levels are cached

        outcomes = [
            publisher.publish(OutgoingPost(text="Everyone has rights."), lambda: None)
            for publisher in publishers
        ]
        adapters.close()

    told = talkative.getvalue()
    assert all(isinstance(outcome, Delivered) for outcome in outcomes)
    assert "POST" in told
    assert [secret for secret in environment.secrets() if secret in told] == []


def test_a_bug_shows_its_traceback_without_secrets(stormctl: CommandLine) -> None:
    """A secret in an exception's own words, and in a thread's name."""
    written = "1001-AbCdEf-the-token"
    env = stormctl.write(".env", f"STORMCTL_X_ACME_ACCESS_TOKEN={written}\n")
    env.chmod(0o600)

    ended = subprocess.run(
        [sys.executable, "-c", BROKEN], cwd=stormctl.root, capture_output=True, check=False, encoding="utf-8"
    )

    assert ended.returncode == 1
    assert written not in ended.stderr
    assert f"RuntimeError: a bug with {BLOT}" in ended.stderr
    assert f"a bug in {BLOT}" in ended.stderr
    assert "ZeroDivisionError" in ended.stderr
