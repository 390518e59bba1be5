"""Whose accounts: names, sources and what is missing, never a value."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from stormctl.domain.delivery.signin import (
    ChannelAccess,
    CredentialsKnowledge,
    ManagedPage,
    Owner,
    Source,
    Variable,
)
from stormctl.render.terminal.accounts import (
    access_json,
    render_access,
    render_grant,
    render_pages,
    render_signed_in,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

TOKEN = Variable("STORMCTL_FACEBOOK_ACME_PAGE_TOKEN", "PAGE_TOKEN", None)
APP = Variable("STORMCTL_FACEBOOK_APP_ID", "APP_ID", Source.ENVIRONMENT, is_optional=True)
SECRET = Variable("STORMCTL_FACEBOOK_ACME_APP_SECRET", "APP_SECRET", None, is_optional=True)
GOOD = ChannelAccess(
    channel="x:acme",
    variables=(Variable("STORMCTL_X_CONSUMER_KEY", "CONSUMER_KEY", Source.FILE),),
    owner=Owner("1", "Acme\x1b[31m (@acme)", "https://x.com/acme"),
    known_from=CredentialsKnowledge.PLATFORM,
    remarks=("the clock is late",),
)
BAD = ChannelAccess(
    channel="facebook:acme",
    variables=(TOKEN, APP, SECRET),
    owner=Owner("2", "Acme"),
    known_from=CredentialsKnowledge.LEDGER,
    problems=("the token is dead",),
)


def show(renderable: RenderableType) -> list[str]:
    """Render to lines of plain text."""
    out = StringIO()
    Console(file=out, width=120, highlight=False, markup=False).print(renderable)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_the_list_for_people() -> None:
    """Each channel with its account, its variables, and what is wrong."""
    assert show(render_access([GOOD, BAD])) == [
        "1 of 2 channels can't post yet",
        "",
        "x:acme  Acme [31m (@acme) (1)",
        "    STORMCTL_X_CONSUMER_KEY  in .env",
        "    the clock is late",
        "",
        "facebook:acme  Acme (2), as the ledger knows it",
        "    STORMCTL_FACEBOOK_ACME_PAGE_TOKEN  missing",
        "    STORMCTL_FACEBOOK_APP_ID           in the environment",
        "    STORMCTL_FACEBOOK_ACME_APP_SECRET  not set; not needed",
        "    the token is dead",
    ]


def test_an_account_that_nobody_knows() -> None:
    """Is said to be unknown."""
    stranger = ChannelAccess(channel="x:new", variables=())

    assert show(render_access([stranger])) == [
        "no channel is known to lack anything",
        "",
        "x:new  account not known",
    ]


def test_what_to_do_comes_last() -> None:
    """Beneath everything that is wrong with a channel; machines get it too."""
    missing = ChannelAccess(channel="x:new", variables=(TOKEN,), hint="Sign in: stormctl auth x new")

    lines = show(render_access([missing]))

    assert lines[-1] == "    Sign in: stormctl auth x new"
    assert access_json([missing])["channels"][0]["hint"] == "Sign in: stormctl auth x new"


def test_the_list_for_machines() -> None:
    """The same, by names that stay."""
    exported = access_json([GOOD, BAD])

    good, bad = exported["channels"]
    assert exported["schema_version"] == 1
    assert (good["ok"], good["known_from"], good["missing"]) == (True, "platform", [])
    assert good["account"] is not None
    assert good["account"]["url"] == "https://x.com/acme"
    assert (bad["ok"], bad["known_from"], bad["problems"]) == (False, "ledger", ["the token is dead"])
    assert bad["missing"] == ["STORMCTL_FACEBOOK_ACME_PAGE_TOKEN"]
    assert bad["variables"][1] == {"name": APP.name, "source": "environment", "optional": True}


def test_pages_to_choose_from() -> None:
    """One that can't be posted to is named."""
    pages = [ManagedPage("1", "Acme", ("CREATE_CONTENT", "ANALYZE")), ManagedPage("22", "Other", ())]

    assert show(render_pages(pages)) == [
        "1  Acme   1   can post                       CREATE_CONTENT, ANALYZE",
        "2  Other  22  can't post: no CREATE_CONTENT  no tasks",
    ]


def test_what_a_sign_in_has_written() -> None:
    """The file, and the names of its variables, each on a line of its own."""
    lines = show(render_signed_in("x:acme", Owner("1", "Acme", None), Path("/day/.env"), ("A_TOKEN", "B_ID")))

    assert lines == ["x:acme is Acme", "written to /day/.env:", "    A_TOKEN", "    B_ID"]


def test_what_a_sign_in_brought() -> None:
    """Whose it is, where, and what could not be learnt."""
    lines = show(
        render_grant("x:acme", Owner("1", "Acme", None), ["a note"], "127.0.0.1:8080", is_live=False)
    )

    assert lines == [
        "Channel  x:acme",
        "Account  Acme",
        "Number   1",
        "Host     127.0.0.1:8080  NOT LIVE: this is not the real platform",
        "Note     a note",
    ]
