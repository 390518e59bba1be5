"""Rules about links: only to hosts that the schedule trusts, and as what they look like."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stormctl.checks.case import CheckHit, captions_of, place_of
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.text.hosts import find_host, is_under, plain_host, with_scheme
from stormctl.domain.text.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext
    from stormctl.domain.bank.message import Variant
    from stormctl.domain.base.finding import Place

_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_SHORTENERS = frozenset(
    {
        "bit.ly", "buff.ly", "cutt.ly", "fb.me", "goo.gl", "is.gd", "lnkd.in", "ow.ly", "rb.gy",
        "rebrand.ly", "shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd",
    }
)  # fmt: skip
"""Well-known services that hide where a link leads."""


@rule(
    "link-disguised",
    Severity.ERROR,
    "A link leads where it seems to lead.",
    why="A name before an @, a bare number, or letters of another alphabet make a link look as if it"
    " led elsewhere.",
    fix="Write the plain address of the page: https://, the host, the path.",
)
def find_disguised_links(case: CheckContext) -> Iterator[CheckHit]:
    """Find links whose real host is hidden."""
    for _, link, place in _links(case):
        trouble = _find_disguise(link, _trusted_hosts(case))
        if trouble:
            yield CheckHit(place, f"{link} {trouble}", "write the plain address of the page")


@rule(
    "link-shortened",
    Severity.ERROR,
    "Links are written out.",
    why="A short link hides where it leads and may be changed later; platforms shorten links by themselves,"
    " and every link counts 23 on X.",
    fix="Write the full address, or have staff add the host to [trust] links if the campaign owns it.",
)
def find_short_links(case: CheckContext) -> Iterator[CheckHit]:
    """Find links of services that hide where they lead."""
    for _, link, place in _links(case):
        host = find_host(link)
        if host and is_under(host, _SHORTENERS) and not is_under(host, _trusted_hosts(case)):
            yield CheckHit(place, f"{link} hides where it leads", "write the full address")


@rule(
    "link-not-trusted",
    Severity.ERROR,
    "Links lead only to hosts that the schedule trusts.",
    why="Anybody may contribute message files; what the accounts link to is decided by staff.",
    fix="Link to a trusted page, or have staff add the host to [trust] links in the schedule.",
)
def find_untrusted_links(case: CheckContext) -> Iterator[CheckHit]:
    """Find links to hosts that the schedule doesn't name; `un.org` covers `www.un.org`, not `fun.org`."""
    if case.storm is None:
        return
    trusted = _trusted_hosts(case)
    for _, link, place in _links(case):
        host = find_host(link)
        is_reported = _find_disguise(link, trusted) or (host and is_under(host, _SHORTENERS))
        if host and not is_reported and not is_under(host, trusted):
            hint = f"staff may add “{host}” to [trust] links"
            yield CheckHit(place, f"{link} leads to {host}, which is not trusted", hint)


@rule(
    "link-insecure",
    Severity.WARNING,
    "Links start with https.",
    why="Over http anybody on the way can read and change the page; browsers warn about it.",
    fix="Write https:// if the page has it.",
)
def find_insecure_links(case: CheckContext) -> Iterator[CheckHit]:
    """Find links that are written with http."""
    for _, link, place in _links(case):
        if link.lower().startswith("http://"):
            yield CheckHit(place, f"{link} is not encrypted", f"write https://{link[len('http://') :]}")


def _links(case: CheckContext) -> Iterator[tuple[Variant, str, Place]]:
    """Go through every link of every variant, once each: its own, those in its text and in captions."""
    for variant in case.bank.variants:
        if variant.link is not None:
            yield variant, variant.link, place_of(variant, "link")
        for link in dict.fromkeys(link.text for part in variant.parts for link in read(part).all_links):
            if link != variant.link:
                yield variant, link, variant.place
        for words in captions_of(variant):
            for link in dict.fromkeys(link.text for link in read(words.text).all_links):
                yield variant, link, words.place


def _find_disguise(link: str, trusted: frozenset[str]) -> str:
    """Say what hides the real host of a link; nothing if it is plain."""
    try:
        parts = urlsplit(with_scheme(link))
        host = plain_host(parts.hostname or "")
    except ValueError:
        return "is not an address"
    is_addressed = host and "\\" not in link and not any(character.isspace() for character in link)
    is_plain = host.isascii() and not any(label.startswith("xn--") for label in host.split("."))
    troubles = (
        (parts.scheme not in {"http", "https"}, "is not a web page"),
        (not is_addressed, "is not an address"),
        ("@" in parts.netloc, f"leads to {host}: what comes before the @ does not count"),
        (_is_number(host), "names a machine by its IP address"),
        (
            not is_plain and not is_under(host, trusted),
            "has letters that can be mistaken for others in its host",
        ),
    )
    return next((words for applies, words in troubles if applies), "")


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        # Browsers also take 0x7f.1 and 2130706433 as addresses: a last label that is a number.
        return bool(_NUMBER.fullmatch(host.rpartition(".")[2]))
    return True


def _trusted_hosts(case: CheckContext) -> frozenset[str]:
    return frozenset(plain_host(host) for host in case.storm.trust.links) if case.storm else frozenset()
