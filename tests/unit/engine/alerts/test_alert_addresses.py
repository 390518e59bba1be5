"""Where alerts go: whose addresses are usable, and how one that hangs, refuses or raises harms nobody."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from stormctl.engine.alerts.alert_addresses import Sender, open_addresses
from stormctl.errors import UsageError
from stormctl.settings import Settings
from tests.receiver import receiving
from tests.tunnels import TlsServer, TunnelProxy, make_certificate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = "s3cr3t-t0k3n"  # noqa: S105 - no secret: it is looked for where none may be
PATIENCE_S = 10.0


@dataclass
class FakeAddress:
    """An address that answers as it is told."""

    name: str
    answer: Callable[[], bool] = lambda: True
    messages: list[tuple[str, str]] = field(default_factory=list)

    def deliver(self, title: str, text: str) -> bool:
        """Take a message, or not."""
        self.messages.append((title, text))
        return self.answer()


def make_settings(urls: str, *, live: bool = False) -> Settings:
    """Make settings with addresses for alerts."""
    return Settings(alert_urls=SecretStr(urls), live=live)


def fail() -> bool:
    """Raise as a plug-in might: with the address in its words."""
    message = f"could not reach https://example.org/{SECRET}"
    raise RuntimeError(message)


def test_a_message_arrives_at_a_real_server() -> None:
    """Title and text reach apprise's JSON service on loopback."""
    with receiving() as receiver:
        addresses = open_addresses(make_settings(f"json://127.0.0.1:{receiver.port}/{SECRET}"))
        sender = Sender(addresses.usable)

        taken = sender.send("the title", "line one\nline two", heard=(), limit_s=PATIENCE_S)

    assert taken == {"1 JSON"}
    assert (receiver.alerts[0]["title"], receiver.alerts[0]["message"]) == ("the title", "line one\nline two")
    assert receiver.posted == [f"/{SECRET}"]


def test_a_redirect_is_not_followed() -> None:
    """It may lead anywhere, also where the address asks for it to be followed."""
    with receiving() as other, receiving(302, {"Location": f"http://127.0.0.1:{other.port}/"}) as receiver:
        url = f"json://127.0.0.1:{receiver.port}/x?redirect=yes"
        sender = Sender(open_addresses(make_settings(url)).usable)

        taken = sender.send("title", "text", heard=(), limit_s=PATIENCE_S)

    assert taken == frozenset()
    assert (len(receiver.posted), other.posted, other.pinged) == (1, [], [])


def test_addresses_are_called_by_their_services() -> None:
    """What is shown holds nothing of the address."""
    urls = f"tgram://123456789:{SECRET}abcdefgh/12345, mailto://user:{SECRET}@example.org"

    addresses = open_addresses(make_settings(urls, live=True))

    assert addresses.summary == "Telegram, E-Mail"
    assert SECRET not in repr(addresses)


def test_the_lock_leaves_only_loopback() -> None:
    """Nothing may leave this machine, not even to a service on localhost's name, or by a doubtful address."""
    urls = (
        f"tgram://123456789:{SECRET}abcdefgh/12345 json://example.org/x json://localhost:9/x "
        "mailto://u:p@localhost xml://[::1]:9/x json://u:p@localhost/x json://localhost:1\\@127.0.0.1:2/"
    )

    addresses = open_addresses(make_settings(urls))

    assert [address.name for address in addresses.usable] == ["3 JSON", "5 XML"]
    assert (
        addresses.summary
        == "JSON, XML; STORMCTL_LIVE is not 1, which locks Telegram, JSON, E-Mail, JSON, JSON"
    )


def test_the_lock_trusts_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment would carry a message for loopback elsewhere."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.org:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    addresses = open_addresses(make_settings("json://127.0.0.1:9/x"))

    assert addresses.usable == ()


def test_an_alert_for_this_machine_is_never_handed_to_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not on the day either: it is refused with what keeps it here, and goes directly then."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.org:3128")
    settings = make_settings(f"jsons://example.org/x json://localhost:9/{SECRET}", live=True)

    with pytest.raises(UsageError) as caught:
        open_addresses(settings)
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1,::1")
    usable = open_addresses(settings).usable

    assert caught.value.message == (
        "the 2nd address of STORMCTL_ALERT_URLS is on this machine, and the proxy would send it elsewhere"
    )
    assert caught.value.hint == "Set NO_PROXY=localhost,127.0.0.1,::1 in the environment."
    assert [address.name for address in usable] == ["1 JSON", "2 JSON"]


def test_an_alert_goes_through_the_tunnel_and_is_proved_by_the_offices_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE counts for alerts as for the platforms, though requests alone does not know it."""
    server = TlsServer(make_certificate(tmp_path, "DNS:alerts.example.test"))
    proxy = TunnelProxy(server.port)
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")  # so that what is set here is gone after this test
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    server.reply()
    sender = Sender(open_addresses(make_settings("jsons://alerts.example.test/x", live=True)).usable)

    taken = sender.send("title", "text", heard=(), limit_s=PATIENCE_S)

    proxy.stop()
    server.stop()
    assert taken == {"1 JSON"}
    assert [head.split(" ")[:2] for head in proxy.asked] == [["CONNECT", "alerts.example.test:443"]]
    assert [request.json["title"] for request in server.requests] == ["title"]


def test_nobody_is_said_so() -> None:
    """Without addresses the summary says how to set them."""
    assert open_addresses(Settings()).summary == "nobody: set STORMCTL_ALERT_URLS"
    assert open_addresses(make_settings("json://example.org/")).summary == (
        "nobody: STORMCTL_LIVE is not 1, which locks JSON"
    )


@pytest.mark.parametrize(
    ("urls", "which"),
    [
        (f"tgram://{SECRET}", "1st"),
        (f"json://127.0.0.1/ nosuch://{SECRET}", "2nd"),
        (f"json://127.0.0.1/,json://127.0.0.1/,json:// , json://{SECRET}", "3rd"),
        (SECRET, "1st"),
        (f"https://example.org/{SECRET}", "1st"),
        (" , ,", "1st"),
    ],
)
def test_a_bad_address_is_named_by_its_place(
    urls: str, which: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Which one it is, and nothing of its text: not in the error, not in a log, not on a stream."""
    caplog.set_level(logging.DEBUG)

    with pytest.raises(UsageError, match=f"the {which} address of STORMCTL_ALERT_URLS") as caught:
        open_addresses(make_settings(urls))

    shown = "".join((caught.value.message, caught.value.hint, caplog.text, *capfd.readouterr()))
    assert SECRET not in shown


def test_an_address_that_raises_or_refuses_harms_no_other() -> None:
    """The third one hears it."""
    good = FakeAddress("3 C")
    sender = Sender([FakeAddress("1 A", fail), FakeAddress("2 B", lambda: False), good])

    taken = sender.send("title", "text", heard=(), limit_s=PATIENCE_S)

    assert taken == {"3 C"}
    assert good.messages == [("title", "text")]


def test_an_address_that_hangs_is_left_behind() -> None:
    """Nobody waits for it beyond the limit, and until it lets go it gets nothing more."""
    release = threading.Event()
    hanging, good = FakeAddress("1 A", lambda: release.wait(PATIENCE_S)), FakeAddress("2 B")
    sender = Sender([hanging, good])

    first = sender.send("one", "text", heard=(), limit_s=0.2)
    second = sender.send("two", "text", heard=(), limit_s=0.2)
    release.set()

    assert first == second == {"2 B"}
    assert [title for title, _ in hanging.messages] == ["one"]
    assert [title for title, _ in good.messages] == ["one", "two"]


def test_those_who_have_it_are_left_out() -> None:
    """A message that is sent again goes only to those who lack it."""
    first, second = FakeAddress("1 A"), FakeAddress("2 B")

    taken = Sender([first, second]).send("title", "text", heard={"1 A"}, limit_s=PATIENCE_S)

    assert taken == {"2 B"}
    assert first.messages == []


def test_a_send_at_debug_level_shows_no_address(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The loggers of apprise and of the library beneath it are silent, whatever level is set."""
    caplog.set_level(logging.DEBUG)
    with receiving(500) as receiver:
        sender = Sender(open_addresses(make_settings(f"json://127.0.0.1:{receiver.port}/{SECRET}")).usable)
        sender.send("title", "text", heard=(), limit_s=PATIENCE_S)

    assert SECRET not in "".join((caplog.text, *capfd.readouterr()))
