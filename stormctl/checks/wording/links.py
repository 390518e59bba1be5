"""Rules about links: only to hosts that the schedule trusts, and as what they look like."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.private import find_secret
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.text.hosts import is_under, plain_host, with_scheme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext

LONG_NAME = 6
"""Letters of a name of which another letter is no other name: icrc.org and ifrc.org are two."""

_CREDENTIALS = re.compile(
    r"//[^/?#@\s:]*:[^/?#@\s]*@"
    r"|[?&#;](?:[\w-]{0,20}_?token|api_?key|sig|signature|secret|passw(?:or)?d|session_?id|jwt)=[^&#\s]"
    # also what else could be a name or a page: only with a value that nobody types
    r"|[?&#;](?:auth|key|code|sid|hash)=(?=[^&#\s]{0,99}\d)(?=[^&#\s]{0,99}[A-Za-z])[\w.%~+/-]{20}",
    re.IGNORECASE,
)
_IN_PICTURE = re.compile(r"!\[[^\]\n]*\]\([^()\s]*$")
"""Before the address of a picture as Markdown writes it, of which a rule of its own speaks."""

_GLANCE = str.maketrans("01l", "oii")
_DIGIT = re.compile(r"[0-9]")
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
    Phrase("A link leads where it seems to lead."),
    why=Phrase(
        "A name before an @, a bare number, or letters of another alphabet make a link look as if it led"
        " elsewhere."
    ),
    fix=Phrase("Write the plain address of the page: https://, the host, the path."),
    bad="Sign at https://example.org@evil.example/act",
    good="Sign at https://example.org/act",
    silenced_by=SilencedBy.STAFF,
)
def find_disguised_links(case: CheckContext) -> Iterator[CheckHit]:
    """Find links whose real host is hidden."""
    trusted = _trusted_hosts(case)
    for words, link, start in case.links:
        trouble = _find_disguise(link, trusted)
        if trouble and not _CREDENTIALS.search(link):
            yield CheckHit(
                words.at(start),
                Phrase("{link} {trouble}", link=link, trouble=trouble),
                Phrase("write the plain address of the page"),
                words.variant,
            )


@rule(
    "link-shortened",
    Severity.ERROR,
    Phrase("Links are written out."),
    why=Phrase(
        "A short link hides where it leads and may be changed later; platforms shorten links by themselves,"
        " and every link counts 23 on X."
    ),
    fix=Phrase(
        "Write the full address, or have staff add the host to [trust] links if the campaign owns it."
    ),
    bad="Sign at https://bit.ly/3xYz",
    good="Sign at https://example.org/act",
    silenced_by=SilencedBy.STAFF,
)
def find_short_links(case: CheckContext) -> Iterator[CheckHit]:
    """Find links of services that hide where they lead."""
    trusted = _trusted_hosts(case)
    for words, link, start in case.links:
        host = case.hosts[link]
        if host and is_under(host, _SHORTENERS) and not is_under(host, trusted):
            yield CheckHit(
                words.at(start),
                Phrase("{link} hides where it leads", link=link),
                Phrase("write the full address"),
                words.variant,
            )


@rule(
    "link-not-trusted",
    Severity.ERROR,
    Phrase("Links lead only to hosts that the schedule trusts."),
    why=Phrase("Anybody may contribute message files; what the accounts link to is decided by staff."),
    fix=Phrase("Link to a trusted page, or have staff add the host to [trust] links in the schedule."),
    bad="Sign at https://elsewhere.example/act",
    good="Sign at https://example.org/act",
    silenced_by=SilencedBy.STAFF,
)
def find_untrusted_links(case: CheckContext) -> Iterator[CheckHit]:
    """Find links to hosts that the schedule doesn't name; `un.org` covers `www.un.org`, not `fun.org`."""
    if case.storm is None:
        return
    trusted = _trusted_hosts(case)
    for words, link, start in case.links:
        host = case.hosts[link]
        if not host or is_under(host, trusted):
            continue
        is_reported = (
            _IN_PICTURE.search(words.text, max(0, start - 400), start)
            or _find_disguise(link, trusted)
            or is_under(host, _SHORTENERS)
            or _find_twin(host, trusted)
        )
        if not is_reported:
            hint = Phrase("staff may add “{host}” to [trust] links", host=host)
            yield CheckHit(
                words.at(start),
                Phrase("{link} leads to {host}, which is not trusted", link=link, host=host),
                hint,
                words.variant,
                wanted=("links", host),
            )


@rule(
    "link-insecure",
    Severity.WARNING,
    Phrase("Links start with https."),
    why=Phrase("Over http anybody on the way can read and change the page; browsers warn about it."),
    fix=Phrase("Write https:// if the page has it."),
    bad="Sign at http://example.org/act",
    good="Sign at https://example.org/act",
    silenced_by=SilencedBy.WRITER,
)
def find_insecure_links(case: CheckContext) -> Iterator[CheckHit]:
    """Find links that are written with http."""
    for words, link, start in case.links:
        if link.lower().startswith("http://"):
            yield CheckHit(
                words.at(start),
                Phrase("{link} is not encrypted", link=link),
                Phrase("write https://{link}", link=link[len("http://") :]),
                words.variant,
            )


@rule(
    "link-credentials",
    Severity.ERROR,
    Phrase("A link carries no password and no token."),
    why=Phrase("Whoever opens the link could do what its owner may."),
    fix=Phrase("Copy the address of the page itself, without what came from a login or an invitation."),
    bad="Sign at https://example.org/act?access_token=abc123",
    good="Sign at https://example.org/act",
    silenced_by=SilencedBy.STAFF,
)
def find_link_credentials(case: CheckContext) -> Iterator[CheckHit]:
    """Find links with a user and a password, or with a parameter that is secret by its name."""
    for words, link, start in case.links:
        if _CREDENTIALS.search(link) and find_secret(link) is None:
            yield CheckHit(
                words.at(start),
                Phrase("the link carries a password or a token"),
                Phrase("write the address without it, and have it replaced"),
                words.variant,
            )


@rule(
    "link-lookalike",
    Severity.ERROR,
    Phrase("No link imitates a trusted host."),
    why=Phrase("A host that differs from ours in a letter is how people are led to a false page."),
    fix=Phrase("Write the trusted host, or have staff add the other one to [trust] links."),
    bad="Sign at https://exarnple.org/act",
    good="Sign at https://example.org/act",
    silenced_by=SilencedBy.STAFF,
)
def find_lookalike_hosts(case: CheckContext) -> Iterator[CheckHit]:
    """Find links to hosts that nearly have the name of a trusted one."""
    trusted = _trusted_hosts(case)
    for words, link, start in case.links if trusted else ():
        host = case.hosts[link]
        twin = _find_twin(host, trusted) if host and not is_under(host, trusted) else None
        if twin:
            yield CheckHit(
                words.at(start),
                Phrase("{host} looks like {twin}, and is another host", host=host, twin=twin),
                Phrase("write {twin}", twin=twin),
                words.variant,
            )


@lru_cache(4096)
def _find_twin(host: str, trusted: frozenset[str]) -> str | None:
    """Return the trusted host that another one nearly is."""
    return next((own for own in sorted(trusted) if _is_twin(host, own.removeprefix("www."))), None)


def _is_twin(host: str, own: str) -> bool:
    """Whether a host imitates another: `un-org.com`, `un.org.evil.com`, `unn.org`, `exarnple.org`."""
    flat = own.replace(".", "-")
    if any(label == flat or label.startswith(f"{flat}-") for label in host.split(".")):
        return True
    name, _, rest = host.removeprefix("www.").partition(own)
    if not name and rest[:1] in {".", "-"} and not _COUNTRY.fullmatch(rest):
        return True
    tail = ".".join(host.split(".")[-own.count(".") - 1 :])
    return _looks(tail) == _looks(own) or _has_doubled(tail, own) or _is_one_slip(tail, own)


_COUNTRY = re.compile(r"\.[a-z]{2}")
"""What the national host of an organization may end with, such as `.uk` after `.org`."""


def _looks(host: str) -> str:
    """Write a host as it looks at a glance: what is mistaken for each other is alike."""
    return host.replace("-", "").replace("rn", "m").replace("vv", "w").translate(_GLANCE)


def _has_doubled(host: str, trusted: str) -> bool:
    """Whether one of them has a letter twice that the other has once."""
    return abs(len(host) - len(trusted)) == 1 and any(
        longer[:i] + longer[i + 1 :] == shorter and longer[i] == longer[i - 1]
        for longer, shorter in [sorted((host, trusted), key=len, reverse=True)]
        for i in range(1, len(longer))
    )


def _is_one_slip(host: str, trusted: str) -> bool:
    """Whether two hosts of some length differ in one letter more, less or other.

    Another digit is another year, and another country's ending another branch.
    """
    shortest = min(len(each.partition(".")[0]) for each in (host, trusted))
    if shortest < LONG_NAME or abs(len(host) - len(trusted)) > 1:
        return False
    from rapidfuzz.distance import Levenshtein  # only hosts that nobody trusts need it

    name, _, ending = host.rpartition(".")
    own_name, _, own_ending = trusted.rpartition(".")
    is_branch = name == own_name and len(ending) == len(own_ending)
    is_year = _DIGIT.sub("0", host) == _DIGIT.sub("0", trusted)
    return not (is_branch or is_year) and Levenshtein.distance(host, trusted, score_cutoff=1) == 1


@lru_cache(4096)
def _find_disguise(link: str, trusted: frozenset[str]) -> Phrase | None:
    """Say what hides the real host of a link; None if it is plain."""
    try:
        parts = urlsplit(with_scheme(link))
        host = plain_host(parts.hostname or "")
    except ValueError:
        return Phrase("is not an address")
    is_addressed = host and "\\" not in link and not any(character.isspace() for character in link)
    is_plain = host.isascii() and not any(label.startswith("xn--") for label in host.split("."))
    troubles = (
        (parts.scheme not in {"http", "https"}, Phrase("is not a web page")),
        (not is_addressed, Phrase("is not an address")),
        ("@" in parts.netloc, Phrase("leads to {host}: what comes before the @ does not count", host=host)),
        (_is_number(host), Phrase("names a machine by its IP address")),
        (
            not is_plain and not is_under(host, trusted),
            Phrase("has letters that can be mistaken for others in its host"),
        ),
    )
    return next((words for applies, words in troubles if applies), None)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        # Browsers also take 0x7f.1 and 2130706433 as addresses: a last label that is a number.
        return bool(_NUMBER.fullmatch(host.rpartition(".")[2]))
    return True


def _trusted_hosts(case: CheckContext) -> frozenset[str]:
    return frozenset(plain_host(host) for host in case.storm.trust.links) if case.storm else frozenset()
