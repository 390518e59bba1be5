"""Settings: wrong values are told, and credentials go nowhere by surprise."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import SecretStr, ValidationError

from stormctl.domain.platforms.channel import ChannelId, Platform
from stormctl.errors import CredentialsError, UsageError
from stormctl.settings import Settings, is_loopback
from tests.factories import ACME

TOKEN = "not-a-real-token-1234"  # noqa: S105 - nobody's


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080",
        "http://127.9.9.9",
        "http://localhost:1",
        "http://LOCALHOST",
        "http://[::1]:8080",
        "https://[::1]/base/",
    ],
)
def test_loopback_is_reached_even_while_the_platforms_are_locked(url: str) -> None:
    """Practice needs no TLS and no permission: nothing leaves the machine."""
    settings = Settings(base_urls={"X": url}, live=False)

    settings.check_destination(Platform.X)

    assert not settings.is_official(Platform.X)


@pytest.mark.parametrize(
    ("platform", "url"),
    [
        (Platform.X, "https://api.x.com"),
        (Platform.X, "https://api.twitter.com/"),
        (Platform.X, "https://API.X.COM"),
        (Platform.FACEBOOK, "https://graph.facebook.com"),
    ],
)
def test_official_hosts_are_reached_by_tls(platform: Platform, url: str) -> None:
    """On the day, credentials go to the platforms themselves."""
    settings = Settings(base_urls={"X": url, "FACEBOOK": url}, live=True)

    settings.check_destination(platform)

    assert settings.is_official(platform)


@pytest.mark.parametrize("platform", list(Platform))
def test_the_lock_keeps_the_real_platforms_out(platform: Platform) -> None:
    """Without a word it is closed: even the official hosts are refused, and how to unlock is said."""
    with pytest.raises(
        CredentialsError, match=f"STORMCTL_LIVE is not 1, which locks {platform.label}"
    ) as caught:
        Settings().check_destination(platform)

    assert caught.value.hint.startswith("Set STORMCTL_LIVE=1 in .env")
    assert Settings().is_locked(platform)
    assert not Settings(live=True).is_locked(platform)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "https://api.x.com.example.org",
        "https://graph.facebook.com",
        "https://127.0.0.1.example.org",
        "https://10.0.0.1",
        "https://[2001:db8::1]",
        "https://0.0.0.0",
        "https://localhost.example.org",
    ],
)
def test_no_other_host_is_sent_credentials(url: str) -> None:
    """A host that only resembles the platform, another platform's and a private address are refused."""
    with pytest.raises(CredentialsError, match="no credentials are sent there") as caught:
        Settings(base_urls={"X": url}, live=True).check_destination(Platform.X)

    assert "STORMCTL_ALLOW_HOST=" in caught.value.hint


def test_a_host_that_is_allowed_is_reached_by_tls_only() -> None:
    """STORMCTL_ALLOW_HOST opens one host, whatever its case, but not without TLS."""
    host, url = "Proxy.Example.org", "https://proxy.example.org:8443/x"
    allowed = Settings(base_urls={"X": url}, allow_host=host, live=True)
    plain = Settings(base_urls={"X": "http://proxy.example.org"}, allow_host=host, live=True)

    allowed.check_destination(Platform.X)

    with pytest.raises(CredentialsError, match="must be https"):
        plain.check_destination(Platform.X)
    assert allowed.host(Platform.X) == "proxy.example.org:8443"


def test_an_official_host_without_tls_is_refused() -> None:
    """Tokens are never sent in the clear."""
    with pytest.raises(CredentialsError, match=r"must be https: http://api\.x\.com"):
        Settings(base_urls={"X": "http://api.x.com"}, live=True).check_destination(Platform.X)


@pytest.mark.parametrize(
    "url",
    [
        "api.x.com",
        "ftp://127.0.0.1",
        "https://",
        "https://[::1",
        "http://127.0.0.1:port",
        "https://api.x.com?a=b",
        "https://api.x.com#top",
        "http://[::1].evil.example",
        "http://evil.example[::1]",
        "http://evil.example\\.localhost",
        "http://127.0.0.1\t.evil.example",
        "http://127.0.0.1 .evil.example",
        "http://127.0.0.1\x7f",
        "http://127.0.0.1:1:2",
    ],
)
def test_what_is_not_an_address_is_told_in_one_line(url: str) -> None:
    """A typing error in a base address is a usage error, wherever the address is first looked at."""
    settings = Settings(base_urls={"X": url})

    for look in (settings.check_destination, settings.host, settings.is_official):
        with pytest.raises(UsageError, match="STORMCTL_X_BASE_URL is not an address"):
            look(Platform.X)


@pytest.mark.parametrize(
    "url", [f"https://ada:{TOKEN}@api.x.com", f"http://{TOKEN}@127.0.0.1", f"https://ada:{TOKEN}@[::1"]
)
def test_an_address_with_a_password_is_refused_without_showing_it(url: str) -> None:
    """A password in the address would end up in the ledger and in logs."""
    with pytest.raises(UsageError, match="must not hold a user or password") as caught:
        Settings(base_urls={"X": url}).host(Platform.X)

    assert TOKEN not in f"{caught.value.message} {caught.value.hint}"


def test_both_names_of_x_are_one_host_to_the_ledger() -> None:
    """A ledger of api.twitter.com is one of api.x.com; a local port is part of the host."""
    old, new = Settings(base_urls={"X": "https://api.twitter.com"}), Settings()
    local = Settings(base_urls={"X": "http://127.0.0.1:8080/", "FACEBOOK": "http://127.0.0.1:8081"})

    assert old.hosts([ACME]) == new.hosts([ACME]) == {"x": "api.x.com", "x:acme": "api.x.com"}
    assert (local.host(Platform.X), local.host(Platform.FACEBOOK)) == ("127.0.0.1:8080", "127.0.0.1:8081")
    assert local.base_url(Platform.X) == local.base_url(ACME) == "http://127.0.0.1:8080"


def test_a_channel_may_have_a_server_of_its_own() -> None:
    """It alone is looked for there, by every rule for hosts; what channels share is said by platform."""
    settings = Settings(base_urls={"X": "https://api.twitter.com", "X_DIA_DOS": "http://127.0.0.1:8080/x/"})
    own, page = ChannelId(Platform.X, "dia-dos"), ChannelId(Platform.FACEBOOK, "dia-dos")

    assert settings.hosts([own, ACME, page]) == {
        "x:dia-dos": "127.0.0.1:8080",
        "x": "api.x.com",
        "x:acme": "api.x.com",
        "facebook": "graph.facebook.com",
        "facebook:dia-dos": "graph.facebook.com",
    }
    assert settings.base_url(own) == "http://127.0.0.1:8080/x"
    assert [settings.is_locked(channel) for channel in (own, ACME, page)] == [False, True, True]
    assert [settings.is_official(channel) for channel in (own, ACME, page)] == [False, True, True]
    settings.check_destination(own)


@pytest.mark.parametrize("url", ["nowhere", "https://ada:secret@example.org"])
def test_a_wrong_address_of_a_channel_names_its_variable(url: str) -> None:
    """And is found before anybody is asked."""
    settings = Settings(base_urls={"X_ACME": url})

    with pytest.raises(UsageError, match=r"^STORMCTL_X_ACME_BASE_URL "):
        settings.check_addresses()
    with pytest.raises(UsageError, match=r"^STORMCTL_X_ACME_BASE_URL "):
        settings.host(ACME)
    assert settings.host(ChannelId(Platform.X, "other")) == "api.x.com"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("::2", False),
        ("", False),
        ("[::1].evil.example", False),
        ("::1]", False),
        ("127.0.0.1.evil.example", False),
    ],
)
def test_loopback_is_told_by_the_address_alone(host: str, expected: bool) -> None:
    """No name is looked up to find out."""
    assert is_loopback(host) is expected


def test_durations_may_be_handed_over_as_they_are() -> None:
    """Code sets durations as durations; settings can't be changed afterwards."""
    settings = Settings(lease=timedelta(seconds=8))

    with pytest.raises(ValidationError, match="frozen"):
        settings.lease = timedelta(seconds=9)  # type: ignore[misc]  # that is the point
    assert settings.lease == timedelta(seconds=8)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("", []),
        (" json://a/ ", ["json://a/"]),
        ("json://a/, tgram://b/c\nmailto://d", ["json://a/", "tgram://b/c", "mailto://d"]),
        ("tgram://token/one,two,three json://a/", ["tgram://token/one,two,three", "json://a/"]),
        ("mailto://u:p@a?to=b@c,d@e,json://f", ["mailto://u:p@a?to=b@c,d@e", "json://f"]),
        ("junk json://a/", ["junk", "json://a/"]),
    ],
)
def test_addresses_for_alerts_are_told_apart(text: str, addresses: list[str]) -> None:
    """A comma belongs to an address unless another one begins after it, as apprise has it."""
    settings = Settings(alert_urls=SecretStr(text))

    found = [address.get_secret_value() for address in settings.alert_addresses()]

    assert addresses == found


@pytest.mark.parametrize(
    "url",
    [
        f"monitor.example.org/{TOKEN}",
        f"ftp://a/{TOKEN}",
        f"https://[{TOKEN}",
        f"http://localhost:1\\@127.0.0.1:2/{TOKEN}",
        f"http://ada:{TOKEN}@127.0.0.1/",
        f"http://{TOKEN}@127.0.0.1/",
        f"http://[::1].evil.example/{TOKEN}",
        f"http://127.0.0.1\n.evil.example/{TOKEN}",
        f"http://127.0.0.1/\x85{TOKEN}",
    ],
)
def test_a_bad_monitor_is_refused_without_its_address(url: str) -> None:
    """It is a secret: who knows it can say that we live."""
    with pytest.raises(UsageError) as caught:
        Settings(heartbeat_url=SecretStr(url)).find_heartbeat()

    assert "STORMCTL_HEARTBEAT_URL" in caught.value.message
    assert TOKEN not in caught.value.message + caught.value.hint


def test_the_lock_holds_for_the_monitor() -> None:
    """While it is closed only one on this machine is told of."""
    far, near = SecretStr(f"https://monitor.example.org/{TOKEN}"), SecretStr("http://localhost:9/x")

    found = [
        Settings(heartbeat_url=url, live=live).find_heartbeat()
        for url in (far, near)
        for live in (True, False)
    ]

    assert found == [far, None, near, near]
    assert Settings().find_heartbeat() is None
    assert TOKEN not in repr(Settings(heartbeat_url=far, alert_urls=far))


@pytest.mark.parametrize("platform", Platform)
@pytest.mark.parametrize(("seconds", "expected"), [(1, 60), (60, 60), (90, 90)])
def test_platforms_settle_no_sooner_than_they_need(platform: Platform, seconds: int, expected: int) -> None:
    """Lists lag, and requests are accepted late: what is set can only lengthen it."""
    settings = Settings(settling=timedelta(seconds=seconds))

    assert settings.settling_of(platform) == timedelta(seconds=expected)
