"""Tokens on the emulated Graph: which last, which die, and how a long list of Pages is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stormctl.emulator.core.accounts import short_page_token, short_user_token, user_token

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.core.clock import EmulatorClock
    from stormctl.emulator.server import EmulatorThread


@pytest.fixture
def page(accounts: dict[str, AccountSpec]) -> AccountSpec:
    """Give the first Page."""
    return accounts["facebook:migrants-day"]


@pytest.fixture
def app(page: AccountSpec) -> tuple[str, str]:
    """Give the app's id and secret."""
    return page.credentials["APP_ID"], page.credentials["APP_SECRET"]


class Caller:
    """Asks the Graph."""

    def __init__(self, emulator: EmulatorThread, session: requests.Session) -> None:
        self._url = f"{emulator.base_url}/v26.0"
        self._session = session

    def __call__(self, path: str, **params: str) -> Any:
        """Return the answer's body."""
        return self._session.get(f"{self._url}{path}", params=params, timeout=10).json()


@pytest.fixture
def ask(emulator: EmulatorThread, session: requests.Session) -> Caller:
    """Give a caller."""
    return Caller(emulator, session)


def test_an_unexchanged_token_leads_to_page_tokens_that_die(
    ask: Caller, page: AccountSpec, app: tuple[str, str]
) -> None:
    """They work, for an hour; only those of an exchanged one have no end."""
    short, long = short_user_token(*app), user_token(*app)
    inspector = {"access_token": "|".join(app)}

    tokens = [ask("/me/accounts", access_token=user)["data"][0]["access_token"] for user in (short, long)]
    facts = [ask("/debug_token", input_token=token, **inspector)["data"] for token in (*tokens, short, long)]

    now = facts[0]["issued_at"]
    lives = [fact["expires_at"] and fact["expires_at"] - now for fact in facts]
    assert tokens == [short_page_token(page), page.credentials["PAGE_TOKEN"]]
    assert [fact["type"] for fact in facts] == ["PAGE", "PAGE", "USER", "USER"]
    assert lives == pytest.approx([3_600, 0, 3_600, 5_183_944], abs=5)
    assert ask("/me", access_token=tokens[0])["id"] == page.id


@pytest.mark.parametrize("year_s", [1_418_911_200.0, 4_000_000_000.0])
def test_a_token_outlives_real_time_and_the_storms(
    ask: Caller,
    app: tuple[str, str],
    clock: EmulatorClock,
    set_time: Callable[[float], None],
    year_s: float,
) -> None:
    """In a rehearsal of a storm of 2014 none looks long ended, nor in one of years to come."""
    set_time(year_s)

    fact = ask("/debug_token", input_token=user_token(*app), access_token="|".join(app))["data"]

    now = max(clock.both())
    lives = [fact[key] - now for key in ("issued_at", "expires_at", "data_access_expires_at")]
    assert lives == pytest.approx([0, 5_183_944, 90 * 86_400], abs=5)
    assert fact["is_valid"] is True


def test_pages_are_listed_page_by_page(
    ask: Caller, app: tuple[str, str], accounts: dict[str, AccountSpec]
) -> None:
    """`next` only where there is more; a cursor leads on; only the fields that were asked for."""
    query = {"access_token": user_token(*app), "fields": "name,tasks", "limit": "1"}

    first = ask("/me/accounts", **query)
    second = ask("/me/accounts", **query, after=first["paging"]["cursors"]["after"])

    ids = [accounts[name].id for name in ("facebook:migrants-day", "facebook:partner")]
    assert [page["id"] for page in first["data"] + second["data"]] == ids
    assert set(first["data"][0]) == {"id", "name", "tasks"}
    assert "after=" in first["paging"]["next"]
    assert "next" not in second["paging"]


@pytest.mark.parametrize("wrong", [{"limit": "0"}, {"limit": "many"}, {"after": "nowhere"}])
def test_a_wrong_page_is_refused(ask: Caller, app: tuple[str, str], wrong: dict[str, str]) -> None:
    """(#100), as for every bad parameter."""
    assert ask("/me/accounts", access_token=user_token(*app), **wrong)["error"]["code"] == 100
