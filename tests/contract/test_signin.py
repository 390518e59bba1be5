"""Both sign-ins against the emulator, over HTTP only."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests

from stormctl.emulator.core.accounts import short_user_token
from stormctl.emulator.core.faults import parse_rules
from stormctl.emulator.server import EmulatorThread, make_accounts
from stormctl.errors import CredentialsError
from stormctl.platforms.facebook.signin import GraphSignIn
from stormctl.platforms.x.signin import PinRefusedError, XSignIn
from tests.contract.practice import now

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = [f"facebook:page-{number}" for number in range(130)]
ACCOUNTS = make_accounts(["x:migrants-day", *PAGES], seed=7)
ACCOUNT, PAGE, READER = ACCOUNTS[0], ACCOUNTS[1], replace(ACCOUNTS[-1], tasks=("ANALYZE",))
APP = (PAGE.credentials["APP_ID"], PAGE.credentials["APP_SECRET"])
CONSUMER = (ACCOUNT.credentials["CONSUMER_KEY"], ACCOUNT.credentials["CONSUMER_SECRET"])
LIMIT = timedelta(seconds=5)


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorThread]:
    """An emulator with an account, and more Pages than one answer holds."""
    with EmulatorThread([*ACCOUNTS[:-1], READER], seed=7) as running:
        yield running


@pytest.fixture
def x(emulator: EmulatorThread) -> Iterator[XSignIn]:
    """A sign-in on X."""
    with closing(XSignIn(CONSUMER, base_url=emulator.base_url, request_limit=LIMIT)) as steps:
        yield steps


@pytest.fixture
def learnt() -> list[str]:
    """What the sign-in on Facebook said is secret."""
    return []


@pytest.fixture
def graph(emulator: EmulatorThread, learnt: list[str]) -> Iterator[GraphSignIn]:
    """A sign-in on Facebook."""
    made = GraphSignIn(APP, base_url=emulator.base_url, request_limit=LIMIT, now=now, learn=learnt.extend)
    with closing(made) as graph:
        yield graph


def test_a_pin_leads_to_the_tokens_of_the_account(x: XSignIn, emulator: EmulatorThread) -> None:
    """A wrong PIN can be mended; the right one is good once."""
    begun, url = x.begin()
    form = {"oauth_token": begun.token, "account": ACCOUNT.channel}
    page = requests.post(f"{emulator.base_url}/oauth/authorize", data=form, timeout=5).text
    (pin,) = re.findall(r'id="pin">(\d+)<', page)

    with pytest.raises(PinRefusedError, match=r"does not take this PIN .*Invalid oauth_verifier"):
        x.finish(begun, "1")
    given = x.finish(begun, pin)
    with pytest.raises(CredentialsError, match="Invalid request token"):
        x.finish(begun, pin)

    assert url == f"{emulator.base_url}/oauth/authorize?oauth_token={begun.token}"
    assert given.token == ACCOUNT.credentials["ACCESS_TOKEN"]
    assert given.secret == ACCOUNT.credentials["ACCESS_TOKEN_SECRET"]
    assert given.secret not in repr(given)
    assert begun.secret not in repr(begun)


def test_a_token_leads_to_every_page(graph: GraphSignIn, learnt: list[str]) -> None:
    """All answers of the list are read; the tokens last, and each was learnt before it was used."""
    pages = graph.read_pages(graph.extend(short_user_token(*APP)))

    facts = graph.inspect(str(pages[0].token))
    assert [page.page.id for page in pages] == [account.id for account in (*ACCOUNTS[1:-1], READER)]
    assert [page.page.can_publish for page in (pages[0], pages[-1])] == [True, False]
    assert pages[0].token == PAGE.credentials["PAGE_TOKEN"]
    assert (facts.kind, facts.owner_id, facts.is_valid, facts.is_endless) == ("PAGE", PAGE.id, True, True)
    assert {page.token for page in pages} <= set(learnt)
    assert str(pages[0].token) not in repr(pages[0])


def test_a_token_that_was_not_exchanged_gives_what_ends(graph: GraphSignIn) -> None:
    """That is why it is exchanged first."""
    pages = graph.read_pages(short_user_token(*APP))

    assert not graph.inspect(str(pages[0].token)).is_endless


def test_a_bad_token_and_a_bad_app_are_told_apart(graph: GraphSignIn, emulator: EmulatorThread) -> None:
    """Each with what to do about it."""
    with pytest.raises(CredentialsError, match=r"\(#190\)") as token:
        graph.extend("EAAGnone")
    wrong = GraphSignIn(
        (APP[0], "none"), base_url=emulator.base_url, request_limit=LIMIT, now=now, learn=lambda _: None
    )
    with closing(wrong), pytest.raises(CredentialsError, match=r"\(#101\)") as app:
        wrong.extend(short_user_token(*APP))

    assert "Graph API Explorer" in token.value.hint
    assert "they must belong together" in app.value.hint


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"action": "drop_after"}, "could not be asked: the connection"),
        ({"action": "error_before", "body": "html", "status": 502}, "502"),
        ({"action": "empty"}, "read"),
        ({"action": "truncated"}, "read"),
    ],
    ids=lambda value: value["action"] if isinstance(value, dict) else None,
)
def test_trouble_on_the_way_is_a_line(
    x: XSignIn, graph: GraphSignIn, emulator: EmulatorThread, fault: dict[str, object], words: str
) -> None:
    """No traceback, no secret, nothing half done."""
    emulator.faults.add(parse_rules([{"operation": "read_token", **fault}]))

    with pytest.raises(CredentialsError, match=words) as from_x:
        x.begin()
    with pytest.raises(CredentialsError, match=words) as from_graph:
        graph.extend(short_user_token(*APP))
    emulator.faults.clear()

    told = f"{from_x.value} {from_graph.value}"
    assert not [secret for secret in (*CONSUMER, *APP, short_user_token(*APP)) if secret in told]
