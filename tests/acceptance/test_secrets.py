"""Everything that a day writes is searched for everything that is secret."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import subprocess
import sys
import urllib.request
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest

from tests.acceptance.conftest import PATIENCE_S, start_emulator
from tests.postgres import LOCKED_PASSWORD, LOCKED_USER
from tests.receiver import receiving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.conftest import Campaign
    from tests.postgres import Server
    from tests.receiver import Receiver

pytestmark = [pytest.mark.slow, pytest.mark.long]

ALERT, HEARTBEAT = "al3rt-s3cret", "h3artbeat-s3cret"
ENCODED = quote(LOCKED_PASSWORD, safe="")
ELSEWHERE = f"postgresql://ana:{ENCODED}@127.0.0.1:9/storm"

SHOWING = (
    "auth list",
    "auth list --json",
    "doctor",
    "doctor --json",
    "status --json",
    "report --html day.html",
    "ledger backup backup.db",
)
"""Commands that tell all that they know."""

TALKATIVE = """\
import logging, sys
from stormctl.cli.main import main
from stormctl.cli.scrubbing import set_up_logging
from stormctl.platforms.facebook.adapter import FacebookAdapter

def fail(self, post, before_send):
    raise RuntimeError(f"a bug in mid-storm with {vars(self)} and {self._credentials.page_token}")

FacebookAdapter.publish = fail
set_up_logging()
logging.getLogger().setLevel(logging.DEBUG)
sys.exit(main(sys.argv[1:]))
"""
"""The command with every library's log at DEBUG, and a bug on the way of every post to a Page."""

BROKEN = """\
import sys
import stormctl.engine.accounts.accounts
from stormctl.cli.main import main

def fail(channels, environment, ledger, *, offline):
    raise RuntimeError(f"a bug with {sorted(environment.secrets())} of {environment!r}")

stormctl.engine.accounts.accounts.list_access = fail
sys.exit(main(["auth", "list"]))
"""
"""The command with a bug that holds every secret in its hands."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody who takes alerts and pings."""
    with receiving() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    """Where the ledger is kept: in the campaign folder, or on a server that wants a password."""
    if request.param == "sqlite":
        yield Kept("sqlite:///.stormctl/ledger.db")
        return
    server: Server = request.getfixturevalue("postgres")
    with server.schema() as schema:
        server.execute(f"GRANT ALL ON SCHEMA {schema} TO {LOCKED_USER}")
        yield Kept(
            server.url_of(schema).replace("://postgres:@", f"://{LOCKED_USER}:{ENCODED}@"), server, schema
        )


@dataclass(frozen=True)
class Kept:
    """A ledger's address, and what reads it behind the ledger's back where it is no file."""

    url: str
    server: Server | None = None
    schema: str = ""

    def read_tables(self) -> dict[str, str]:
        """Return every row of every table on the server, as text."""
        if self.server is None:
            return {}
        names = self.server.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema", self.schema
        )
        return {f"table {name}": str(self.server.execute(f"TABLE {name}", self.schema)) for (name,) in names}


@pytest.fixture
def stage(campaign: Campaign, receiver: Receiver, kept: Kept) -> Iterator[Campaign]:
    """A campaign whose `.env` holds addresses and the apps' keys, and nothing else yet."""
    with start_emulator(campaign, "x:acme", "facebook:acme") as variables:
        campaign.emulator_url = variables["STORMCTL_X_BASE_URL"]
        shared = {
            re.sub("_ACME_", "_", name): value
            for name, value in variables.items()
            if name.endswith(("_URL", "_CONSUMER_KEY", "_CONSUMER_SECRET", "_APP_ID", "_APP_SECRET"))
        }
        shared["STORMCTL_ALERT_URLS"] = receiver.url("json", ALERT)
        shared["STORMCTL_HEARTBEAT_URL"] = receiver.url("http", HEARTBEAT)
        shared["STORMCTL_LEDGER_URL"] = kept.url
        shared |= {"STORMCTL_REQUEST_LIMIT": "2s", "STORMCTL_LEASE": "5s", "STORMCTL_SETTLING": "1s"}
        file = campaign.root / ".env"
        file.touch(mode=0o600)
        file.write_text("".join(f"{name}='{value}'\n" for name, value in shared.items()), encoding="utf-8")
        yield campaign


def find_secrets(stage: Campaign) -> set[str]:
    """Return every secret of the day in every form in which it travels."""
    x, page = stage.ask("/_emulator/accounts")["accounts"]
    keys = {**x["credentials"], **page["credentials"]}
    proof = hmac.new(keys["APP_SECRET"].encode(), keys["PAGE_TOKEN"].encode(), hashlib.sha256).hexdigest()
    public = {keys["PAGE_ID"], keys["APP_ID"]}
    plain = {
        *keys.values(),
        page["user_token"],
        page["short_user_token"],
        proof,
        ALERT,
        HEARTBEAT,
        LOCKED_PASSWORD,
    }
    basic = f"{keys['CONSUMER_KEY']}:{keys['CONSUMER_SECRET']}"
    return {
        form
        for secret in plain - public | {basic}
        for form in (
            secret,
            quote(secret, safe=""),
            b64encode(secret.encode()).decode(),
            secret.encode().hex(),
        )
    }


def sign_in(stage: Campaign) -> list[str]:
    """Sign both channels in; return what was printed."""
    user_token = stage.ask("/_emulator/accounts")["accounts"][1]["short_user_token"]
    begun = stage.run("auth", "x")
    token = begun.stdout.strip().partition("oauth_token=")[2]
    form = urlencode({"oauth_token": token, "account": "x:acme"}).encode()
    with urllib.request.urlopen(f"{stage.emulator_url}/oauth/authorize", form, PATIENCE_S) as page:  # noqa: S310 - loopback
        (pin,) = re.findall(r'id="pin">(\d+)<', page.read().decode())
    finished = stage.run("auth", "x", "--pin", pin, "--yes")
    chosen = subprocess.run(
        [sys.executable, "-m", "stormctl", "auth", "facebook", "--token-stdin", "--yes"],
        cwd=stage.root,
        env=stage._environment({}),
        input=f"{user_token}\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    return [done.stdout + done.stderr for done in (begun, finished, chosen)]


def run_program(stage: Campaign, program: str, *arguments: str, expect: int) -> str:
    """Run a program that uses the command; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=stage.root,
        env=stage._environment({}),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == expect, done.stderr
    return done.stdout + done.stderr


def test_nothing_that_a_day_writes_holds_a_secret(stage: Campaign, receiver: Receiver, kept: Kept) -> None:
    """Sign-ins, a storm at DEBUG with trouble and bugs, its report, ledgers in and out of reach."""
    everything = {f"sign-in {number}": text for number, text in enumerate(sign_in(stage))}
    secrets = find_secrets(stage)
    stage.write_hours(lasts=3)
    faults = [{"action": "unauthorized", "platform": "x", "nth": [2]}, {"action": "error_before", "nth": [3]}]
    stage.ask("/_emulator/faults", {"rules": faults})

    launch = ("launch", "--yes", "--plain", "--log-file", "storm.log")
    everything["launch"] = run_program(stage, TALKATIVE, *launch, expect=1)
    everything["bug"] = run_program(stage, BROKEN, expect=1)
    for command in (*SHOWING, f"ledger copy {ELSEWHERE}"):
        done = stage.run(*command.split(), expect=None)
        everything[command.partition(" postgresql:")[0]] = done.stdout + done.stderr
    done = stage.run("status", expect=None, STORMCTL_LEDGER_URL=ELSEWHERE)
    everything["ledger out of reach"] = done.stdout + done.stderr
    everything["alerts"] = str(receiver.alerts)
    everything |= kept.read_tables()
    for path in stage.root.rglob("*"):
        if path.is_file() and path.name != ".env":
            everything[os.fspath(path.relative_to(stage.root))] = path.read_bytes().decode("latin-1")

    found = {where for where, text in everything.items() for secret in secrets if secret in text}
    assert found == set()
    ledger = {"table deliveries", "table attempts"} if kept.server else {".stormctl/ledger.db"}
    assert {"storm.log", "day.html", "backup.db"} | ledger <= set(everything)
    assert not kept.server or "delivered" in everything["table deliveries"]
    assert "x:acme suspended" in everything["alerts"]
    assert "DEBUG" in everything["launch"]
    assert "a bug in mid-storm with" in everything["launch"]
    assert "a bug in mid-storm with" in everything["storm.log"]
    assert "does not answer" in everything["ledger out of reach"]
    assert "a bug with" in everything["bug"]
    assert "Acme (@acme)" in everything["auth list"]
    assert "facebook:acme" in everything["doctor --json"]
