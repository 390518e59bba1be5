"""The links of a text, as X finds them: in one pass (source: the grammar of twitter-text 3)."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from stormctl.domain.text.endings import load_endings
from stormctl.domain.text.spans import TextSpan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_LINK_CHARS = 4096
"""A longer address is none."""

MAX_SHORT_LINK_CHARS = 40
"""Characters of the name in a link of t.co."""

MAX_LABEL_CHARS = 63
"""Characters between two dots of a host name (source: RFC 1035, 2.3.4)."""

_DIRECTION = "\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
_SPACE = "\\x09-\\x0d \\x85\\xa0\\u1680\\u180e\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
_NOT_IN_HOSTS = rf"!'#%&()*+,\\/:;<=>?@\[\]\^{{|}}~${_SPACE}\ufffe\ufeff\uffff{_DIRECTION}"
_ACCENTED = (
    "\xc0-\xd6\xd8-\xf6\xf8-\xff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f"
    "\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_DOTTED = re.compile(rf"(?<![^{_NOT_IN_HOSTS}])[^{_NOT_IN_HOSTS}.]*+\.[^{_NOT_IN_HOSTS}]*+")
"""A whole run of the characters that host names have, if there is a dot in it."""

_PLAIN_LABELS = re.compile(rf"(?:[-a-z0-9{_ACCENTED}]+\.)+", re.IGNORECASE)
_SCHEME = re.compile(r"https?://\Z", re.IGNORECASE)
_PLAIN_HOST = re.compile(r"(?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)+([a-z]{2,})", re.IGNORECASE)
_ANY_SCHEME = re.compile(r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]*+://\S+")
_BEHIND_LINKS = ".,;:!?…)]}»”’\"'"
_AT = frozenset("@＠")
_INNER_DOT = re.compile(r"\.\w")
"""What every host name has: a sentence may end with a dot."""

_MAYBE_ENDING = re.compile(r"[^\W_]\.[^\W\d_]{2}")
_LATIN_RUN = re.compile(r"[A-Za-z0-9]+")
_PUNYCODE = re.compile(r"xn--[-0-9a-z]+", re.IGNORECASE)
_PORT = re.compile(r":[0-9]+")
_IN_PATH = rf"a-z\u0400-\u04ff0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_ACCENTED}"
_PATH_PIECE = re.compile(
    rf"(?P<plain>[{_IN_PATH}]+)|\((?:[{_IN_PATH}]+|[{_IN_PATH}]*\([{_IN_PATH}]+\)[{_IN_PATH}]*)\)",
    re.IGNORECASE,
)
_PATH_END = re.compile(rf"[-+a-z\u0400-\u04ff0-9=_#/{_ACCENTED}]", re.IGNORECASE)
_QUERY = re.compile(r"\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*", re.IGNORECASE)
_NOT_AT_QUERY_END = "!?*'@();:+$%[].,~|"
_NEVER_BEFORE = frozenset("@＠$#＃\ufffe\ufeff\uffff")
_NEVER_BEFORE_BARE = frozenset("-_./")
_NEVER_AFTER_ENDING = frozenset("@+-")
_SHORT = re.compile(r"https?://t\.co/([a-z0-9]+)", re.IGNORECASE)


def find_links(text: str) -> tuple[TextSpan, ...]:
    """Return the links that X sees in a text, in order, bare domains such as `example.org` among them."""
    if not _INNER_DOT.search(text):
        return ()
    return tuple(_walk(text))


def find_other_links(text: str, links: Sequence[TextSpan]) -> tuple[TextSpan, ...]:
    r"""Return all else that may be a link one day or elsewhere: what has a scheme, and any ending.

    Args:
        text: any.
        links: those that X sees in it. What begins as one of them and goes on, as `https://un.org\@fun.org`
            does, is another link: it may lead elsewhere.
    """
    found: list[TextSpan] = []
    known = {(link.start, link.end) for link in links}
    if "://" in text:
        for match in _ANY_SCHEME.finditer(text):
            written = match[0].rstrip(_BEHIND_LINKS)
            end = match.start() + len(written)
            if (match.start(), end) not in known:
                found.append(TextSpan(written, match.start(), end))
    if _MAYBE_ENDING.search(text):
        taken = sorted([(link.start, link.end) for link in (*links, *found)])
        runs = (
            run
            for run in _DOTTED.finditer(text)
            if _MAYBE_ENDING.search(run[0])
            and text[run.start() - 1 : run.start()] not in _AT
            and text[run.end() : run.end() + 1] not in _AT
        )
        found += (TextSpan(run[0], *run.span()) for run in runs if not _overlaps(taken, *run.span()))
    return tuple(sorted(found, key=lambda span: span.start))


def _overlaps(taken: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    i = bisect_left(taken, (end, 0))
    return i > 0 and taken[i - 1][1] > start


def _walk(text: str) -> Iterator[TextSpan]:
    free = 0  # links begin here or later: the character before it stands between two of them
    for run in _DOTTED.finditer(text):
        if run.end() <= free or not _INNER_DOT.search(run[0]):
            continue
        plain = _find_plain(text, run, free)
        hosts = None if plain else _Hosts(text, run.start(), run.end())
        while (found := plain or (hosts.find(free) if hosts else None)) is not None:
            start, begin, end = found
            rest = _read_rest(text, end)
            yield from _judge(text, start, begin, end, rest)
            free, plain = rest[0] + 1, None


def _find_plain(text: str, run: re.Match[str], free: int) -> tuple[int, int, int] | None:
    """Find the link of a run that is one host name of Latin letters: what almost every link is."""
    begin = run.start()
    match = _PLAIN_HOST.fullmatch(run[0])
    if match is None or match[1].lower() not in load_endings().ascii or begin < free:
        return None
    if text[run.end() : run.end() + 1] in _NEVER_AFTER_ENDING:
        return None
    scheme = _find_scheme(text, begin, free)
    if scheme is None and not _may_stand_before(text, begin):
        return None
    return begin if scheme is None else scheme, begin, run.end()


class _Hosts:
    """The host names in a run of the characters that host names have."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text = text
        self._starts = [start]
        self._ends: list[int] = []
        for dot in (i for i in range(start, end) if text[i] == "."):
            self._ends.append(dot)
            self._starts.append(dot + 1)
        self._ends.append(end)
        labels = range(len(self._starts))
        self._closes = [
            self._ends[i] > self._starts[i] and text[self._ends[i] - 1] not in "-_" for i in labels
        ]
        self._is_label = [self._closes[i] and text[self._starts[i]] not in "-_" for i in labels]
        self._ending = [0, *(_read_ending(text, self._starts[i], self._ends[i]) for i in labels[1:])]
        self._chain = [*labels]  # up to which label all that follow are whole ones
        for i in reversed(labels[:-1]):
            self._chain[i] = self._chain[i + 1] if self._is_label[i + 1] else i
        self._last_good = [0] * len(labels)  # the last ending up to here that follows a whole name
        for i in labels[1:]:
            before = self._starts[i - 1], self._ends[i - 1]
            is_good = self._ending[i] and self._is_label[i - 1] and "_" not in text[slice(*before)]
            self._last_good[i] = i if is_good else self._last_good[i - 1]

    def find(self, free: int) -> tuple[int, int, int] | None:
        """Find the first link from a position on: where it starts, where its host name begins and ends."""
        text = self._text
        for i in range(bisect_right(self._ends, free), len(self._starts) - 1):
            if not self._closes[i]:
                continue
            last = self._last_good[min(self._chain[i] + 1, len(self._starts) - 1)]
            if last <= i + 1 and not self._ending[i + 1]:
                continue
            begin = max(self._starts[i], free)
            if last <= i + 1:  # the name itself must have no underscore
                begin = max(begin, text.rfind("_", begin, self._ends[i]) + 1)
            for position in range(begin, self._ends[i]):
                if text[position] in "-_":
                    continue
                scheme = _find_scheme(text, position, free) if position == self._starts[0] else None
                if scheme is None and not _may_stand_before(text, position):
                    continue
                # X takes the first character of a text for one that stands before the link, where it may
                is_second = self._ends[i] > 1 and text[1] not in "-_" and _may_stand_before(text, 1)
                first = 1 if position == 0 and is_second else position
                return first if scheme is None else scheme, first, self._ending[max(last, i + 1)]
        return None


def _find_scheme(text: str, position: int, free: int) -> int | None:
    """Return where `http://` or `https://` before a position starts; None if none stands there."""
    match = (
        _SCHEME.search(text, max(free, position - 8), position)
        if text.startswith("//", max(0, position - 2))
        else None
    )
    return match.start() if match and _may_stand_before(text, match.start()) else None


def _read_ending(text: str, start: int, stop: int) -> int:
    """Return where the top-level domain ends with which a label begins; 0 if it begins with none."""
    endings = load_endings()
    run = _LATIN_RUN.match(text, start, stop)
    if run is not None:
        if run[0].lower() in endings.ascii and text[run.end() : run.end() + 1] not in _NEVER_AFTER_ENDING:
            return run.end()
        code = _PUNYCODE.match(text, start, stop)
        return code.end() if code else 0
    for end in range(min(stop, start + endings.longest), start, -1):
        after = text[end : end + 1]
        is_free = not (after.isascii() and after.isalnum()) and after not in _NEVER_AFTER_ENDING
        if is_free and text[start:end].lower() in endings.others:
            return end
    return 0


def _may_stand_before(text: str, position: int) -> bool:
    before = text[position - 1 : position] if position else ""
    return not (before.isascii() and before.isalnum()) and before not in _NEVER_BEFORE


def _read_rest(text: str, end: int) -> tuple[int, bool]:
    """Return where port, path and query behind a host name end, and whether there is a path."""
    port = _PORT.match(text, end)
    end = port.end() if port else end
    has_path = text.startswith("/", end)
    if has_path:
        end = _find_path_end(text, end + 1)
    query = _QUERY.match(text, end)
    return end + (len(query[0].rstrip(_NOT_AT_QUERY_END)) if query else 0), has_path


def _find_path_end(text: str, position: int) -> int:
    """Return where a path ends: behind the last character that may end one, or behind brackets."""
    end = position
    while piece := _PATH_PIECE.match(text, position):
        position = piece.end()
        if piece["plain"] is None:
            end = position if piece.start() == end else end
            continue
        closing = (i for i in range(position, piece.start(), -1) if _PATH_END.match(text, i - 1))
        end = next(closing, end)
    return end


def _judge(text: str, start: int, begin: int, end: int, rest: tuple[int, bool]) -> Iterator[TextSpan]:
    """Give the links that a match makes: one with a scheme, or each bare domain in it that is plain."""
    whole, has_path = rest
    host = text[begin:end]
    if not _is_host(host) or max(begin - start, len("https://")) + whole - begin > MAX_LINK_CHARS:
        return
    if start < begin:
        short = _SHORT.match(text, start, whole)
        if short is not None:
            if len(short[1]) > MAX_SHORT_LINK_CHARS:
                return
            query = _QUERY.match(text, short.end(), whole)
            whole = short.end() + (len(query[0].rstrip(_NOT_AT_QUERY_END)) if query else 0)
        yield TextSpan(text[start:whole], start, whole)
        return
    if text[begin - 1 : begin] in _NEVER_BEFORE_BARE and begin:
        return
    for first, last in _find_plain_domains(host):
        stop = whole if has_path and begin + last == end else begin + last
        yield TextSpan(text[begin + first : stop], begin + first, stop)


def _find_plain_domains(host: str) -> Iterator[tuple[int, int]]:
    """Find the domains in a host name that have only Latin letters before their endings."""
    position = 0
    while labels := _PLAIN_LABELS.search(host, position):
        position = labels.end()
        for dot in (i for i in range(labels.end() - 1, labels.start(), -1) if host[i] == "."):
            stop = host.find(".", dot + 1)
            end = _read_ending(host, dot + 1, len(host) if stop < 0 else stop)
            if end:
                yield labels.start(), end
                position = end
                break


def _is_host(host: str) -> bool:
    try:
        return max(map(len, host.split("."))) <= MAX_LABEL_CHARS and bool(host.encode("idna"))
    except UnicodeError:
        return False
