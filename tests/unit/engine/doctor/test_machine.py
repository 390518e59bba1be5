"""This machine's lines: clock, zones, disk, `.env`, and who hears of trouble."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from pydantic import SecretStr

from stormctl.domain.base.clock import Moment
from stormctl.domain.platforms.channel import ChannelId, Platform
from stormctl.domain.report.diagnosis import Verdict
from stormctl.engine.accounts.preflight import prove_channels
from stormctl.engine.doctor.machine import examine_machine, examine_settings, examine_watch, explain_unused
from stormctl.env_reading import UnusedVariable
from stormctl.errors import ExitCode
from stormctl.settings import Settings
from tests.campaigns import make_campaign
from tests.factories import ACME, PAGE
from tests.fakes import NOON, FakePlatforms
from tests.tunnels import make_certificate

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.domain.report.diagnosis import DiagnosisSection, Line


NOW = Moment(NOON, NOON)


def find(section: DiagnosisSection, beginning: str) -> Line:
    """Return the line that begins so."""
    (found,) = (line for line in section.lines if line.text.startswith(beginning))
    return found


def look(root: Path, *offsets_s: float | None, server_ahead: timedelta | None = None) -> DiagnosisSection:
    """Look at this machine, where platforms have told the time."""
    channels = [ACME, PAGE][: len(offsets_s)]
    platforms = FakePlatforms(channels)
    for channel, offset_s in zip(channels, offsets_s, strict=True):
        platform = platforms.platforms[channel]
        platform.verification = replace(platform.verification, clock_offset_s=offset_s)
    return examine_machine(None, root, prove_channels(channels, platforms), NOW, server_ahead=server_ahead)


@pytest.mark.parametrize(
    ("offsets_s", "verdict", "text"),
    [
        ((0.4, -3.2), Verdict.OK, "this machine's clock is within 1s of the platforms'"),
        ((60.0,), Verdict.OK, "this machine's clock is within 1m of the platforms'"),
        ((90.0,), Verdict.WARN, "this machine's clock is 1m30s behind the platforms'"),
        ((-120.0, -121.0), Verdict.WARN, "this machine's clock is 2m ahead of the platforms'"),
        ((-121.0, -122.0), Verdict.FAIL, "this machine's clock is 2m1s ahead of the platforms'"),
        ((3660.0, 3661.0), Verdict.FAIL, "this machine's clock is 1h1m behind the platforms'"),
        ((3660.0, 0.0), Verdict.OK, "this machine's clock is within 1s of the platforms'"),
    ],
)
def test_the_clock_is_compared_with_the_platforms(
    tmp_path: Path, offsets_s: tuple[float, ...], verdict: Verdict, text: str
) -> None:
    """More than two minutes are an error: nothing would go out; one platform that agrees suffices."""
    section = look(tmp_path, *offsets_s)

    assert find(section, "this machine's clock") == replace(
        find(section, "this machine's clock"), verdict=verdict, text=text
    )


def test_where_no_platform_told_the_time_that_is_said(tmp_path: Path) -> None:
    """A clock that was not compared is not called fine."""
    assert find(look(tmp_path, None), "no platform sent its time").verdict is Verdict.WARN


def test_with_a_server_its_clock_counts_and_both_are_told(tmp_path: Path) -> None:
    """Posts go out by the server's clock, and requests are signed by this machine's."""
    hour = timedelta(hours=1)

    machine_wrong, server_wrong = (
        look(tmp_path, -3600.0, server_ahead=-hour),
        look(tmp_path, 0.0, server_ahead=hour),
    )

    assert [(line.verdict, line.text) for line in machine_wrong.lines[:2]] == [
        (Verdict.OK, "the clock of the ledger's server is within 1s of the platforms'"),
        (Verdict.FAIL, "this machine's clock is 1h ahead of the platforms'"),
    ]
    assert [(line.verdict, line.text) for line in server_wrong.lines[:2]] == [
        (Verdict.FAIL, "the clock of the ledger's server is 1h ahead of the platforms'"),
        (Verdict.OK, "this machine's clock is within 1s of the platforms'"),
    ]


def test_zones_are_shown_as_they_will_be_on_the_day(tmp_path: Path) -> None:
    """A person sees at once whether the storm's noon is theirs; windows have zones of their own."""
    schedule = (
        tmp_path,
        {"tail": '[[windows]]\nfrom = 18:00:00\nto = 19:00:00\nevery = "30m"\ntimezone = "Asia/Kathmandu"'},
    )
    storm = make_campaign(schedule[0], **schedule[1]).storm

    section = examine_machine(storm, tmp_path, (), NOW)

    assert find(section, "zones").text == (
        "zones on 2026-12-18: America/New_York is UTC-05:00, Asia/Kathmandu is UTC+05:45"
    )


def test_missing_zones_fail(tmp_path: Path) -> None:
    """Slim servers have none, and nothing can be planned without."""

    def missing(name: str) -> ZoneInfo:
        raise ZoneInfoNotFoundError(name)

    line = find(examine_machine(None, tmp_path, (), NOW, find_zone=missing), "zones can't be used")

    assert (line.verdict, line.exit_code) == (Verdict.FAIL, ExitCode.USAGE)


def test_wrong_rules_of_zones_fail(tmp_path: Path) -> None:
    """A zone that knows no summer would be an hour off for half the year."""
    section = examine_machine(None, tmp_path, (), NOW, find_zone=lambda _name: ZoneInfo("Etc/GMT+5"))

    assert find(section, "the rules of zones are wrong").verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(10**9, Verdict.OK), (10**8, Verdict.WARN), (10**6, Verdict.FAIL)],
)
def test_room_for_the_ledger(tmp_path: Path, free: int, verdict: Verdict) -> None:
    """Little room is a warning, none is bad: what can't be written down waits."""
    section = examine_machine(None, tmp_path, (), NOW, measure=lambda _folder: free)

    assert find(section, f"{free / 1e9:.1f} GB").verdict is verdict


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_fails(tmp_path: Path) -> None:
    """A ledger can't be made there."""
    tmp_path.chmod(0o500)

    line = find(look(tmp_path), f"{tmp_path} can't be written")

    tmp_path.chmod(0o700)
    assert (line.verdict, line.exit_code) == (Verdict.FAIL, ExitCode.MAINTENANCE)


def test_room_that_cannot_be_told_is_a_warning(tmp_path: Path) -> None:
    """A folder that has just gone."""
    assert find(look(tmp_path / "gone"), "the free space").verdict is Verdict.WARN


@pytest.mark.parametrize("is_there", [True, False])
def test_secrets_are_in_env_or_in_the_environment(tmp_path: Path, is_there: bool) -> None:
    """Either is fine: a bad .env was refused when it was read."""
    if is_there:
        (tmp_path / ".env").touch(mode=0o600)

    (line,) = examine_settings(tmp_path, Settings(), ()).lines

    assert (line.verdict, line.text.startswith(".env" if is_there else "no .env")) == (Verdict.OK, True)


def test_a_line_of_env_without_effect_is_a_warning(tmp_path: Path) -> None:
    """The lock, misspelt, locks nothing."""
    variable = UnusedVariable(3, "STORMCTL_LIFE", is_repeated=False)

    _, line = examine_settings(tmp_path, Settings(), (), unused_variables=[variable]).lines

    assert (line.verdict, line.text) == (Verdict.WARN, ".env:3: STORMCTL_LIFE is a name that nothing uses")
    assert line.hint == "Did you mean STORMCTL_LIVE?"


def test_a_platform_that_is_not_the_real_one_is_a_warning(tmp_path: Path) -> None:
    """On the day, nobody would see a post; the real one is named, too, and a channel's own server."""
    settings = Settings(base_urls={"X": "http://127.0.0.1:8080", "X_OWN": "http://127.0.0.1:9"})
    channels = [ACME, ChannelId(Platform.X, "other"), ChannelId(Platform.X, "own"), PAGE]

    _, x, own, facebook = examine_settings(tmp_path, settings, channels).lines

    assert (x.verdict, x.text) == (Verdict.WARN, "NOT LIVE: X is 127.0.0.1:8080 here, not the real one")
    assert (own.verdict, own.text) == (Verdict.WARN, "NOT LIVE: X is 127.0.0.1:9 here, not the real one")
    assert ("STORMCTL_X_BASE_URL" in x.hint, "STORMCTL_X_OWN_BASE_URL" in own.hint) == (True, True)
    assert (facebook.verdict, facebook.text) == (Verdict.OK, "Facebook is the real one: graph.facebook.com")


def test_the_proxy_and_the_authority_of_an_office_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which they are and who named them, never with a password; an emulator on loopback needs neither."""
    authority = make_certificate(tmp_path, "DNS:office.test")
    monkeypatch.setenv("HTTPS_PROXY", "http://maria:s3cr3t@proxy.example.org:3128")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    here = Settings(base_urls={"X": "http://127.0.0.1:1", "FACEBOOK": "http://127.0.0.1:1"})

    *_, way, proof = examine_settings(tmp_path, Settings(), [ACME, PAGE]).lines
    at_loopback = examine_settings(tmp_path, here, [ACME, PAGE]).lines
    monkeypatch.setenv("NO_PROXY", "facebook.com")
    *_, split, _ = examine_settings(tmp_path, Settings(), [ACME, PAGE]).lines

    told = "the platforms are reached through the proxy proxy.example.org:3128 (HTTPS_PROXY)"
    assert (way.verdict, way.text) == (Verdict.OK, told)
    assert (proof.verdict, proof.text) == (
        Verdict.OK,
        f"certificates are verified with {authority} (SSL_CERT_FILE), not with the public authorities",
    )
    assert split.text == f"{told}, except those that NO_PROXY names"
    assert len(at_loopback) == 3


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("HTTPS_PROXY", "socks5://u:s3cr3t@h:1", "HTTPS_PROXY names a proxy that is not http://"),
        ("ALL_PROXY", "http://u:s3cr3t@h:port", "ALL_PROXY is not the address of a proxy"),
        (
            "REQUESTS_CA_BUNDLE",
            "/nowhere.pem",
            "REQUESTS_CA_BUNDLE names /nowhere.pem, which can't be used: No such file or directory",
        ),
    ],
)
def test_a_network_that_cannot_be_used_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, text: str
) -> None:
    """With the code of credentials: they would not go there."""
    monkeypatch.setenv(name, value)

    *_, line = examine_settings(tmp_path, Settings(), [ACME, PAGE]).lines

    assert (line.verdict, line.exit_code, line.text) == (Verdict.FAIL, ExitCode.CREDENTIALS, text)
    assert line.hint


# Who hears of trouble


def test_the_way_of_alerts_and_heartbeat_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the proxy, too."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org:3128")
    urls = {
        "alert_urls": SecretStr("jsons://alerts.example.org/s3cr3tpath"),
        "heartbeat_url": SecretStr("https://monitor.example.org/id"),
    }

    alerts, heartbeat = examine_watch(Settings(live=True, **urls)).lines

    way = "through the proxy proxy.example.org:3128 (HTTPS_PROXY)"
    assert alerts.text.startswith(f"alerts go to JSON {way}, except what NO_PROXY names; ")
    assert heartbeat.text == f"a heartbeat address is set, reached {way}"


def test_nobody_who_hears_is_a_warning() -> None:
    """A storm runs without, and its troubles are found when somebody looks."""
    alerts, heartbeat = examine_watch(Settings()).lines

    assert (alerts.verdict, alerts.text) == (Verdict.WARN, "alerts go to nobody: set STORMCTL_ALERT_URLS")
    assert (heartbeat.verdict, "STORMCTL_HEARTBEAT_URL" in heartbeat.hint) == (Verdict.WARN, True)


def test_somebody_who_hears_is_fine() -> None:
    """Neither address is shown, and nothing is sent."""
    urls = {
        "alert_urls": SecretStr("json://127.0.0.1:9/s3cr3tpath"),
        "heartbeat_url": SecretStr("http://127.0.0.1:9/id"),
    }

    lines = examine_watch(Settings(**urls)).lines

    assert [line.verdict for line in lines] == [Verdict.OK, Verdict.OK]
    assert not any("s3cr3t" in line.text + line.hint for line in lines)


def test_a_lock_keeps_both_silent() -> None:
    """That is a warning: nobody must believe that they will be told."""
    settings = Settings(
        live=False,
        alert_urls=SecretStr("jsons://alerts.example.org/x"),
        heartbeat_url=SecretStr("https://monitor.example.org/x"),
    )

    alerts, heartbeat = examine_watch(settings).lines

    assert "locks" in alerts.text
    assert (alerts.verdict, heartbeat.text) == (
        Verdict.WARN,
        "the heartbeat is locked, because STORMCTL_LIVE is not 1",
    )


def test_an_address_that_cannot_be_used_fails() -> None:
    """Which one is said, its text never is."""
    (line,) = examine_watch(Settings(alert_urls=SecretStr("nosuch://s3cr3tpath"))).lines

    assert (line.verdict, line.exit_code) == (Verdict.FAIL, ExitCode.USAGE)
    assert "s3cr3t" not in line.text + line.hint


@pytest.mark.parametrize(
    ("name", "is_repeated", "message", "hint"),
    [
        ("STORMCTL_LIVELY", False, "is a name that nothing uses", "Did you mean STORMCTL_LIVE?"),
        (
            "STORMCTL_X_ACME_API_KEY",
            False,
            "is a name that nothing uses",
            "Did you mean STORMCTL_X_ACME_CONSUMER_KEY?",
        ),
        ("STORMCTL_§", False, "is a name that nothing uses", "See .env.example for every variable."),
        ("STORMCTL_ALLOW_HOST", False, "has no effect in a file", "It counts in the environment only."),
        (
            "STORMCTL_LIVE",
            True,
            "has another value further down, which counts",
            "Remove the line that is out of date.",
        ),
    ],
)
def test_what_has_no_effect_is_named_with_what_was_meant(
    name: str, is_repeated: bool, message: str, hint: str
) -> None:
    """The line and the name, and the nearest name that is read; never a value."""
    explained = explain_unused(UnusedVariable(7, name, is_repeated), [ACME])

    assert explained == (f".env:7: {name} {message}", hint)
