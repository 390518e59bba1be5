"""What is known of this machine before the day: zones, clock, disk, `.env`, and who is told of trouble."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stormctl.domain.base.amounts import format_duration
from stormctl.domain.report.diagnosis import DiagnosisSection, fail, ok, warn
from stormctl.domain.text.endings import load_endings
from stormctl.engine.alerts.notifications import make_notifications
from stormctl.engine.run.clock_guard import NOTICED, TRUSTED, describe_offset, find_offset
from stormctl.environment import OUTSIDE_ONLY, list_variables
from stormctl.errors import CredentialsError, ExitCode, UsageError
from stormctl.files.nearest import find_nearest
from stormctl.network import find_authorities, find_proxy, load_authorities, read_proxy
from stormctl.places import is_file
from stormctl.settings import UNLOCK, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.plan.storm import Storm
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.domain.report.diagnosis import Line
    from stormctl.engine.accounts.preflight import ChannelProof
    from stormctl.env_reading import UnusedVariable
    from stormctl.settings import Settings


ROOM = 500_000_000
"""Bytes free on the ledger's disk below which it is warned of."""

NO_ROOM = 20_000_000
"""Bytes free below which it is taken for full: a storm's ledger alone may take so much."""

PROBE = "America/New_York", datetime(2026, 7, 1, 12, tzinfo=UTC), timedelta(hours=-4)
"""A zone, a moment in its summer, and its distance to UTC then: working rules of zones must know it."""

_ALERTS_HINT = "Give it an address, then try it: stormctl doctor --alert-test"


def measure_free(folder: Path) -> int:
    """Return how many bytes are free on a folder's disk; OSError if that can't be found out."""
    return shutil.disk_usage(folder).free


def examine_machine(
    storm: Storm | None,
    ledger_folder: Path,
    proofs: Sequence[ChannelProof],
    moment: Moment,
    *,
    server_ahead: timedelta | None = None,
    find_zone: Callable[[str], tzinfo] = ZoneInfo,
    measure: Callable[[Path], int] = measure_free,
) -> DiagnosisSection:
    """Judge what posting needs of this machine.

    Args:
        storm: whose zones are shown; None without one.
        ledger_folder: where the ledger is, or will.
        server_ahead: how far the clock of the ledger's server is ahead of this machine's; None without one.
    """
    lines = (
        *_judge_clocks(proofs, server_ahead),
        *_judge_zones(storm, moment, find_zone),
        *_judge_disk(ledger_folder, measure),
        ok(f"knows the endings of web addresses as of {load_endings().listed_on or 'an unknown day'}"),
    )
    return DiagnosisSection("this machine", lines)


def examine_settings(
    root: Path,
    settings: Settings,
    met: Collection[ChannelId],
    *,
    unused_variables: Sequence[UnusedVariable] = (),
    channels: Collection[ChannelId] = (),
) -> DiagnosisSection:
    """Tell of `.env`, and whether the platforms are the real ones.

    An `.env` that others can read, that Git tracks, or with a line that can't be read, was refused when it
    was read.
    """
    if not is_file(root / ".env"):
        line = ok("no .env: every setting is in the environment")
    elif os.name == "posix":
        line = ok(".env is for you alone, and Git does not track it")
    else:
        text = "Git does not track .env; whether others can read it was not checked"
        line = warn(text, "Check the file's properties: only you should be listed there.")
    odd = (warn(*explain_unused(variable, channels)) for variable in unused_variables)
    hosts = dict.fromkeys(_judge_host(channel, settings) for channel in met)
    urls = [settings.base_url(channel) for channel in met]
    return DiagnosisSection("settings", (line, *odd, *hosts, *_judge_network(urls)))


def _judge_network(urls: Collection[str]) -> Iterator[Line]:
    """Say by which proxy addresses are reached, and which private authorities count there."""
    try:
        proxies = {find_proxy(url) for url in urls}
        trusted = {load_authorities(url) for url in urls if not is_loopback(urlsplit(url).hostname or "")}
    except CredentialsError as error:
        yield fail(error.message, error.hint, error.exit_code)
        return
    for proxy in proxies - {None}:
        direct = "" if len(proxies) == 1 else ", except those that NO_PROXY names"
        yield ok(f"the platforms are reached through the proxy {proxy}{direct}")
    named = find_authorities()
    if trusted - {None} and named is not None:
        yield ok(f"certificates are verified with {named[1]} ({named[0]}), not with the public authorities")


def _judge_host(channel: ChannelId, settings: Settings) -> Line:
    """Say loudly where a platform is not the real one: on the day, nobody would see a post."""
    host, label = settings.host(channel), channel.platform.label
    if settings.is_official(channel):
        return ok(f"{label} is the real one: {host}")
    hint = f"For the day itself, remove {settings.base_url_variable(channel)}."
    return warn(f"NOT LIVE: {label} is {host} here, not the real one", hint)


def examine_watch(settings: Settings) -> DiagnosisSection:
    """Judge who is told what goes wrong; nothing is sent."""
    name = "alerts"
    try:
        notifications = make_notifications(settings)
    except UsageError as error:
        return DiagnosisSection(name, (fail(error.message, error.hint, error.exit_code),))
    lines: list[Line] = []
    if not notifications.addresses.usable:
        hint = UNLOCK if notifications.addresses.locked else _ALERTS_HINT
        lines.append(warn(f"alerts go to {notifications.addresses.summary}", hint))
    else:
        way = _find_alerts_way()
        lines.append(
            ok(f"alerts go to {notifications.addresses.summary}{way}; stormctl doctor --alert-test sends one")
        )
    if not settings.heartbeat_url.get_secret_value():
        hint = "Set STORMCTL_HEARTBEAT_URL: a monitor then tells you when this machine is down."
        lines.append(warn("no one is told if this machine dies", hint))
    elif settings.find_heartbeat() is None:
        lines.append(warn("the heartbeat is locked, because STORMCTL_LIVE is not 1", UNLOCK))
    else:
        lines.append(_judge_heartbeat(settings.heartbeat_url.get_secret_value()))
    return DiagnosisSection(name, tuple(lines))


def _find_alerts_way() -> str:
    """Say by which proxy alerts go; apprise heeds the environment by itself, other kinds of proxies too."""
    try:
        proxy = read_proxy()
    except CredentialsError:
        return " through the network's proxy"
    return f" through the proxy {proxy}, except what NO_PROXY names" if proxy else ""


def _judge_heartbeat(url: str) -> Line:
    try:
        proxy = find_proxy(url)
    except CredentialsError as error:
        return fail(error.message, error.hint, error.exit_code)
    return ok("a heartbeat address is set" + (f", reached through the proxy {proxy}" if proxy else ""))


def _judge_clocks(proofs: Sequence[ChannelProof], server_ahead: timedelta | None) -> Iterator[Line]:
    """Tell how far this machine's clock is from the platforms', and the one that posts go by."""
    told = [v for proof in proofs if (v := proof.verification) is not None and v.clock_offset_s is not None]
    off = find_offset(told, timedelta())
    if off is None:
        if proofs:
            hint = "Check again once a platform answers, or compare this machine's time with a phone's."
            yield warn("no platform sent its time: the clock was not compared", hint)
        return
    if server_ahead is not None:
        yield _judge_clock("the clock of the ledger's server", off - server_ahead, "posts go out by it")
        yield _judge_clock("this machine's clock", off, "requests are signed by it")
    else:
        yield _judge_clock("this machine's clock", off, "posts go out by it")


def _judge_clock(whose: str, off: timedelta, why: str) -> Line:
    if abs(off) <= NOTICED:
        near = max(timedelta(seconds=round(abs(off).total_seconds())), timedelta(seconds=1))
        return ok(f"{whose} is within {format_duration(near)} of the platforms'")
    text, hint = f"{whose} is {describe_offset(off)} the platforms'", f"Correct it: {why}."
    return fail(text, hint, ExitCode.USAGE) if abs(off) > TRUSTED else warn(text, hint)


def _judge_zones(storm: Storm | None, moment: Moment, find_zone: Callable[[str], tzinfo]) -> Iterator[Line]:
    probe, at, offset = PROBE
    windows = storm.windows if storm is not None else ()
    names = {storm.timezone if storm is not None else probe, *(w.timezone for w in windows if w.timezone)}
    day = datetime.combine(storm.first_on if storm is not None else moment.at, time(), UTC)
    try:
        knows_rules = at.astimezone(find_zone(probe)).utcoffset() == offset
        noon = day + timedelta(hours=12)
        told = sorted(f"{name} is UTC{noon.astimezone(find_zone(name)).isoformat()[-6:]}" for name in names)
    except ZoneInfoNotFoundError as error:
        yield fail(f"zones can't be used: {error}", "Install the package tzdata.", ExitCode.USAGE)
        return
    if knows_rules:
        yield ok(f"zones on {day:%Y-%m-%d}: {', '.join(told)}")
    else:
        yield fail(f"the rules of zones are wrong: {probe}", "Install the package tzdata.", ExitCode.USAGE)


def _judge_disk(folder: Path, measure: Callable[[Path], int]) -> Iterator[Line]:
    try:
        free = measure(folder)
    except OSError as error:
        text = f"the free space in {folder} is not known: {error.strerror}"
        yield warn(text, "Check it by hand: a storm's ledger may take 20 MB.")
        return
    text = f"{free / 1e9:.1f} GB are free where the ledger is ({folder})"
    if free < NO_ROOM:
        yield fail(
            text, "Free some space: answers that can't be recorded have to wait.", ExitCode.MAINTENANCE
        )
    elif free < ROOM:
        yield warn(text, "Free some space before the day.")
    else:
        yield ok(text)
    if not os.access(folder, os.W_OK):
        hint = "The user that runs stormctl must be able to write there."
        yield fail(f"{folder} can't be written", hint, ExitCode.MAINTENANCE)


PREFIX = "STORMCTL_"
"""Begins every variable, and says nothing of which one was meant."""


def explain_unused(variable: UnusedVariable, channels: Collection[ChannelId]) -> tuple[str, str]:
    """Return what is wrong with a line of `.env`, without its value, and what to do about it."""
    where = f".env:{variable.line}: {variable.name}"
    if variable.is_repeated:
        return f"{where} has another value further down, which counts", "Remove the line that is out of date."
    if variable.name in OUTSIDE_ONLY:
        return f"{where} has no effect in a file", "It counts in the environment only."
    known = sorted(name.removeprefix(PREFIX) for name in list_variables(channels))
    nearest = find_nearest(variable.name[len(PREFIX) :], known)
    hint = (
        f"Did you mean {PREFIX}{nearest}?" if nearest is not None else "See .env.example for every variable."
    )
    return f"{where} is a name that nothing uses", hint
