"""A canary in a terminal: what is asked, what is printed, and that nothing is left behind."""

from __future__ import annotations

import io
import signal
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import CANARY_STORM
from stormctl.domain.platforms.x import X
from stormctl.engine.doctor.canary import Release
from stormctl.errors import ExitCode
from stormctl.ledger.ledger import open_ledger
from tests.unit.cli.conftest import ACCOUNTS, URL

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.domain.report.status import DeliveryView
    from tests.unit.cli.conftest import CommandLine, Practice


@pytest.fixture(autouse=True)
def _nobody_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input has ended, as under cron."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def canaries(root: Path) -> list[DeliveryView]:
    """Return what the ledger knows of canaries."""
    with closing(open_ledger(URL, root=root)) as ledger:
        return ledger.history.deliveries(CANARY_STORM)


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
    assert "created for it" in before
    assert (ended.code, len(practice.posts())) == (0, 1)


@pytest.mark.parametrize("answer", ["", "yes", "X:acme"])
def test_any_other_word_posts_nothing(stormctl: CommandLine, practice: Practice, answer: str) -> None:
    """And makes no ledger."""
    stormctl.answer(answer)

    ended = stormctl("doctor", "--canary", "x:acme")

    assert (ended.code, practice.posts()) == (ExitCode.USAGE, [])
    assert not (stormctl.root / ".stormctl").exists()


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
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


def test_a_deletion_that_fails_says_where_it_stands(stormctl: CommandLine, practice: Practice) -> None:
    """With the command and the address; the next doctor warns of it, the next canary is refused."""
    practice.break_with("forbidden", operation="delete_post")

    ended = stormctl("doctor", "--canary", "x:acme", "--yes")
    practice.break_with("forbidden", operation="delete_post", times=0)
    later, again = stormctl("doctor"), stormctl("doctor", "--canary", "x:acme", "--yes")

    (view,) = canaries(stormctl.root)
    assert ended.code == ExitCode.CREDENTIALS
    assert f"Delete it at {view.url}\nor run: stormctl retract {view.key}" in ended.err
    assert "IT IS STILL THERE: " in ended.err
    assert f"a canary is still there: {view.url}" in later.out
    assert (again.code, len(practice.posts())) == (ExitCode.USAGE, 1)


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("credits_depleted", ExitCode.CREDENTIALS),
        ("duplicate_first", ExitCode.INCOMPLETE),
        ("rate_limited", ExitCode.TRY_AGAIN),
    ],
)
def test_a_refusal_has_its_exit_code(
    stormctl: CommandLine,
    practice: Practice,
    monkeypatch: pytest.MonkeyPatch,
    action: str,
    code: ExitCode,
) -> None:
    """What stops the channel, what is refused for good once the account was read, and what may work later."""
    for name in ("STORMCTL_REQUEST_LIMIT", "STORMCTL_SETTLING"):
        monkeypatch.setenv(name, "1s")
    hasty = replace(X, settling=timedelta(seconds=1))
    monkeypatch.setattr("stormctl.domain.platforms.facts.X", hasty)
    practice.break_with(action, stands=False)

    ended = stormctl("doctor", "--canary", "x:acme", "--yes")

    assert (ended.code, ended.out, practice.posts()) == (code, "", [])
    assert canaries(stormctl.root)[0].state.value in {"failed", "cancelled"}


def test_a_lock_refuses_the_real_platform(stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """STORMCTL_LIVE=0 lets a canary to loopback only."""
    for name, value in ACCOUNTS[0].credentials.items():
        monkeypatch.setenv(f"STORMCTL_X_ACME_{name}", value)

    ended = stormctl("doctor", "--canary", "x:acme", "--yes")

    assert ended.code == ExitCode.CREDENTIALS
    assert "STORMCTL_LIVE is not 1, which locks X" in ended.err


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


def test_a_deletion_whose_answer_is_lost_is_not_called_failed(
    stormctl: CommandLine, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be gone: exit code 8, and the way to make sure."""
    monkeypatch.setattr("stormctl.engine.doctor.canary.REST_S", 0.01)
    practice.break_with("error_after", operation="delete_post")

    ended = stormctl("doctor", "--canary", "x:acme", "--yes")

    assert ended.code == ExitCode.IN_DOUBT
    assert "IT MAY STILL BE THERE: X answered 503" in ended.err
    assert "or run: stormctl retract canary/x:acme/" in ended.err


def test_what_is_lost_on_the_way_is_told_as_it_happens(stormctl: CommandLine, practice: Practice) -> None:
    """Without the canary's key in front of it; a refusal is told once, at the end."""
    practice.break_with("drop_after", times=1)
    lost = stormctl("doctor", "--canary", "x:acme", "--yes")
    practice.break_with("rate_limited", times=1)

    refused = stormctl("doctor", "--canary", "x:acme", "--yes")

    told = [line for line in lost.err.splitlines() if "connection" in line or "on the account" in line]
    why = "the connection was closed without an answer"
    assert told == [
        f"It is not known whether it went out: {why}. Reading the account; this may take a minute.",
        "it is on the account",
    ]
    assert refused.err.count("answered 429") == 1
    assert "again from" not in refused.err


def test_a_signal_while_it_is_posted_deletes_it_at_once(
    stormctl: CommandLine, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is waited for any more; the request under way is not interrupted."""
    publish = Release.publish

    def interrupted(release: Release) -> DeliveryView:
        signal.raise_signal(signal.SIGINT)
        return publish(release)

    class Patient:
        def readline(self) -> str:
            pytest.fail("Enter was waited for")

    monkeypatch.setattr(Release, "publish", interrupted)
    monkeypatch.setattr(sys, "stdin", Patient())

    ended = stormctl("doctor", "--canary", "x:acme", "--yes")

    assert (ended.code, [post["deleted"] for post in practice.posts()]) == (0, [True])
