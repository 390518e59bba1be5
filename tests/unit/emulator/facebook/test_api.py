"""Tests of Graph's door: versions, tokens, proofs and quotas."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING

import pytest

from stormctl.emulator.core.accounts import user_token

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.server import EmulatorThread

    Ask = Callable[..., requests.Response]


@pytest.fixture
def page(accounts: dict[str, AccountSpec]) -> AccountSpec:
    """Give the first Page."""
    return accounts["facebook:migrants-day"]


@pytest.fixture
def user(page: AccountSpec) -> str:
    """Give the token of the user who manages the Pages."""
    return user_token(page.credentials["APP_ID"], page.credentials["APP_SECRET"])


@pytest.mark.parametrize(
    ("prefix", "version"), [("/v26.0", "v26.0"), ("/v22.0", "v22.0"), ("/v2.8", "v21.0"), ("", "v21.0")]
)
def test_dead_versions_are_answered_by_the_oldest_living_one(
    emulator: EmulatorThread, session: requests.Session, page: AccountSpec, prefix: str, version: str
) -> None:
    """A living version answers for itself; none, or a dead one, is v21.0."""
    token = {"access_token": page.credentials["PAGE_TOKEN"]}

    answer = session.get(f"{emulator.base_url}{prefix}/me", params=token, timeout=10)

    assert answer.status_code == 200
    assert version == answer.headers["facebook-api-version"]


def test_unknown_versions_and_paths_are_errors(graph: Ask) -> None:
    """2500 for v99.0 and for an edge that doesn't exist."""
    edge = graph("GET", "/me/friends")
    version = graph("GET", "/../v99.0/me")

    assert [answer.json()["error"]["code"] for answer in (edge, version)] == [2500, 2500]


def test_tokens_are_checked(emulator: EmulatorThread, session: requests.Session, user: str) -> None:
    """104 for none, 190 for a wrong one; the error has a trace id, and the answer a challenge."""
    url = f"{emulator.base_url}/v26.0/me"

    none = session.get(url, timeout=10)
    wrong = session.get(url, params={"access_token": "EAAwrong"}, timeout=10)
    bearer = session.get(url, headers={"Authorization": f"Bearer {user}"}, timeout=10)

    assert (none.status_code, none.json()["error"]["code"]) == (400, 104)
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, 190)
    assert wrong.json()["error"]["fbtrace_id"] == wrong.headers["x-fb-trace-id"]
    assert wrong.headers["www-authenticate"].startswith('OAuth "Facebook Platform"')
    assert bearer.json()["name"] == "Emulated User"


def test_a_user_token_does_not_post(
    emulator: EmulatorThread, session: requests.Session, page: AccountSpec, user: str
) -> None:
    """190/2069032 says that a Page token is needed, for publishing and for reading."""
    url = f"{emulator.base_url}/v26.0/{page.id}/feed"

    post = session.post(url, data={"access_token": user, "message": "hi"}, timeout=10)
    read = session.get(url, params={"access_token": user}, timeout=10)

    for answer in (post, read):
        assert (answer.json()["error"]["code"], answer.json()["error"]["error_subcode"]) == (190, 2069032)


def test_a_proof_of_the_secret_is_verified_where_it_is_sent(graph: Ask, page: AccountSpec) -> None:
    """The right HMAC passes, a wrong one is refused."""
    secret, token = (page.credentials[key].encode() for key in ("APP_SECRET", "PAGE_TOKEN"))
    proof = hmac.new(secret, token, hashlib.sha256).hexdigest()

    right = graph("GET", "/me", values={"appsecret_proof": proof})
    wrong = graph("GET", "/me", values={"appsecret_proof": proof[::-1]})

    assert right.status_code == 200
    assert "appsecret_proof" in wrong.json()["error"]["message"]


def test_a_pages_token_is_shown_to_those_who_manage_it(
    graph: Ask, emulator: EmulatorThread, session: requests.Session, page: AccountSpec, user: str
) -> None:
    """The user who manages a Page may read its token; another Page may not."""
    params = {"fields": "access_token", "access_token": user}

    managing = session.get(f"{emulator.base_url}/v26.0/{page.id}", params=params, timeout=10).json()
    foreign = graph(
        "GET", f"/{page.id}", account="facebook:partner", values={"fields": "access_token"}
    ).json()

    assert managing["access_token"] == page.credentials["PAGE_TOKEN"]
    assert "access_token" not in foreign


def test_a_used_up_quota_is_80001_with_the_time_to_wait(
    graph: Ask, emulator: EmulatorThread, page: AccountSpec
) -> None:
    """It arrives as 400; the header says in minutes when access comes back."""
    graph("GET", "/me")
    windows = emulator.world.rates._windows
    started_at, _ = windows["graph-page", page.channel]
    windows["graph-page", page.channel] = (started_at, 10**9)

    answer = graph("GET", "/me")
    usage = json.loads(answer.headers["x-business-use-case-usage"])[page.id][0]

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 80001)
    assert usage["call_count"] == 100
    assert 1 < usage["estimated_time_to_regain_access"] <= 24 * 60


def test_a_body_that_does_not_parse_is_refused(graph: Ask, page: AccountSpec) -> None:
    """A multipart body without its end is (#100)."""
    token = page.credentials["PAGE_TOKEN"]

    answer = graph(
        "GET", f"/{page.id}", data=b"--b", headers={"content-type": f"multipart/form-data; boundary={token}"}
    )

    assert answer.json()["error"]["code"] == 100


def test_tokens_can_be_debugged_by_the_app_or_themselves(
    emulator: EmulatorThread, session: requests.Session, page: AccountSpec, user: str
) -> None:
    """PAGE and USER tokens are told apart; nonsense is not valid; another's token is none of our business."""
    app = f"{page.credentials['APP_ID']}|{page.credentials['APP_SECRET']}"
    token = page.credentials["PAGE_TOKEN"]

    def ask(asking: str, about: str) -> requests.Response:
        params = {"access_token": asking, "input_token": about}
        return session.get(f"{emulator.base_url}/v26.0/debug_token", params=params, timeout=10)

    of_page, of_user, of_nobody = (ask(app, about).json()["data"] for about in (token, user, "EAAno"))
    own = ask(token, token).json()["data"]
    foreign = ask(token, user)

    assert (of_page["type"], of_page["profile_id"], of_page["expires_at"]) == ("PAGE", page.id, 0)
    assert own["type"] == "PAGE"
    assert "pages_manage_posts" in of_page["scopes"]
    assert of_user["type"] == "USER"
    assert of_user["expires_at"] > 0
    assert of_nobody["is_valid"] is False
    assert foreign.json()["error"]["code"] == 100
    assert ask(app, "").json()["error"]["code"] == 100


def test_a_user_token_leads_to_page_tokens(
    emulator: EmulatorThread, session: requests.Session, page: AccountSpec, user: str, graph: Ask
) -> None:
    """Exchange, then /me/accounts: each Page with its token and tasks; a Page has no accounts."""
    url = f"{emulator.base_url}/v26.0"
    app = {"client_id": page.credentials["APP_ID"], "client_secret": page.credentials["APP_SECRET"]}

    def exchange(**params: str) -> requests.Response:
        return session.get(f"{url}/oauth/access_token", params={**app, **params}, timeout=10)

    long_lived = exchange(grant_type="fb_exchange_token", fb_exchange_token=user).json()
    token = {"access_token": long_lived["access_token"]}
    accounts = session.get(f"{url}/me/accounts", params=token, timeout=10).json()["data"]

    assert long_lived["expires_in"] == 5_183_944
    assert page.credentials["PAGE_TOKEN"] in [item["access_token"] for item in accounts]
    assert "CREATE_CONTENT" in accounts[0]["tasks"]
    assert exchange(grant_type="client_credentials").json()["access_token"] == "|".join(app.values())
    assert exchange(grant_type="fb_exchange_token").json()["error"]["code"] == 190
    assert exchange(grant_type="wish").json()["error"]["code"] == 100
    assert exchange(client_secret="no").json()["error"]["code"] == 101  # noqa: S106 - a wrong one is the point
    assert graph("GET", "/me/accounts").json()["error"]["code"] == 100
