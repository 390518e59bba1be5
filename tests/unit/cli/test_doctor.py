"""`doctor`: what it shows and exits with, its canary, and its test alert, while the emulator plays both."""

from __future__ import annotations

import io
import signal
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import requests

from stormctl.domain.reserved import CANARY_STORM
from stormctl.emulator.accounts import make_accounts
from stormctl.emulator.server import EmulatorThread, describe
from stormctl.errors import ExitCode
from stormctl.ledger.ledger import open_ledger
from tests.unit.cli.conftest import read_moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stormctl.domain.status import DeliveryView
    from stormctl.ledger.ledger import Ledger
    from tests.unit.cli.conftest import CommandLine

ACCOUNTS = make_accounts(["x:acme", "facebook:acme"], 0)
URL = "sqlite:///.stormctl/ledger.db"


class Practice:
    """The campaign's two accounts on an emulator."""

    def __init__(self, emulator: EmulatorThread) -> None:
        self.emulator = emulator

    def posts(self) -> list[dict[str, Any]]:
        """Return everything that was ever posted."""
        found = requests.get(f"{self.emulator.base_url}/_emulator/posts", timeout=5).json()["posts"]
        return list(found)

    def break_with(self, action: str, **rule: object) -> None:
        """Make requests of a kind meet a fault."""
        rules = [{"action": action, **rule}]
        url = f"{self.emulator.base_url}/_emulator/faults"
        requests.post(url, json={"rules": rules}, timeout=5).raise_for_status()


@pytest.fixture
def practice(monkeypatch: pytest.MonkeyPatch) -> Iterator[Practice]:
    """An emulator, with the accounts' credentials in the environment."""
    with EmulatorThread(ACCOUNTS) as running:
        for line in describe(ACCOUNTS, running.base_url):
            name, _, value = line.partition("=")
            if not name.startswith("#"):
                monkeypatch.setenv(name, value)
        yield Practice(running)


@pytest.fixture(autouse=True)
def _nobody_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input has ended, as under cron."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def canaries(root: Path) -> list[DeliveryView]:
    """Return what the ledger knows of canaries."""
    with closing(open_ledger(URL, root=root)) as ledger:
        return ledger.history.deliveries(CANARY_STORM)


# What it shows


@pytest.mark.usefixtures("practice")
def test_a_good_day_ends_with_zero_and_counts_warnings(stormctl: CommandLine) -> None:
    """Accounts by their real names; what the asking cost comes last."""
    ended = stormctl("doctor")

    assert (ended.code, ended.err) == (ExitCode.DONE, "")
    assert "Acme (@acme)" in ended.out
    assert "nothing is proved bad, 5 warnings" in ended.out.splitlines()[-1]
    assert ended.out.splitlines()[-1].endswith("Asking cost $0.01.")


def test_what_is_proved_bad_fails(stormctl: CommandLine, practice: Practice) -> None:
    """A dead token is exit code 5, for machines with every line."""
    practice.break_with("unauthorized", operation="read_me", channel="x:acme")

    ended = stormctl("doctor", "--json")

    assert (ended.code, ended.json["exit_code"]) == (ExitCode.CREDENTIALS, 5)
    (x,) = (section for section in ended.json["sections"] if section["name"] == "x:acme")
    assert [line["verdict"] for line in x["lines"]] == ["fail"]
    assert ended.json["schema_version"] == 1


def test_no_secret_is_shown(stormctl: CommandLine, practice: Practice) -> None:
    """Not on a bad day either."""
    practice.break_with("unauthorized", operation="*")

    ended = stormctl("doctor")

    secrets = {
        value
        for account in ACCOUNTS
        for name, value in account.credentials.items()
        if name not in {"PAGE_ID", "APP_ID"}
    }
    assert not [secret for secret in secrets if secret in ended.out + ended.err]


def test_a_damaged_ledger_is_exit_code_ten(stormctl: CommandLine, practice: Practice) -> None:
    """The channels are asked all the same."""
    stormctl.write(".stormctl/ledger.db", "not a database, not at all" * 100)

    ended = stormctl("doctor")

    assert ended.code == ExitCode.MAINTENANCE
    assert "Acme (@acme)" in ended.out
    assert practice.posts() == []


def test_an_env_file_that_others_can_read_is_a_line(stormctl: CommandLine) -> None:
    """Every other command stops there; doctor says what else it can."""
    stormctl.write(".env", "STORMCTL_LIVE=0\n").chmod(0o644)

    ended = stormctl("doctor")

    assert ended.code == ExitCode.CREDENTIALS
    assert "chmod 600" in ended.out
    assert "zones on" in ended.out


def test_launch_tells_what_doctor_would_warn_of(stormctl: CommandLine, practice: Practice) -> None:
    """Without asking a platform twice, and without repeating the summary."""
    ended = stormctl("launch", "--yes", "--detach")

    asked = requests.get(f"{practice.emulator.base_url}/_emulator/requests", timeout=5).json()["requests"]
    assert ended.code == 0
    assert "whether the app is in Live mode" in ended.err
    assert ended.err.count("access to the Page's data ends") == 1
    assert len([call for call in asked if call["target"].startswith("/2/users/me")]) == 1


@pytest.mark.parametrize(
    "options",
    [("--canary", "x:acme", "--json"), ("--alert-test", "--json"), ("--alert-test", "--canary", "x:acme")],
)
def test_one_thing_at_a_time(stormctl: CommandLine, options: tuple[str, ...]) -> None:
    """A canary's link and a diagnosis for machines don't mix."""
    ended = stormctl("doctor", *options)

    assert (ended.code, "don't go together" in ended.err) == (ExitCode.USAGE, True)


# The canary


@pytest.mark.parametrize("channel", ["x:acme", "facebook:acme"])
def test_a_canary_is_posted_shown_and_deleted(
    stormctl: CommandLine, practice: Practice, channel: str
) -> None:
    """The link is all that goes to standard output; the end of the input counts as Enter."""
    ended = stormctl("doctor", "--canary", channel, "--yes")

    (post,) = practice.posts()
    (view,) = canaries(stormctl.root)
    assert (ended.code, ended.out.strip()) == (0, view.url)
    assert (post["deleted"], post["text"].startswith("Technical test")) == (True, True)
    assert view.state.value == "retracted"


def test_it_says_first_what_it_will_do(stormctl: CommandLine, practice: Practice) -> None:
    """Words, account, host and price; a person types the channel."""
    stormctl.answer("x:acme", "")

    ended = stormctl("doctor", "--canary", "x:acme")

    before = ended.err.partition("Type x:acme to post it")[0]
    assert "Technical test of this account." in before
    assert "Acme (@acme) (x:acme)" in before
    assert "NOT LIVE" in before
    assert "at most $0.025 to post and delete it" in before
    assert "which is made for it" in before
    assert (ended.code, len(practice.posts())) == (0, 1)


@pytest.mark.parametrize("answer", ["", "yes", "X:acme"])
def test_any_other_word_posts_nothing(stormctl: CommandLine, practice: Practice, answer: str) -> None:
    """And makes no ledger."""
    stormctl.answer(answer)

    ended = stormctl("doctor", "--canary", "x:acme")

    assert (ended.code, practice.posts()) == (ExitCode.USAGE, [])
    assert not (stormctl.root / ".stormctl").exists()


def test_nobody_to_ask_is_wrong_use(stormctl: CommandLine, practice: Practice) -> None:
    """Scripts say --yes."""
    ended = stormctl("doctor", "--canary", "x:acme")

    assert (ended.code, practice.posts()) == (ExitCode.USAGE, [])
    assert "--yes" in ended.err


def test_it_speaks_the_channels_language(stormctl: CommandLine, practice: Practice) -> None:
    """The first one that the schedule names for it."""
    schedule = stormctl.root / "schedules" / "small.toml"
    schedule.write_text(schedule.read_text().replace('id = "x:acme"', 'id = "x:acme"\nlanguages = ["es"]'))

    stormctl("doctor", "--canary", "x:acme", "--yes")

    assert practice.posts()[0]["text"].startswith("Prueba técnica")


def test_it_needs_no_schedule(stormctl: CommandLine, practice: Practice) -> None:
    """With several, or none, it speaks English; one that is named must be there."""
    stormctl.write("schedules/other.toml", "")

    several, unknown = (
        stormctl("doctor", *name, "--canary", "x:acme", "--yes") for name in ((), ("nosuch",))
    )

    assert (several.code, unknown.code) == (0, ExitCode.USAGE)
    assert [post["text"][:9] for post in practice.posts()] == ["Technical"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_deletes_it_too(
    stormctl: CommandLine, practice: Practice, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Whoever ends the command leaves nothing behind."""

    class Impatient:
        def readline(self) -> str:
            signal.raise_signal(number)
            pytest.fail("the waiting went on")

    monkeypatch.setattr(sys, "stdin", Impatient())

    ended = stormctl("doctor", "--canary", "x:acme", "--yes")

    assert (ended.code, [post["deleted"] for post in practice.posts()]) == (0, [True])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_lost_answer_is_found_on_the_account_and_deleted(stormctl: CommandLine, practice: Practice) -> None:
    """Nothing is sent a second time."""
    practice.break_with("drop_after", times=1)

    ended = stormctl("doctor", "--canary", "x:acme", "--yes")

    assert (ended.code, [post["deleted"] for post in practice.posts()]) == (0, [True])


def test_a_deletion_that_fails_says_where_it_stands(stormctl: CommandLine, practice: Practice) -> None:
    """With the command and the address; the next doctor warns of it, the next canary is refused."""
    practice.break_with("forbidden", operation="delete_post")

    ended = stormctl("doctor", "--canary", "x:acme", "--yes")
    practice.break_with("forbidden", operation="delete_post", times=0)
    later, again = stormctl("doctor"), stormctl("doctor", "--canary", "x:acme", "--yes")

    (view,) = canaries(stormctl.root)
    assert ended.code == ExitCode.CREDENTIALS
    assert f"delete it at {view.url}, or type: stormctl retract {view.key}" in ended.err
    assert f"a canary still stands: {view.url}" in later.out
    assert (again.code, len(practice.posts())) == (ExitCode.USAGE, 1)


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("credits_depleted", ExitCode.CREDENTIALS),
        ("duplicate", ExitCode.INCOMPLETE),
        ("rate_limited", ExitCode.TRY_AGAIN),
    ],
)
def test_a_refusal_has_its_exit_code(
    stormctl: CommandLine, practice: Practice, action: str, code: ExitCode
) -> None:
    """What stops the channel, what is refused for good, and what may work later."""
    practice.break_with(action)

    ended = stormctl("doctor", "--canary", "x:acme", "--yes")

    assert (ended.code, ended.out, practice.posts()) == (code, "", [])
    assert canaries(stormctl.root)[0].state.value in {"failed", "cancelled"}


def test_a_halt_refuses_it(stormctl: CommandLine, practice: Practice, ledger: Ledger) -> None:
    """Exit code 9, and nothing is asked."""
    ledger.halts.halt("all", None, "a mistake", "ada", read_moment())

    ended = stormctl("doctor", "--canary", "x:acme", "--yes")

    assert (ended.code, practice.posts()) == (ExitCode.HALTED, [])
    assert "x:acme is halted by ada: a mistake" in ended.err


def test_a_lock_refuses_the_real_platform(stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """STORMCTL_LIVE=0 lets a canary to loopback only."""
    for name, value in ACCOUNTS[0].credentials.items():
        monkeypatch.setenv(f"STORMCTL_X_ACME_{name}", value)

    ended = stormctl("doctor", "--canary", "x:acme", "--yes")

    assert ended.code == ExitCode.CREDENTIALS
    assert "STORMCTL_LIVE=0 locks X" in ended.err


def test_a_word_that_is_no_channel_is_wrong_use(stormctl: CommandLine) -> None:
    """With what a channel looks like."""
    ended = stormctl("doctor", "--canary", "acme", "--yes")

    assert (ended.code, "write x:NAME or facebook:NAME" in ended.err) == (ExitCode.USAGE, True)


@pytest.mark.usefixtures("practice")
def test_canaries_are_no_storm_for_status_and_report(stormctl: CommandLine) -> None:
    """Once they are gone, they are not shown, and nothing calls for a person."""
    stormctl("doctor", "--canary", "x:acme", "--yes")

    status, report = stormctl("status"), stormctl("report")

    assert (status.code, "canar" in status.out.partition("Runners")[0].lower()) == (0, False)
    assert "the ledger has no storm yet" in report.err


# The test alert


def test_a_test_alert_goes_to_every_address(
    stormctl: CommandLine, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does not take it is named by its service, never by its text: exit code 7."""
    host = practice.emulator.base_url.removeprefix("http://")
    monkeypatch.setenv("STORMCTL_ALERT_URLS", f"json://{host}/_emulator/s3cr3tpath")

    ended = stormctl("doctor", "--alert-test", "--yes")

    assert (ended.code, ended.out.strip()) == (ExitCode.INCOMPLETE, "NOT taken: 1 JSON")
    assert "s3cr3t" not in ended.out + ended.err


def test_a_test_alert_is_asked_about(stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """People are woken by it."""
    monkeypatch.setenv("STORMCTL_ALERT_URLS", "json://127.0.0.1:9/x")
    stormctl.answer("no")

    ended = stormctl("doctor", "--alert-test")

    assert (ended.code, ended.out.strip()) == (ExitCode.USAGE, "")
    assert "Type yes to send a test alert to JSON" in ended.err


def test_nobody_to_alert_is_wrong_use(stormctl: CommandLine) -> None:
    """It says what to set."""
    ended = stormctl("doctor", "--alert-test", "--yes")

    assert (ended.code, "STORMCTL_ALERT_URLS" in ended.err) == (ExitCode.USAGE, True)
