"""This machine's lines: clock, zones, disk, `.env`, and who hears of trouble."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from pydantic import SecretStr

from stormctl.domain.channel import Platform
from stormctl.domain.clock import Moment
from stormctl.domain.diagnosis import Verdict
from stormctl.engine.doctor_machine import examine_machine, examine_settings, examine_watch
from stormctl.engine.preflight import prove_channels
from stormctl.environment import Oddity
from stormctl.errors import ExitCode
from stormctl.settings import Settings
from tests.factories import ACME, PAGE
from tests.fakes import NOON, FakePlatforms
from tests.unit.engine.campaigns import make_campaign

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.domain.diagnosis import Line, Section

NOW = Moment(NOON, NOON)


def find(section: Section, beginning: str) -> Line:
    """Return the line that begins so."""
    (found,) = (line for line in section.lines if line.text.startswith(beginning))
    return found


def look(root: Path, *offsets_s: float | None) -> Section:
    """Look at this machine, where platforms have told the time."""
    channels = [ACME, PAGE][: len(offsets_s)]
    platforms = FakePlatforms(channels)
    for channel, offset_s in zip(channels, offsets_s, strict=True):
        platform = platforms.platforms[channel]
        platform.verification = replace(platform.verification, clock_offset_s=offset_s)
    return examine_machine(None, root, prove_channels(channels, platforms), NOW)


def test_the_clock_is_compared_with_the_platforms(tmp_path: Path) -> None:
    """The greater difference counts; where no platform told the time, that is said."""
    compared, untold = look(tmp_path, 0.4, -3.2), look(tmp_path, None)

    assert find(compared, "the clock").text == "the clock is within 3s of the platforms'"
    assert find(untold, "no platform told the time").verdict is Verdict.WARN


def test_a_clock_that_is_far_off_is_not_called_fine(tmp_path: Path) -> None:
    """The channels warn of it, each by its own platform's time; here it is passed over."""
    section = look(tmp_path, 0.4, 300.0)

    assert [line.text for line in section.lines if "the clock" in line.text] == []


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
    assert find(look(tmp_path / "gone"), "how much room").verdict is Verdict.WARN


@pytest.mark.parametrize("is_there", [True, False])
def test_secrets_are_in_env_or_in_the_environment(tmp_path: Path, is_there: bool) -> None:
    """Either is fine: a bad .env was refused when it was read."""
    if is_there:
        (tmp_path / ".env").touch(mode=0o600)

    (line,) = examine_settings(tmp_path, Settings(), ()).lines

    assert (line.verdict, line.text.startswith(".env" if is_there else "no .env")) == (Verdict.OK, True)


def test_a_line_of_env_without_effect_is_a_warning(tmp_path: Path) -> None:
    """The lock, misspelt, locks nothing."""
    oddity = Oddity(3, "STORMCTL_LIFE", is_repeated=False)

    _, line = examine_settings(tmp_path, Settings(), (), oddities=[oddity]).lines

    assert (line.verdict, line.text) == (Verdict.WARN, ".env:3: STORMCTL_LIFE is a name that nothing reads")
    assert line.hint == "Did you mean STORMCTL_LIVE?"


def test_a_platform_that_is_not_the_real_one_is_a_warning(tmp_path: Path) -> None:
    """On the day, nobody would see a post; the real one is named, too."""
    settings = Settings(x_base_url="http://127.0.0.1:8080")

    _, x, facebook = examine_settings(tmp_path, settings, list(Platform)).lines

    assert (x.verdict, x.text) == (Verdict.WARN, "NOT LIVE: X is 127.0.0.1:8080 here, not the real one")
    assert "STORMCTL_X_BASE_URL" in x.hint
    assert (facebook.verdict, facebook.text) == (Verdict.OK, "Facebook is the real one: graph.facebook.com")


# Who hears of trouble


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
        "the heartbeat is locked by STORMCTL_LIVE=0",
    )


def test_an_address_that_cannot_be_used_fails() -> None:
    """Which one is said, its text never is."""
    (line,) = examine_watch(Settings(alert_urls=SecretStr("nosuch://s3cr3tpath"))).lines

    assert (line.verdict, line.exit_code) == (Verdict.FAIL, ExitCode.USAGE)
    assert "s3cr3t" not in line.text + line.hint
