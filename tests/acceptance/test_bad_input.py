"""Bad input ends in one clear line with a hint and the documented exit code, and nothing is lost by it."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from stormctl.errors import ExitCode
from tests.acceptance.conftest import start_emulator

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.conftest import Campaign

pytestmark = pytest.mark.slow

POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has no file modes for group and others")
LEDGER = ".stormctl/ledger.db"


@pytest.fixture
def campaign(campaign: Campaign) -> Campaign:
    """The small campaign; its many short commands start warm where the system can fork."""
    campaign.is_warm = os.name == "posix"
    return campaign


def refuse(campaign: Campaign, code: ExitCode, *arguments: str, **environment: str) -> str:
    """Run a command that must refuse with one line and perhaps a hint, and return both."""
    done = campaign.run(*arguments, expect=int(code), cwd=None, patience_s=50, **environment)
    lines = done.stderr.splitlines()
    assert lines[0].startswith("error: "), done.stderr
    assert [line.partition(" ")[0] for line in lines[1:]] in ([], ["hint:"]), done.stderr
    assert done.stdout == ""
    return done.stderr


def tell_findings(campaign: Campaign, *arguments: str) -> str:
    """Run a command that findings must stop: each with its place, then one line and a hint."""
    done = campaign.run(*arguments, expect=int(ExitCode.FINDINGS))
    *_, error, hint = done.stderr.splitlines()
    assert (error, hint) == (
        "error: 1 error must be fixed first",
        "hint: Each one is listed above, with its place.",
    )
    return done.stderr


def make_env_file(campaign: Campaign, content: bytes = b"STORMCTL_LEASE=20s\n", mode: int = 0o600) -> None:
    """Write the campaign's .env."""
    path = campaign.root / ".env"
    path.write_bytes(content)
    path.chmod(mode)


def change_ledger(path: Path, statement: str) -> None:
    """Do to a database file what stormctl would not do."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


def test_a_schedule_that_is_not_there(campaign: Campaign) -> None:
    """The nearest name is offered."""
    told = refuse(campaign, ExitCode.USAGE, "launch", "smalls", "--yes")

    assert told == "error: there is no schedule “smalls”\nhint: did you mean “small”?\n"


def test_a_bank_that_is_not_there(campaign: Campaign) -> None:
    """The line of the schedule that names it is said."""
    shutil.rmtree(campaign.root / "messages")

    told = tell_findings(campaign, "rehearse")

    assert "schedules/small.toml\n  4 error there is no bank messages/small/  unknown-bank" in told


def test_a_schedule_that_is_not_toml(campaign: Campaign) -> None:
    """The line at which reading stopped is said."""
    schedule = campaign.root / "schedules" / "small.toml"
    schedule.write_text('name = "A small storm"\ndate = \n', encoding="utf-8")

    told = tell_findings(campaign, "launch", "--yes")

    assert "schedules/small.toml\n  2:8 error not readable as TOML" in told


def test_a_channel_that_can_not_be(campaign: Campaign) -> None:
    """A mistyped channel in the schedule, or to be halted, is named."""
    halted = refuse(campaign, ExitCode.USAGE, "halt", "--channel", "twitter:acme", "--reason", "practice")
    schedule = campaign.root / "schedules" / "small.toml"
    text = schedule.read_text(encoding="utf-8").replace("x:acme", "twitter:acme")
    schedule.write_text(text, encoding="utf-8")

    checked = campaign.run("check", expect=3).stdout

    assert "“twitter:acme” is not a channel: write x:NAME or facebook:NAME" in halted
    assert "schedules/small.toml\n  8 error channels[1].id: “twitter:acme” is not a channel" in checked


def test_a_channel_to_leave_out_that_is_not_there(campaign: Campaign) -> None:
    """`--without` with a wrong name must not let the right channel run."""
    slip, word = (
        refuse(campaign, ExitCode.USAGE, "launch", "--yes", "--without", name) for name in ("x:acne", "acme")
    )

    assert slip == "error: small has no channel x:acne\nhint: did you mean “x:acme”?\n"
    assert "“acme” is not a channel" in word


@POSIX
def test_secrets_that_others_can_read(campaign: Campaign) -> None:
    """The command that mends it is said."""
    make_env_file(campaign, mode=0o640)

    told = refuse(campaign, ExitCode.CREDENTIALS, "launch", "--yes")

    assert ".env can be read by others on this machine" in told
    assert f"chmod 600 {campaign.root / '.env'}" in told


def test_secrets_that_are_not_text(campaign: Campaign) -> None:
    """A file saved in another encoding is refused, and none of it is shown."""
    make_env_file(campaign, "STORMCTL_X_ACME_CONSUMER_KEY=clé-secrète".encode("latin-1"))

    told = refuse(campaign, ExitCode.CREDENTIALS, "launch", "--yes")

    assert ".env is not UTF-8 text" in told
    assert "secr" not in told.replace("secrets", "")


def test_secrets_that_git_tracks(campaign: Campaign) -> None:
    """One push would publish them."""
    git = shutil.which("git")
    if git is None:
        pytest.skip("there is no git here, so nothing can be tracked")
    make_env_file(campaign)
    for arguments in (["init", "--quiet"], ["add", "--force", ".env"]):
        subprocess.run([git, *arguments], cwd=campaign.root, check=True)

    told = refuse(campaign, ExitCode.CREDENTIALS, "launch", "--yes")

    assert ".env is tracked by Git" in told
    assert f"git -C {campaign.root} rm --cached .env" in told


def test_no_credentials(campaign: Campaign) -> None:
    """The variables that are missing are named."""
    nowhere = "http://127.0.0.1:9"

    told = refuse(
        campaign,
        ExitCode.CREDENTIALS,
        "launch",
        "--yes",
        STORMCTL_X_BASE_URL=nowhere,
        STORMCTL_FACEBOOK_BASE_URL=nowhere,
    )

    assert "no credentials for x:acme: STORMCTL_X_ACME_CONSUMER_KEY" in told
    assert not (campaign.root / ".stormctl").exists()


@pytest.mark.parametrize(
    ("name", "value", "code", "words"),
    [
        ("STORMCTL_LEASE", "2x", ExitCode.USAGE, "STORMCTL_LEASE: “2x” is not a duration"),
        ("STORMCTL_X_BASE_URL", "nonsense", ExitCode.USAGE, "is not an address: “nonsense”"),
        (
            "STORMCTL_X_BASE_URL",
            "https://x.example.org",
            ExitCode.CREDENTIALS,
            "STORMCTL_LIVE is not 1, which locks X",
        ),
        ("STORMCTL_LEDGER_URL", "mysql://db", ExitCode.MAINTENANCE, "does not name a ledger"),
        ("STORMCTL_LEDGER_URL", "sqlite:///messages", ExitCode.MAINTENANCE, "is a folder"),
    ],
)
def test_settings_that_can_not_be(
    campaign: Campaign, name: str, value: str, code: ExitCode, words: str
) -> None:
    """The variable is named, with what it should look like."""
    told = refuse(campaign, code, "launch", "--yes", **{name: value})

    assert words in told
    assert "\nhint: " in told


def test_a_host_that_is_not_the_platforms(campaign: Campaign) -> None:
    """Even when live, credentials go to no strange host."""
    told = refuse(
        campaign,
        ExitCode.CREDENTIALS,
        "launch",
        "--yes",
        STORMCTL_LIVE="1",
        STORMCTL_X_BASE_URL="https://api.x.example.org",
        STORMCTL_FACEBOOK_BASE_URL="https://graph.example.org",
    )

    assert "STORMCTL_X_BASE_URL points to api.x.example.org, which is not X: no credentials are sent" in told


def test_a_port_that_is_taken(campaign: Campaign) -> None:
    """The emulator says which one, and how to choose another."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        told = refuse(campaign, ExitCode.USAGE, "emulator", "--port", str(port))

    assert f"port {port} is taken on 127.0.0.1" in told
    assert "--port" in told


@pytest.mark.parametrize("command", [("status",), ("report",), ("tick",), ("daemon",), ("resume", "--yes")])
def test_a_ledger_that_is_not_there(campaign: Campaign, command: tuple[str, ...]) -> None:
    """Only `launch` makes one: a wrong folder must not look like a storm without work."""
    told = refuse(campaign, ExitCode.MAINTENANCE, *command)

    assert f"there is no ledger at {campaign.root / LEDGER}" in told
    assert not (campaign.root / ".stormctl").exists()


@pytest.mark.parametrize("command", [("status",), ("launch", "--yes")], ids=" ".join)
def test_a_file_that_is_no_ledger(campaign: Campaign, command: tuple[str, ...]) -> None:
    """A text and another program's database are left exactly as they were."""
    text, foreign = campaign.root / "notes.db", campaign.root / "foreign.db"
    text.write_text("Call the printer.\n" * 100, encoding="utf-8")
    change_ledger(foreign, "CREATE TABLE songs (title TEXT)")
    before = [path.read_bytes() for path in (text, foreign)]

    of_text = refuse(campaign, ExitCode.MAINTENANCE, *command, STORMCTL_LEDGER_URL="sqlite:///notes.db")
    of_foreign = refuse(campaign, ExitCode.MAINTENANCE, *command, STORMCTL_LEDGER_URL="sqlite:///foreign.db")

    assert "file is not a database" in of_text
    assert "is not a stormctl ledger" in of_foreign
    assert before == [path.read_bytes() for path in (text, foreign)]


def test_credentials_that_are_refused(stage: Campaign) -> None:
    """The platform's own words are passed on, with the command that signs in again, and no secret."""
    told = refuse(
        stage,
        ExitCode.CREDENTIALS,
        "launch",
        "--yes",
        STORMCTL_X_ACME_ACCESS_TOKEN="1-stale-token",  # noqa: S106 - made up
        STORMCTL_FACEBOOK_ACME_PAGE_TOKEN="EAAGstale",  # noqa: S106 - made up
    )

    assert "no channel of small can publish: X answered 401" in told
    assert "stormctl auth x acme" in told
    assert "stale" not in told
    assert not (stage.root / ".stormctl").exists()


def test_credentials_of_another_account(campaign: Campaign) -> None:
    """A ledger knows whose account a channel is: copied credentials publish nothing."""
    with start_emulator(campaign, "x:acme", "x:other", "facebook:acme") as variables:
        campaign.environment |= variables
        campaign.run("launch", "--yes", "--detach")
        copied = {
            f"STORMCTL_X_ACME_{field}": variables[f"STORMCTL_X_OTHER_{field}"]
            for field in ("ACCESS_TOKEN", "ACCESS_TOKEN_SECRET")
        }

        launched = refuse(campaign, ExitCode.CREDENTIALS, "launch", "--yes", **copied)

    assert "the credentials of x:acme belong to Other (@other) (" in launched
    assert "but the ledger knows it as Acme (@acme) (" in launched


def test_a_ledger_in_a_place_that_can_not_be(stage: Campaign) -> None:
    """A folder that can't be made is named; nothing was published."""
    done = stage.run(
        "launch", "--yes", expect=10, STORMCTL_LEDGER_URL="sqlite:///schedules/small.toml/ledger.db"
    )

    *_, error, hint = done.stderr.splitlines()
    assert error.startswith(f"error: can't create the ledger {stage.root}/schedules/small.toml/ledger.db")
    assert hint == "hint: Its folder must be writable for you."
    assert stage.received().total() == 0


def test_a_ledger_of_a_newer_version(stage: Campaign) -> None:
    """It is not touched, and whoever can read it is named."""
    stage.run("launch", "--yes", "--detach")
    change_ledger(stage.root / LEDGER, "UPDATE meta SET value = '99' WHERE key = 'schema_version'")

    for command in (("status",), ("launch", "--yes")):
        told = refuse(stage, ExitCode.MAINTENANCE, *command)

        assert "is of version 99; this stormctl knows versions up to" in told
        assert "Use the newer stormctl that wrote it" in told


def test_a_ledger_of_other_hosts(stage: Campaign) -> None:
    """What was practised against one emulator goes on neither with another one nor with the platforms."""
    stage.run("launch", "--yes", "--detach")
    first = stage.emulator_url.removeprefix("http://")
    with start_emulator(stage, "x:acme", "facebook:acme") as other:
        second = other["STORMCTL_X_BASE_URL"].removeprefix("http://")

        launched = refuse(stage, ExitCode.MAINTENANCE, "launch", "--yes", **other)
        ticked = refuse(stage, ExitCode.MAINTENANCE, "tick", **other)

    official = refuse(
        stage,
        ExitCode.MAINTENANCE,
        "launch",
        "--yes",
        STORMCTL_X_BASE_URL="https://api.x.com",
        STORMCTL_FACEBOOK_BASE_URL="https://graph.facebook.com",
    )
    assert f"belongs to {first}, but facebook would be posted to {second}" in launched
    assert f"belongs to {first}, but facebook would be posted to {second}" in ticked
    assert f"belongs to {first}, but facebook would be posted to graph.facebook.com" in official
    assert "set STORMCTL_LEDGER_URL" in official


def test_a_storm_that_is_over(stage: Campaign) -> None:
    """Yesterday's storm is not launched today."""
    stage.write_hours(starts_in=-86400)
    schedule = stage.root / "schedules" / "small.toml"
    text = schedule.read_text(encoding="utf-8").replace('policy = "send"', 'policy = "skip"')
    schedule.write_text(text, encoding="utf-8")

    told = refuse(stage, ExitCode.USAGE, "launch", "--yes")

    assert "small is over" in told
    assert not (stage.root / ".stormctl").exists()


def test_nobody_to_confirm(stage: Campaign) -> None:
    """Without a terminal and without `--yes` nothing starts, after the summary was shown."""
    done = stage.run("launch", expect=2)

    *_, error, hint = done.stderr.splitlines()
    assert (error, hint) == (
        "error: can't ask for confirmation: not a terminal",
        "hint: For scripts: stormctl launch SCHEDULE --yes.",
    )
    assert not (stage.root / ".stormctl").exists()


def test_a_reader_who_leaves_does_not_stop_the_storm(stage: Campaign) -> None:
    """`stormctl launch --plain 2>&1 | head -1` goes on to the last post."""
    process = stage.start("launch", "--yes", "--plain")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()

    process.wait(timeout=50)

    assert stage.received().total() == len(stage.received()) == 12
    assert process.returncode == 0
