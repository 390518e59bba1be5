"""An emulator with two X accounts and two Pages, and callers that ask it as real clients would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
import tweepy

from stormctl.emulator.core.clock import EmulatorClock, Scale
from stormctl.emulator.core.faults import Faults
from stormctl.emulator.server import EmulatorThread, make_accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stormctl.emulator.core.accounts import AccountSpec

    Ask = Callable[..., requests.Response]

NAMES = ("x:migrants-day", "x:dia-migrantes", "facebook:migrants-day", "facebook:partner")


@pytest.fixture
def accounts() -> dict[str, AccountSpec]:
    """Give the accounts by channel."""
    return {account.channel: account for account in make_accounts(NAMES, seed=7)}


@pytest.fixture(scope="session")
def _shift() -> list[float]:
    return [0.0]


@pytest.fixture(scope="session")
def _emulator(_shift: list[float]) -> Iterator[EmulatorThread]:
    """Run one emulator for all tests of this folder: starting it takes longer than most of them."""
    real = EmulatorClock().wall
    clock = EmulatorClock(lambda: real() + _shift[0])
    with EmulatorThread(make_accounts(NAMES, seed=7), seed=7, faults=Faults(), clock=clock) as running:
        yield running


@pytest.fixture
def emulator(_emulator: EmulatorThread, _shift: list[float]) -> EmulatorThread:
    """Give the emulator as new: no posts, no faults, real time."""
    _shift[0] = 0.0
    _emulator.world.clock.follow(None)
    _emulator.world.reset()
    _emulator.faults.clear()
    return _emulator


@pytest.fixture
def shift(emulator: EmulatorThread, _shift: list[float]) -> list[float]:
    """Give the seconds by which the emulator's real time is ahead; signatures bear up to 300."""
    assert emulator.world.posts() == []
    return _shift


@pytest.fixture
def clock(emulator: EmulatorThread) -> EmulatorClock:
    """Give the emulator's clock."""
    return emulator.world.clock


@pytest.fixture
def set_time(clock: EmulatorClock) -> Callable[[float], None]:
    """Give a function that sets the emulated time, in Unix seconds."""
    return lambda at: clock.follow(Scale(anchor_wall=clock.wall(), anchor_at=at))


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """Give a session without proxies."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def x(emulator: EmulatorThread, session: requests.Session, accounts: dict[str, AccountSpec]) -> Ask:
    """Give a signed caller of X: `x("GET", "/2/users/me", account="x:dia-migrantes")`."""

    def ask(method: str, path: str, *, account: str = "x:migrants-day", **options: Any) -> requests.Response:
        keys = accounts[account].credentials
        handler = tweepy.OAuth1UserHandler(
            keys["CONSUMER_KEY"], keys["CONSUMER_SECRET"], keys["ACCESS_TOKEN"], keys["ACCESS_TOKEN_SECRET"]
        )
        return session.request(
            method, emulator.base_url + path, auth=handler.apply_auth(), timeout=10, **options
        )

    return ask


@pytest.fixture
def graph(emulator: EmulatorThread, session: requests.Session, accounts: dict[str, AccountSpec]) -> Ask:
    """Give a caller of Graph v26.0 with a Page's token: `graph("GET", "/me")`; data goes into a form."""

    def ask(
        method: str, path: str, *, account: str = "facebook:migrants-day", **options: Any
    ) -> requests.Response:
        place = "data" if method == "POST" else "params"
        token = {"access_token": accounts[account].credentials["PAGE_TOKEN"]}
        options[place] = {**token, **options.pop("values", {})}
        return session.request(method, f"{emulator.base_url}/v26.0{path}", timeout=10, **options)

    return ask
