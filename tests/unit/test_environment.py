"""Settings and credentials come from the environment and `.env`, and secrets show themselves nowhere."""

from __future__ import annotations

import hmac
import os
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from stormctl.domain.delivery.signin import Source
from stormctl.domain.platforms.channel import Platform, parse_channel_id
from stormctl.env_reading import UnusedVariable
from stormctl.environment import Environment, list_variables, load_environment
from stormctl.errors import CredentialsError, UsageError
from stormctl.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

ACME = parse_channel_id("x:acme")
PAGE = parse_channel_id("facebook:acme-north")
TOKEN = "not-a-real-token-1234"  # noqa: S105 - nobody's
X_NAMES = ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET")


def _write_env(root: Path, content: str | bytes, mode: int = 0o600) -> Path:
    path = root / ".env"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return path


def _git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)  # noqa: S607 - the git of the path is the one that is asked


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    """An empty environment is locked, with the machine durations of the design."""
    settings = load_environment(tmp_path, {}).settings

    assert not settings.live
    assert settings.lease == timedelta(seconds=20)
    assert settings.ledger_url.get_secret_value() == "sqlite:///.stormctl/ledger.db"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """What is set for this one command counts; the rest comes from `.env`, a BOM and quotes included."""
    _write_env(
        tmp_path, '\ufeffSTORMCTL_LIVE="0"\nexport STORMCTL_LEASE=9s\nSTORMCTL_SWEEP=3s\nPATH=/nowhere\n'
    )

    settings = load_environment(tmp_path, {"STORMCTL_LEASE": "40s", "STORMCTL_SETTLING": " "}).settings

    assert (settings.live, settings.lease, settings.sweep) == (
        False,
        timedelta(seconds=40),
        timedelta(seconds=3),
    )
    assert settings.settling == timedelta(seconds=60)


def test_the_process_environment_is_read_where_none_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the shell has set is what counts."""
    monkeypatch.setenv("STORMCTL_HEARTBEAT", "7s")

    settings = load_environment(tmp_path).settings

    assert (settings.live, settings.heartbeat) == (False, timedelta(seconds=7))


@pytest.mark.parametrize(
    "line",
    ["STORMCTL_LIVE: 0", 'STORMCTL_LEASE="9s', "STORMCTL_LIVE", "set STORMCTL_LIVE=0", "'STORMCTL_LIVE=0"],
)
def test_a_line_that_cannot_be_read_is_refused_and_not_shown(tmp_path: Path, line: str) -> None:
    """It may be the lock, so that leaving it out would be going live; and it may be a secret."""
    _write_env(tmp_path, f"# ours\n\n{line}\nSTORMCTL_SWEEP=3s\n")

    with pytest.raises(CredentialsError, match=r"\.env:3: the line can't be read") as caught:
        load_environment(tmp_path, {})

    assert "LIVE" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    "line",
    [
        '$env:STORMCTL_LIVE = "0"',
        '"STORMCTL_LIVE"=0',
        "Environment=STORMCTL_LIVE=0",
        "OTHER=1 STORMCTL_LIVE=0",
        'OTHER="begins\nSTORMCTL_LIVE=0\nends"',
        'STORMCTL_X_ACME_ACCESS_TOKEN="begins\nSTORMCTL_LIVE=0\nends"',
        "STROMCTL_LIVE=0",
        "STORMCTL_LVE=0",
        "STORMCTL_LIFES=0",
        "STORMCTLLIVE=0",
        "stormctl_live=0",
        "MY_STORMCTL_LIVE=0",
        "STROMCTL_X_ACME_ACCESS_TOKEN=k",
        "STORMCTL_LIVE:=0",
        "\ufeffSTORMCTL_LIVE=0",
        "\u200bSTORMCTL_LIVE=0",
        "STORM\u200bCTL_LIVE=0",
        "STORMCTL_\u00adLIVE=0",
        "\uff33\uff34\uff2f\uff32\uff2d\uff23\uff34\uff2c\uff3f\uff2c\uff29\uff36\uff25=0",
        "\u0405\u0422\u041eR\u041c\u0421\u0422L_LIV\u0415=0",
        "S\u0422ORMCTL_LIVE=0",
        "STORMCTL_L\u0301IVE=0",
        "STORMCTL_LIVE=\u201c0\u201d",
        "STORMCTL_X_ACME_ACCESS_TOKEN=\u2018key\u2019",
        "OTHER=1\u2028STORMCTL_LIVE=0",
    ],
)
def test_a_line_that_seems_to_be_ours_and_is_not_read_is_refused(tmp_path: Path, line: str) -> None:
    """Somebody meant the lock, and would believe that it is closed; the line is told, never its text."""
    _write_env(tmp_path, f"# ours\nSTORMCTL_LIVE=1\n{line}\nSTORMCTL_SWEEP=3s\n")

    with pytest.raises(CredentialsError, match=r"\.env:3: the line ") as caught:
        load_environment(tmp_path, {})

    assert "LIV" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    ("content", "outside", "expected"),
    [
        ("", {}, False),
        ("STORMCTL_LIVE=\n", {}, False),
        ("STORMCTL_LIVE=1\n", {}, True),
        ("STORMCTL_LIVE=true\n", {}, True),
        ("STORMCTL_LIVE= Yes \n", {}, True),
        ("STORMCTL_LIVE=no\n", {}, False),
        ("STORMCTL_LIVE=false\n", {}, False),
        ("STORMCTL_LIVE=0\n", {"STORMCTL_LIVE": ""}, False),
        ("STORMCTL_LIVE=1\n", {"STORMCTL_LIVE": " "}, True),
        ("STORMCTL_LIVE=1\n", {"STORMCTL_LIVE": "0"}, False),
        ("STORMCTL_LIVE=0\n", {"STORMCTL_LIVE": "YES"}, True),
    ],
)
def test_the_lock_is_closed_unless_it_is_opened(
    tmp_path: Path, content: str, outside: dict[str, str], expected: bool
) -> None:
    """1, true and yes open it, in the file or in the environment; nothing, or what is empty, does not."""
    _write_env(tmp_path, content)

    assert load_environment(tmp_path, outside).settings.live is expected


def test_an_empty_variable_does_not_hide_the_files(tmp_path: Path) -> None:
    """Service managers pass on empty ones; a key that stands in the file counts, and as the file's."""
    _write_env(tmp_path, f"STORMCTL_X_ACME_ACCESS_TOKEN={TOKEN}\n")

    environment = load_environment(tmp_path, {"STORMCTL_X_ACME_ACCESS_TOKEN": ""})

    assert environment.find_source("STORMCTL_X_ACME_ACCESS_TOKEN") is Source.FILE


@pytest.mark.skipif(os.name != "posix", reason="owners and pipes are POSIX's")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    """Nobody writes into it: to open it would be to wait for ever."""
    os.mkfifo(tmp_path / ".env", 0o600)

    with pytest.raises(CredentialsError, match=r"\.env can't be read: it is not a regular file"):
        load_environment(tmp_path, {})


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file away")
def test_another_users_file_is_refused(tmp_path: Path) -> None:
    """Its owner may change it at any time; root reads that of the person whose folder it is."""
    path = _write_env(tmp_path, "STORMCTL_LIVE=1\n")
    os.chown(path, 12_345, 12_345)

    with pytest.raises(CredentialsError, match="belongs to another user") as caught:
        load_environment(tmp_path, {})
    os.chown(tmp_path, 12_345, 12_345)

    assert caught.value.hint.endswith(f"sudo chown {os.geteuid()} {path}")
    assert load_environment(tmp_path, {}).settings.live


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """64 KiB are many times what a campaign needs."""
    _write_env(tmp_path, "#" * (64 * 1024 - 1) + "\n")
    largest = load_environment(tmp_path, {})
    _write_env(tmp_path, "#" * (64 * 1024) + "\n")

    with pytest.raises(CredentialsError, match="it has more than 65,536 bytes"):
        load_environment(tmp_path, {})
    assert largest.unused_variables == ()


def test_lines_of_others_are_nobodys_business(tmp_path: Path) -> None:
    """An `.env` may serve other programs, in their own way."""
    _write_env(
        tmp_path,
        "other program: yes\n# STORMCTL_LIVE: 1\nSTORMCTL_LIVE=0\nLOG=/var/log/stormctl # STORMCTL_LIVE=1\n"
        "TITLE=международный_день\né=ü\nSTORM_LIVE=7\nKEY='STORM\n=\n'\n",
    )

    environment = load_environment(tmp_path, {})

    assert (environment.settings.live, environment.unused_variables) == (False, ())


def test_lines_without_effect_are_told(tmp_path: Path) -> None:
    """Names that nothing reads, and values that another line takes the place of; the last one counts."""
    _write_env(
        tmp_path,
        "STORMCTL_SWEEP=3s\n\nSTORMCTL_COLOUR=9\nSTORMCTL_X_ACME_API_KEY=k\nSTORMCTL_X_ACME_CONSUMER_KEY=\n"
        "STORMCTL_X_ACME_CONSUMER_KEY=k\nSTORMCTL_SWEEP=4s\nSTORMCTL_SWEEP=4s\nSTORMCTL_DIR=/nowhere\n",
    )

    environment = load_environment(tmp_path, {})

    assert environment.settings.sweep == timedelta(seconds=4)
    assert environment.unused_variables == (
        UnusedVariable(3, "STORMCTL_COLOUR", is_repeated=False),
        UnusedVariable(4, "STORMCTL_X_ACME_API_KEY", is_repeated=False),
        UnusedVariable(1, "STORMCTL_SWEEP", is_repeated=True),
        UnusedVariable(9, "STORMCTL_DIR", is_repeated=False),
    )


def test_servers_are_named_by_platform_and_by_channel(tmp_path: Path) -> None:
    """From the file and from outside, which wins; a channel's own is no odd line."""
    lines = "STORMCTL_X_BASE_URL=http://127.0.0.1:1\nSTORMCTL_X_MIGRANTS_DAY_BASE_URL=http://127.0.0.1:2\n"
    _write_env(tmp_path, f"{lines}STORMCTL_FACEBOOK_BASE_URL=\n")

    inside = load_environment(tmp_path, {})
    outside = load_environment(tmp_path, {"STORMCTL_X_BASE_URL": "http://127.0.0.1:3"})

    channels = [parse_channel_id(name) for name in ("x:migrants-day", "x:other", "facebook:migrants-day")]
    assert [inside.settings.host(channel) for channel in channels] == [
        "127.0.0.1:2",
        "127.0.0.1:1",
        "graph.facebook.com",
    ]
    assert outside.settings.host(channels[1]) == "127.0.0.1:3"
    assert inside.unused_variables == ()
    assert "STORMCTL_X_MIGRANTS_DAY_BASE_URL" in list_variables(channels)


def test_a_file_cannot_widen_where_secrets_go(tmp_path: Path) -> None:
    """STORMCTL_ALLOW_HOST counts from the environment, never from a file that travels."""
    _write_env(tmp_path, "STORMCTL_ALLOW_HOST=example.org\nSTORMCTL_X_BASE_URL=https://example.org\n")

    live = {"STORMCTL_LIVE": "1"}
    from_file = load_environment(tmp_path, live).settings
    from_environment = load_environment(tmp_path, live | {"STORMCTL_ALLOW_HOST": "example.org"}).settings

    with pytest.raises(CredentialsError):
        from_file.check_destination(Platform.X)
    from_environment.check_destination(Platform.X)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("STORMCTL_LEASE", "20 seconds", "is not a duration: write it like"),
        ("STORMCTL_REQUEST_LIMIT", "0s", "must be longer than 0s"),
        ("STORMCTL_LIVE", "perhaps", "must be 1 to use the real platforms, or 0"),
        ("STORMCTL_LIVE", "on", "must be 1 to use the real platforms, or 0"),
        ("STORMCTL_LIVE", "2", "must be 1 to use the real platforms, or 0"),
    ],
)
def test_a_wrong_value_is_told_with_the_variables_name(
    tmp_path: Path, name: str, value: str, reason: str
) -> None:
    """One line says which variable, and what is wrong with it."""
    with pytest.raises(UsageError, match=rf"^{name}: .*{reason}"):
        load_environment(tmp_path, {name: value})


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620])
def test_a_file_that_others_can_open_is_refused(tmp_path: Path, mode: int) -> None:
    """Group and others have no business in `.env`; the hint is the command that mends it."""
    path = _write_env(tmp_path, "STORMCTL_LIVE=0\n", mode)

    with pytest.raises(CredentialsError, match="can be read by others") as caught:
        load_environment(tmp_path, {})

    assert caught.value.hint == f"Run: chmod 600 {path}"


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    """`.env` must be a file; the system's own words say what it is instead."""
    (tmp_path / ".env").mkdir(mode=0o700)

    with pytest.raises(CredentialsError, match=r"\.env can't be read: Is a directory"):
        load_environment(tmp_path, {})


def test_a_path_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    """A campaign folder that is a file holds no `.env`, and that is said without a traceback."""
    (tmp_path / "campaign").write_text("a file", encoding="utf-8")

    with pytest.raises(CredentialsError, match="can't be read: Not a directory"):
        load_environment(tmp_path / "campaign", {})


def test_a_channels_credentials_are_found_by_its_name() -> None:
    """Capitals, and `_` for every other character; an app's id and secret may be missing on Facebook."""
    environment = Environment(
        Settings(),
        {
            "STORMCTL_FACEBOOK_ACME_NORTH_PAGE_ID": "42",
            "STORMCTL_FACEBOOK_ACME_NORTH_PAGE_TOKEN": f" {TOKEN}\n",
        },
    )

    found, missing = environment.find_credentials(PAGE)

    assert found == {"PAGE_ID": "42", "PAGE_TOKEN": TOKEN}
    assert missing == ()


def test_what_serves_all_channels_needs_no_name() -> None:
    """The app's key and secret may be given once; a channel's own win, and empty ones count as none."""
    shared = {"STORMCTL_X_CONSUMER_KEY": "shared-key", "STORMCTL_X_CONSUMER_SECRET": "shared-secret"}
    own = {
        "STORMCTL_X_ACME_CONSUMER_KEY": "own-key",
        "STORMCTL_X_ACME_CONSUMER_SECRET": "",
        "STORMCTL_X_ACME_ACCESS_TOKEN": "token",
        "STORMCTL_X_ACCESS_TOKEN_SECRET": "belongs to nobody",
    }

    found, missing = Environment(Settings(), shared | own).find_credentials(ACME)

    assert found == {"CONSUMER_KEY": "own-key", "CONSUMER_SECRET": "shared-secret", "ACCESS_TOKEN": "token"}
    assert missing == ("STORMCTL_X_ACME_ACCESS_TOKEN_SECRET",)


def test_what_is_missing_is_named_as_it_must_be_written() -> None:
    """A campaigner can copy the names from the error."""
    found, missing = Environment(Settings(), {"STORMCTL_X_ACME_ACCESS_TOKEN": "  "}).find_credentials(ACME)

    assert found == {}
    assert missing == tuple(f"STORMCTL_X_ACME_{field}" for field in X_NAMES)


def test_secrets_never_show_themselves(tmp_path: Path) -> None:
    """Neither the environment nor the settings print a token or a ledger's password."""
    variables = {f"STORMCTL_X_ACME_{field}": TOKEN for field in X_NAMES}
    variables["STORMCTL_LEDGER_URL"] = f"postgresql://ada:{TOKEN}@127.0.0.1/storm"

    environment = load_environment(tmp_path, variables)

    shown = (
        f"{environment!r} {environment} {vars(environment)} {environment.settings!r} {environment.settings}"
    )
    assert TOKEN not in shown
    assert environment.find_credentials(ACME)[0]["ACCESS_TOKEN"] == TOKEN


def test_secrets_are_credentials_passwords_and_private_addresses(tmp_path: Path) -> None:
    """And a Page's proof of its app. Ids of Pages and hosts are none: people need to read them."""
    environment = load_environment(
        tmp_path,
        {
            "STORMCTL_X_ACME_ACCESS_TOKEN": "1001-token",
            "STORMCTL_FACEBOOK_ACME_PAGE_ID": "104029376519834",
            "STORMCTL_FACEBOOK_ACME_PAGE_TOKEN": "page-token",
            "STORMCTL_FACEBOOK_APP_SECRET": "app-secret",
            "STORMCTL_LEDGER_URL": "postgresql://storm:pass%40word@db.example.org/storm?sslpass%77ord=ssl%20word",
            "STORMCTL_HEARTBEAT_URL": "https://ping.example.org/0a1b2c3d-4e5f",
        },
    )

    assert environment.secrets() == {
        "1001-token",
        "page-token",
        "app-secret",
        hmac.digest(b"app-secret", b"page-token", "sha256").hex(),
        "pass%40word",
        "pass@word",
        "ssl%20word",
        "ssl word",
        "https://ping.example.org/0a1b2c3d-4e5f",
        "0a1b2c3d-4e5f",
    }


def test_an_address_that_is_none_is_secret_as_a_whole() -> None:
    """What cannot be taken apart may hold anything."""
    settings = Settings(heartbeat_url=SecretStr("https://[broken"))

    assert Environment(settings, {}).secrets() == {"https://[broken"}


def test_rewritten_credentials_keep_the_settings_of_before() -> None:
    """A running process does not change its ledger."""
    before = Settings(request_limit=timedelta(seconds=3))

    changed = Environment(Settings(), {"STORMCTL_X_ACME_ACCESS_TOKEN": "1001-token"}).with_settings(before)

    assert changed.settings is before
    assert changed.secrets() == {"1001-token"}
    assert not changed.is_like(Environment(before, {}))
    assert changed.is_like(Environment(before, {"STORMCTL_X_ACME_ACCESS_TOKEN": "1001-token"}))


def test_variables_say_where_they_come_from(tmp_path: Path) -> None:
    """The environment, `.env`, or nowhere; a shared one serves where the channel has none of its own."""
    _write_env(
        tmp_path,
        "STORMCTL_X_CONSUMER_KEY=shared\nSTORMCTL_X_ACME_ACCESS_TOKEN=filed\nSTORMCTL_X_ACME_CONSUMER_SECRET=own\n"
        "STORMCTL_X_CONSUMER_SECRET=not used\nSTORMCTL_X_ACME_ACCESS_TOKEN_SECRET=\n",
    )

    environment = load_environment(tmp_path, {"STORMCTL_X_ACME_ACCESS_TOKEN": "outside"})

    found = [(v.name, v.source, v.is_missing) for v in environment.find_variables(ACME)]
    assert found == [
        ("STORMCTL_X_CONSUMER_KEY", Source.FILE, False),
        ("STORMCTL_X_ACME_CONSUMER_SECRET", Source.FILE, False),
        ("STORMCTL_X_ACME_ACCESS_TOKEN", Source.ENVIRONMENT, False),
        ("STORMCTL_X_ACME_ACCESS_TOKEN_SECRET", None, True),
        ("STORMCTL_X_ACME_ACCOUNT_ID", None, False),
    ]


def test_channels_are_found_by_their_variables() -> None:
    """Names with `_` too; shared variables, settings and empty ones name no channel."""
    environment = Environment(
        Settings(),
        {
            "STORMCTL_X_MIGRANTS_DAY_ACCESS_TOKEN_SECRET": "a",
            "STORMCTL_FACEBOOK_APP_PAGE_ID": "1",
            "STORMCTL_X_CONSUMER_KEY": "b",
            "STORMCTL_X_BASE_URL": "https://api.x.com",
            "STORMCTL_X_GONE_ACCESS_TOKEN": " ",
        },
    )

    assert [str(channel) for channel in environment.find_channels()] == ["facebook:app", "x:migrants_day"]


def test_an_environment_with_more_in_its_file() -> None:
    """What is added counts as standing in `.env`; the rest stays, and the first is not changed."""
    before = Environment(Settings(), {"STORMCTL_X_CONSUMER_KEY": "a"})

    after = before.with_values({"STORMCTL_X_ACME_ACCESS_TOKEN": "b"})

    assert after.find_source("STORMCTL_X_CONSUMER_KEY") is Source.ENVIRONMENT
    assert after.find_source("STORMCTL_X_ACME_ACCESS_TOKEN") is Source.FILE
    assert before.find_source("STORMCTL_X_ACME_ACCESS_TOKEN") is None
