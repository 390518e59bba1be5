"""Rules about what drafts and editors leave in a text: places to fill in, lines broken at some width."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.text.spans import cover

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext, Words

_WANTED = (
    "link url date time name names place location venue city town country state number hashtag handle amount"
    " organization organisation org senator representative"
    " enlace fecha hora nombre nombres lugar ciudad país pais número numero etiqueta monto organización"
    " lien heure nom lieu ville pays numéro député députée data nome cidade"
)
_TO_WRITE = (
    "insert add insertar inserte añadir anadir agregar poner completar rellenar insérer inserer ajouter"
    " compléter completer inserir adicionar preencher todo tbd tba tbc pendiente"
)
_BESIDE = "here and or of aquí aqui y o de la del el ici et ou du le límite limite e à"
_SAID = (
    "save new nueva nuevo nouvelle nouveau nova last first última último redacted withheld changed removed"
    " protected omitted ficticio ficticia cambiado cambiados omitido omitida modifié modifiés changé fictif"
    " emprunt bio below above comments comentarios commentaires thread"
)
_NOUNS, _VERBS = frozenset(_WANTED.split()), frozenset(_TO_WRITE.split())
_WHOSE = frozenset({"your", "tu", "su", "votre", "ton", "seu", "sua"})
_AROUND, _FILLED = frozenset(_BESIDE.split()), frozenset(_SAID.split())
"""Words beside what is wanted; words that say that a date or name is there, or is left out on purpose."""

_BRACKETS = re.compile(r"\[([^\[\]\n]{1,60})\](?!\([^)\s])")
_HAS_VALUE = re.compile(r":\s*[^\W_]*[\d/]|:\s*\S+\s*$|[\"“«]")
_WORDS = re.compile(r"[^\W\d_]+")
_XS = re.compile(r"[#@]?X{2,}", re.IGNORECASE)
_LEFT_OVER = re.compile(
    r"\bTODO:|(?<=//)[ \t]*TODO\b|\bTBD\b|\bFIXME\b|(?<![$€£])\bX{3,}\b|\bXX[:/]XX\b|\b[Ll]orem [Ii]psum\b"
    r"|[<(](?:LINK|URL|ENLACE|LIEN)(?: HERE| AQUÍ| ICI)?[>)]"
    r"|<(?:(?:YOUR|TU|SU|VOTRE) [^\W\d_][^<>\n]{0,40}|DATE|NAME|FECHA|NOMBRE|NOM)>|%(?:LINK|URL)%"
    r"|[<(](?:[Ii]nsert|[Ii]nsertar|[Ii]nsérer) (?:your |the |el |la |le )?"
    r"(?:link|url|name|date|enlace|nombre|fecha|lien|nom)[>)]"
)
_MAYBE_LEFT = ("TODO", "TBD", "FIXME", "XX", "orem", "<", "(L", "(U", "(E", "(I", "(i", "%L", "%U")
_NUMBERED = re.compile(r"\s(?:[A-ZÁÉÍÓÚ]|anivers|anniv|congr|jornad|encuentr|edici|asamble|march|foro|fest)")
"""What follows XXX where it is the number thirty: “XXX aniversario”, “XXX Congreso”."""

_ROMANCE = frozenset({"es", "fr", "pt", "it", "ca", "gl"})
_EVERYTHING = frozenset({"es", "pt", "gl", "ca"})
"""Languages in which “TODO:” is also the word for “everything”."""

_TO_DO = re.compile(r"\s*(?:\w+[aei]r\b|link|enlace|foto|imagen|falta)", re.IGNORECASE)
_LIST = re.compile(r"\s*(?:[-–—•*·▪►✓✔☑✅➡→👉>]|\d{1,2}[.)/])\s|\s*[#@]|\s*https?://")

WRAPPED = range(60, 82)
"""Columns at which mail programs and editors break lines."""


@rule(
    "placeholder",
    Severity.ERROR,
    Phrase("Nothing is left to be filled in."),
    why=Phrase("A reader would see “[LINK]” or “TODO”, and the campaign would look careless."),
    fix=Phrase("Write what belongs there, or take it out."),
    bad="Sign by [DATE]: [LINK]",
    good="Sign by 17 December: https://example.org/sign",
    silenced_by=SilencedBy.WRITER,
)
def find_placeholders(case: CheckContext) -> Iterator[CheckHit]:
    """Find words in brackets and marks that somebody meant to replace."""
    for words in case.words:
        text = words.text
        has_brackets = "[" in text
        if words.kind == "link" or not (has_brackets or any(map(text.__contains__, _MAYBE_LEFT))):
            continue
        found: dict[int, re.Match[str]] = {}
        if has_brackets:
            found |= {match.start(): match for match in _BRACKETS.finditer(text) if _is_to_fill(match[1])}
        filled = cover(match.span() for match in found.values())
        for match in _LEFT_OVER.finditer(text):
            if match.start() not in filled and not _is_a_word(match, words.variant.lang):
                found[match.start()] = match
        for start, match in sorted(found.items()):
            yield CheckHit(
                words.at(start),
                Phrase("“{value}” was to be filled in", value=match[0].strip()),
                Phrase("write what belongs there"),
                words.variant,
            )


def _is_to_fill(content: str) -> bool:
    """Whether brackets hold what is to be filled in, not a label ([VIDEO]) or part of a quotation."""
    if _XS.fullmatch(content.strip()):
        return True
    said = [word.casefold() for word in _WORDS.findall(content)]
    if not said or _HAS_VALUE.search(content) or not _FILLED.isdisjoint(said):
        return False
    first, rest = said[0], [word for word in said if word not in _AROUND]
    is_shouted = content == content.upper()
    return bool(
        (first in _VERBS and (is_shouted or len(said) > 1))
        or (is_shouted and rest and (rest[0] in _VERBS or rest[0] in _WHOSE))
        or (first in _WHOSE and not _NOUNS.isdisjoint(said))
        or (rest and _NOUNS.issuperset(rest))
        or (is_shouted and rest and (rest[0] in _NOUNS or rest[-1] in _NOUNS))
    )


def _is_a_word(match: re.Match[str], lang: str) -> bool:
    """Whether a mark is a word or number of its language: “LO CAMBIA TODO:”, “siglo XXX”."""
    text = match.string
    if match[0].strip() == "TODO:" and lang[:2] in _EVERYTHING:
        above = text[max(match.start() - 60, 0) : match.start()].rpartition("\n")[2]
        return any(map(str.isalnum, above)) or not _TO_DO.match(text, match.end())
    if match[0] == "XXX" and lang[:2] in _ROMANCE:
        before = text[max(match.start() - 10, 0) : match.start()].casefold()
        return bool(before.endswith(("siglo ", "siècle ", "século ")) or _NUMBERED.match(text, match.end()))
    return False


@rule(
    "wrapped-lines",
    Severity.WARNING,
    Phrase("A paragraph is one line."),
    why=Phrase("The platforms keep each line break; on a telephone every second line would be a stump."),
    fix=Phrase("Join the lines of a paragraph; stormctl check --fix does it."),
    bad="Nobody leaves home without a reason. Some flee, some follow their\nfamily, and some look for work.",
    good="Nobody leaves home without a reason. Some flee, some follow their family, and some look for work.",
    silenced_by=SilencedBy.WRITER,
)
def find_wrapped_lines(case: CheckContext) -> Iterator[CheckHit]:
    """Find prose that an editor or a mail program broke at some 70 columns."""
    for words in case.words:
        if words.kind == "text" and len(words.text) > WRAPPED.start and "\n" in words.text:
            breaks = list(_find_breaks(words.text))
            if breaks:
                yield _wrapped_hit(words, breaks)


def _wrapped_hit(words: Words, breaks: list[int]) -> CheckHit:
    begin, end = breaks[0], breaks[-1] + 1
    ends = [*breaks[1:], end]
    joined = "".join(f" {words.text[at + 1 : to]}" for at, to in zip(breaks, ends, strict=True))
    return CheckHit(
        words.at(begin),
        Phrase("the line is broken in the middle of a sentence"),
        Phrase("join the lines of the paragraph"),
        words.variant,
        edit=words.edit(begin, end, joined),
    )


def _find_breaks(text: str) -> Iterator[int]:
    """Find the line breaks of paragraphs that a program has broken, by their numbers in the text."""
    position = 0
    run: list[tuple[int, str]] = []
    lines = [*text.split("\n"), ""]
    if not any(len(line) in WRAPPED and below for line, below in pairwise(lines)):
        return
    for line in lines:
        if not line.strip() or _LIST.match(line):
            yield from _breaks_of(run)
            run = []
        if line.strip():
            run.append((position, line))
        position += len(line) + 1


def _breaks_of(run: list[tuple[int, str]]) -> Iterator[int]:
    """Find the breaks of lines that stand together, if each line is as long as it could be.

    A poem or litany breaks its lines where the next word would still have fitted.
    """
    widest = max((len(line) for _, line in run[:-1]), default=0)
    if widest not in WRAPPED:
        return
    is_pair = run[1:] == run[-1:]
    found, is_sure = [], False
    for (start, line), (_, following) in pairwise(run):
        first = following.split(" ", 1)[0]
        goes_on = line[-1] not in '.!?:;…)”»"' and _goes_on(following[0], is_pair=is_pair)
        needed = len(line) + 1 + len(first)
        if needed <= widest or needed < WRAPPED.start + 8:
            if goes_on:
                return
            continue
        is_sure = is_sure or (goes_on and len(line) in WRAPPED and not (is_pair and line[-1] == ","))
        found.append(start + len(line))
    if is_sure:
        yield from found


def _goes_on(first: str, *, is_pair: bool) -> bool:
    """Whether a line that begins so goes on with a sentence; scripts without capitals need more lines."""
    return first.islower() or (not is_pair and first.isalpha() and not first.isupper())
