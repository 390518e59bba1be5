"""`doctor`: what it shows and exits with, and its test alert, while the emulator plays both platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from stormctl.errors import ExitCode
from tests.tunnels import TunnelProxy
from tests.unit.cli.conftest import ACCOUNTS

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine, Practice


# What it shows


@pytest.mark.usefixtures("practice")
def test_a_good_day_ends_with_zero_and_counts_warnings(stormctl: CommandLine) -> None:
    """Accounts by their real names; how it stands comes first."""
    ended = stormctl("doctor")

    assert (ended.code, ended.err) == (ExitCode.DONE, "")
    assert "Acme (@acme)" in ended.out
    assert "nothing failed, 7 warnings" in ended.out.splitlines()[0]
    assert ended.out.splitlines()[0].endswith("Asking cost $0.01.")


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


def test_a_proxy_that_opens_no_way_is_named(
    stormctl: CommandLine, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An office's proxy is used and told; what it refuses it is blamed for, and its password is not shown."""
    proxy = TunnelProxy(9)
    proxy.answer = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"
    monkeypatch.setenv("STORMCTL_LIVE", "1")
    monkeypatch.setenv("STORMCTL_ALLOW_HOST", "api.example.test")
    monkeypatch.setenv("STORMCTL_X_BASE_URL", "https://api.example.test")
    monkeypatch.setenv("STORMCTL_FACEBOOK_BASE_URL", "https://api.example.test")
    monkeypatch.setenv("HTTPS_PROXY", f"http://maria:s3cr3t-word@{proxy.address}")

    ended = stormctl("doctor")

    proxy.stop()
    way = f"through the proxy {proxy.address} (HTTPS_PROXY)"
    assert f"the platforms are reached {way}" in ended.out
    assert f"the answer was 407; it wants a user and a password, on the way {way}" in ended.out
    assert {head.split(" ")[1] for head in proxy.asked} == {"api.example.test:443"}
    assert [told for told in ("s3cr3t", "bWFyaWE") if told in ended.out + ended.err] == []
    assert practice.posts() == []


def test_a_base_address_that_is_none_is_a_line(
    stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked at it, and the rest is looked at."""
    monkeypatch.setenv("STORMCTL_X_BASE_URL", "api.x.com")

    ended = stormctl("doctor")

    assert ended.code == ExitCode.USAGE
    assert "fail  STORMCTL_X_BASE_URL is not an address" in ended.out
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

    assert (ended.code, "can't be combined" in ended.err) == (ExitCode.USAGE, True)


# The test alert


def test_a_test_alert_goes_to_every_address(
    stormctl: CommandLine, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does not take it is named by its service, never by its text: exit code 7."""
    host = practice.emulator.base_url.removeprefix("http://")
    monkeypatch.setenv("STORMCTL_ALERT_URLS", f"json://{host}/_emulator/s3cr3tpath")

    ended = stormctl("doctor", "--alert-test", "--yes")

    assert (ended.code, ended.out.strip()) == (ExitCode.INCOMPLETE, "NOT accepted: 1 JSON")
    assert "s3cr3t" not in ended.out + ended.err


def test_a_test_alert_is_asked_about(stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """People are woken by it."""
    monkeypatch.setenv("STORMCTL_ALERT_URLS", "json://127.0.0.1:9/x")
    stormctl.answer("no")

    ended = stormctl("doctor", "--alert-test")

    assert (ended.code, ended.out.strip()) == (ExitCode.USAGE, "")
    assert "Type yes to send a test alert to JSON" in ended.err


def test_a_test_alert_behind_the_lock_says_how_to_unlock(
    stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 5, and nothing is sent."""
    monkeypatch.setenv("STORMCTL_ALERT_URLS", "json://alerts.example.org/x")

    ended = stormctl("doctor", "--alert-test", "--yes")

    assert ended.code == 5
    assert "alerts go to nobody: STORMCTL_LIVE is not 1, which locks JSON" in ended.err
    assert "Set STORMCTL_LIVE=1 in .env for the day itself." in ended.err


def test_nobody_to_alert_is_wrong_use(stormctl: CommandLine) -> None:
    """It says what to set."""
    ended = stormctl("doctor", "--alert-test", "--yes")

    assert (ended.code, "STORMCTL_ALERT_URLS" in ended.err) == (ExitCode.USAGE, True)
