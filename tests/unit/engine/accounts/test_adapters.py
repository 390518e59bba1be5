"""Adapters are made from the environment's credentials, when they are first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import Delivered, NotSent
from stormctl.emulator.core.accounts import make_accounts
from stormctl.emulator.server import EmulatorThread
from stormctl.engine.accounts.adapters import EnvironmentAdapters
from stormctl.engine.accounts.rewriting import Rewritten
from stormctl.engine.base.equipment import Rewriting
from stormctl.environment import Environment
from stormctl.errors import CredentialsError
from stormctl.platforms.adapter import OutgoingPost
from stormctl.settings import Settings
from tests.factories import ACME, PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.domain.platforms.channel import ChannelId

ACCOUNTS = make_accounts([str(ACME), str(PAGE)], 1)


@pytest.fixture
def emulator() -> Iterator[EmulatorThread]:
    """An emulator with both accounts."""
    with EmulatorThread(ACCOUNTS) as running:
        yield running


def _variables(*left_out: str) -> dict[str, str]:
    names = {
        f"STORMCTL_{account.platform.upper()}_ACME_{field}": value
        for account in ACCOUNTS
        for field, value in account.credentials.items()
    }
    return {name: value for name, value in names.items() if not name.endswith(left_out)}


def _adapters(url: str, *left_out: str) -> EnvironmentAdapters:
    settings = Settings(base_urls={"X": url, "FACEBOOK": url}, live=False)
    return EnvironmentAdapters(Environment(settings, _variables(*left_out)))


@pytest.mark.parametrize("channel", [ACME, PAGE])
def test_what_one_adapter_publishes_the_other_reads_back(
    emulator: EmulatorThread, channel: ChannelId
) -> None:
    """Both have the channel's credentials and go where the settings point."""
    adapters = _adapters(emulator.base_url)
    account = adapters.reader(channel).verify().account

    outcome = adapters.publisher(channel).publish(OutgoingPost(text="Everyone has rights."), lambda: None)
    adapters.close()

    expected = next(spec.id for spec in ACCOUNTS if spec.channel == str(channel))
    assert account is not None
    assert account.id == expected
    assert isinstance(outcome, Delivered)
    assert [(p.account.channel, p.text) for p in emulator.world.posts()] == [
        (str(channel), "Everyone has rights.")
    ]


def test_a_channel_with_a_server_of_its_own_is_published_there(emulator: EmulatorThread) -> None:
    """Its platform's, and other channels, are elsewhere."""
    urls = {"X": "http://127.0.0.1:1", "FACEBOOK": "http://127.0.0.1:1", "X_ACME": emulator.base_url}
    adapters = EnvironmentAdapters(Environment(Settings(base_urls=urls), _variables()))

    outcomes = [
        adapters.publisher(channel).publish(OutgoingPost(text="Everyone has rights."), lambda: None)
        for channel in (ACME, PAGE)
    ]
    adapters.close()

    assert [type(outcome) for outcome in outcomes] == [Delivered, NotSent]
    assert [p.account.channel for p in emulator.world.posts()] == [str(ACME)]


def test_the_publisher_knows_the_name_that_the_reader_learnt(emulator: EmulatorThread) -> None:
    """A post's address holds the account's name; asking who we are a second time would be billed."""
    adapters = _adapters(emulator.base_url)
    adapters.reader(ACME).verify()

    outcome = adapters.publisher(ACME).publish(OutgoingPost(text="Everyone has rights."), lambda: None)
    adapters.close()

    assert isinstance(outcome, Delivered)
    assert outcome.url == f"{emulator.base_url}/acme/status/{outcome.post_id}"


def test_each_use_has_one_adapter_that_is_kept() -> None:
    """Publishing never waits for a slow reading: the two share no connection."""
    adapters = _adapters("http://127.0.0.1:1")

    publisher, reader = adapters.publisher(ACME), adapters.reader(ACME)

    assert publisher is adapters.publisher(ACME)
    assert reader is adapters.reader(ACME)
    assert publisher is not reader


def test_a_page_needs_neither_the_apps_id_nor_its_secret(emulator: EmulatorThread) -> None:
    """They prove more, but are no condition."""
    adapters = _adapters(emulator.base_url, "FACEBOOK_ACME_APP_ID", "FACEBOOK_ACME_APP_SECRET")

    verification = adapters.reader(PAGE).verify()
    adapters.close()

    assert not verification.is_bad


def test_missing_credentials_are_named(emulator: EmulatorThread) -> None:
    """Every variable that is not set, as it must be written; nothing is asked of the platform."""
    adapters = _adapters(emulator.base_url, "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET")

    with pytest.raises(CredentialsError) as caught:
        adapters.reader(ACME)

    assert caught.value.message == (
        "no credentials for x:acme: STORMCTL_X_ACME_ACCESS_TOKEN, STORMCTL_X_ACME_ACCESS_TOKEN_SECRET not set"
    )
    assert emulator.world.requests() == []


@pytest.mark.parametrize("channel", [ACME, PAGE])
def test_no_adapter_is_made_for_a_host_that_is_locked(channel: ChannelId) -> None:
    """The lock is looked at before the credentials."""
    adapters = EnvironmentAdapters(Environment(Settings(live=False), _variables()))

    with pytest.raises(CredentialsError, match="STORMCTL_LIVE is not 1, which locks"):
        adapters.publisher(channel)


class Rewritable:
    """An `.env` that says what a test lets it say."""

    def __init__(self) -> None:
        self.news: list[Rewritten] = []

    def look(self) -> Rewritten | None:
        """Tell the next news."""
        return self.news.pop() if self.news else None


def _rewritable(url: str) -> tuple[EnvironmentAdapters, Rewritable, Settings]:
    file, settings = Rewritable(), Settings(base_urls={"X": url, "FACEBOOK": url}, live=False)
    return EnvironmentAdapters(Environment(settings, _variables()), file), file, settings


def test_new_credentials_are_used_when_they_are_accepted() -> None:
    """Until then they are only for asking whose they are; the other channel keeps its adapters."""
    adapters, file, settings = _rewritable("http://127.0.0.1:1")
    before, page = adapters.publisher(ACME), adapters.publisher(PAGE)
    fresh = _variables() | {"STORMCTL_X_ACME_ACCESS_TOKEN": "1001-another-token"}
    file.news.append(Rewritten(Environment(settings, fresh), ("a remark",)))

    news = adapters.look()
    candidate = adapters.candidates.reader(ACME)
    kept = adapters.publisher(ACME)
    accepted = [adapters.accept(ACME), adapters.accept(ACME), adapters.accept(PAGE)]

    assert news == Rewriting((ACME,), ("a remark",), is_read=True)
    assert kept is before
    assert accepted == [True, False, False]
    assert adapters.reader(ACME) is candidate
    assert adapters.publisher(PAGE) is page


def test_credentials_that_come_back_are_those_in_use() -> None:
    """Whoever corrects a slip of the hand gets the old adapters again."""
    adapters, file, settings = _rewritable("http://127.0.0.1:1")
    before = adapters.reader(ACME)
    fresh = _variables() | {"STORMCTL_X_ACME_ACCESS_TOKEN": "1001-a-slip"}
    file.news.append(Rewritten(Environment(settings, fresh)))
    adapters.look()
    adapters.candidates.reader(ACME)
    file.news.append(Rewritten(Environment(settings, _variables())))

    news = adapters.look()

    assert news == Rewriting()
    assert adapters.candidates.reader(ACME) is before
    assert not adapters.accept(ACME)


def test_a_refused_file_and_no_file_change_nothing() -> None:
    """Remarks are passed on; a single command watches nothing."""
    adapters, file, _ = _rewritable("http://127.0.0.1:1")
    file.news.append(Rewritten(None, ("refused",)))

    assert adapters.look() == Rewriting((), ("refused",), is_read=False)
    assert adapters.look() is None
    assert _adapters("http://127.0.0.1:1").look() is None


def test_credentials_that_are_taken_away_are_missed() -> None:
    """The channel's own adapters stay, but nobody is asked with half a key."""
    adapters, file, settings = _rewritable("http://127.0.0.1:1")
    adapters.reader(ACME)
    gone = {n: v for n, v in _variables().items() if not n.endswith("ACME_ACCESS_TOKEN")}
    file.news.append(Rewritten(Environment(settings, gone)))
    adapters.look()

    with pytest.raises(CredentialsError, match="ACCESS_TOKEN not set"):
        adapters.candidates.reader(ACME)


def test_a_request_under_way_outlives_its_adapter(emulator: EmulatorThread) -> None:
    """The answer of a slow post is read to its end although its credentials were replaced meanwhile."""
    adapters, file, settings = _rewritable(emulator.base_url)
    publisher = adapters.publisher(ACME)
    fresh = _variables() | {"STORMCTL_X_ACME_ACCESS_TOKEN": "1001-another-token"}
    file.news.append(Rewritten(Environment(settings, fresh)))

    def replace() -> None:
        adapters.look()
        adapters.candidates.reader(ACME)
        assert adapters.accept(ACME)

    outcome = publisher.publish(OutgoingPost(text="Everyone has rights."), replace)
    adapters.close()

    assert isinstance(outcome, Delivered)
