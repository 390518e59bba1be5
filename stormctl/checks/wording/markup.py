"""Rules about placeholders, Markdown and HTML: X and Facebook show a text as it is."""

from __future__ import annotations

import html
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext, Words

_WANTED = (
    "link|url|date|time|name|names|place|city|country|number|hashtag|tag|tbd|tba|tk|todo|insert|add|your|our|org"
    "|organi[sz]ation|amount|figure|quote|photo|image"
    "|enlace|fecha|hora|nombre|lugar|ciudad|pa[ií]s|n[uú]mero|etiqueta|insertar|a[nñ]adir|tu|su|organizaci[oó]n"
    "|cifra|cita|foto|imagen"
    "|lien|heure|nom|lieu|ville|pays|num[eé]ro|ins[eé]rer|ajouter|votre|organisation|chiffre|citation"
)
_BRACKETS = re.compile(rf"\[(?:{_WANTED})\b[^\]\n]{{0,60}}\](?!\()", re.IGNORECASE)
_SHOUTED = re.compile(r"\[[A-ZÁÉÍÓÚÑÀÈÙÇ][A-ZÁÉÍÓÚÑÀÈÙÇ _/-]{3,40}\](?!\()")
_LEFT_OVER = re.compile(
    r"\bTODO:|\bTBD\b|\bFIXME\b|\bXX{2,}\b|\bLorem ipsum\b|<(?:LINK|URL|DATE|NAME)>|_{4,}|\?{4,}"
)
_MAYBE_LEFT = re.compile(r"TODO:|TBD|FIXME|XXX|orem ipsum|<[LUDN]|____|\?\?\?\?")
_PICTURE = re.compile(r"!\[([^\]\n]{0,1000})\]\(([^()\s]{1,500})[^()\n]{0,200}\)")
_LINK = re.compile(r"(?<!!)\[([^\[\]\n]{1,300})\]\((https?://[^\s()]{1,1000})\)")
_EMPHASIS = re.compile(
    r"(?<![\w*_])(\*\*|__|~~)(?=[^\s*_~])([^*_~\n]{1,300}?)(?<=[^\s*_~])\1(?![\w*_])"
    r"|(?<![\w*/#@])(\*)(?=[^\s*])([^*\n]{1,300}?)(?<=[^\s*])\3(?![\w*])"
)
_HEADING = re.compile(r"^#{1,6}[ \t]+(?=\S)", re.MULTILINE)
_ESCAPE = re.compile(r"\\(?=[#*_\[\](){}`~>!.+-])")
_SHORT_NAME = re.compile(r"(?<![\w:/]):[a-z][a-z0-9_+-]{1,40}:(?![\w:])")
_TAG = re.compile(
    r"</?(?:b|i|u|em|strong|br|p|a|span|small|mark|sup|sub)(?:\s[^<>\n]{0,300})?/?>", re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#x[0-9a-fA-F]{2,5});")
_LIST = re.compile(r"\s*(?:[-–—•*·▪►✓✔☑✅➡→👉]|\d{1,2}[.)])\s|\s*[#@]|\s*https?://")

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
        shapes = []
        if "[" in text:
            shapes += [_BRACKETS, _SHOUTED]
        if _MAYBE_LEFT.search(text):
            shapes.append(_LEFT_OVER)
        if not shapes or words.kind == "link":
            continue
        found = {match.start(): match[0] for shape in shapes for match in shape.finditer(text)}
        for start, value in sorted(found.items()):
            yield CheckHit(
                words.at(start),
                Phrase("“{value}” was to be filled in", value=value),
                Phrase("write what belongs there"),
                words.variant,
            )


@rule(
    "markdown-picture",
    Severity.ERROR,
    Phrase("Pictures stand above the text, not in it."),
    why=Phrase("Markdown's ![…](…) would be posted as it is, and no picture with it."),
    fix=Phrase("Name the picture in `media` above the text, with its description in `alt`."),
    bad="![A paper boat](boat.png)\nEvery crossing begins with hope.",
    good='---\nmedia: [{file: boat.png, alt: "A paper boat"}]\n---\nEvery crossing begins with hope.',
)
def find_markdown_pictures(case: CheckContext) -> Iterator[CheckHit]:
    """Find pictures as Markdown writes them, and say what to write above the text instead."""
    for words in _texts(case, "!["):
        for match in _PICTURE.finditer(words.text):
            alt = " ".join(match[1].replace('"', "'").split()) or "…"
            block = f'media: [{{file: {match[2]}, alt: "{alt}"}}]'
            yield CheckHit(
                words.at(match.start()),
                Phrase("{value} would be posted as it is", value=match[0]),
                Phrase("remove it, and write above the text, between two lines of ---: {block}", block=block),
                words.variant,
            )


@rule(
    "markdown",
    Severity.WARNING,
    Phrase("Texts are plain: no Markdown."),
    why=Phrase("X and Facebook show asterisks, number signs and backslashes as they are."),
    fix=Phrase("Write the words alone; stormctl check --fix does it. Lists with -, • or 1. may stay."),
    bad="## Join us\n**Everyone** has [rights](https://example.org/rights) \\#MigrantsDay",
    good="Join us\nEveryone has rights https://example.org/rights #MigrantsDay",
    silenced_by=SilencedBy.WRITER,
)
def find_markdown(case: CheckContext) -> Iterator[CheckHit]:
    """Find links, emphasis, headings and escapes as Markdown writes them."""
    for words in case.words:
        if words.kind == "text":
            for start, end, new in _find_markup(words.text):
                value = words.text[start:end]
                yield CheckHit(
                    words.at(start),
                    Phrase("“{value}” is Markdown, and would be posted as it is", value=value),
                    Phrase("write “{value}”", value=new.strip()) if new.strip() else Phrase("leave it out"),
                    words.variant,
                    edit=words.edit(start, end, new),
                )


def _find_markup(text: str) -> Iterator[tuple[int, int, str]]:
    if "](" in text:
        for match in _LINK.finditer(text):
            same = match[1].strip() == match[2] or match[2].endswith(f"//{match[1].strip()}")
            yield match.start(), match.end(), match[2] if same else f"{match[1]} {match[2]}"
    if "*" in text or "__" in text or "~~" in text:
        for match in _EMPHASIS.finditer(text):
            yield match.start(), match.end(), match[2] or match[4]
    if "# " in text or "#\t" in text:
        for match in _HEADING.finditer(text):
            yield match.start(), match.end(), ""
    if "\\" in text:
        for match in _ESCAPE.finditer(text):
            yield match.start(), match.end() + 1, text[match.end()]


@rule(
    "emoji-name",
    Severity.WARNING,
    Phrase("Emoji are written as themselves."),
    why=Phrase("Neither X nor Facebook turns :heart: into a picture."),
    fix=Phrase("Write the emoji; stormctl check --fix does it."),
    bad="Every open door is a beginning :heart:",
    good="Every open door is a beginning ❤️",
    silenced_by=SilencedBy.WRITER,
)
def find_emoji_names(case: CheckContext) -> Iterator[CheckHit]:
    """Find names of emoji between colons, as chat programs have them."""
    for words in _texts(case, ":"):
        for match in _SHORT_NAME.finditer(words.text):
            sign = _emoji_of(match[0])
            if sign:
                yield CheckHit(
                    words.at(match.start()),
                    Phrase("{name} would be posted as it is", name=match[0]),
                    Phrase("write {sign}", sign=sign),
                    words.variant,
                    edit=words.edit(match.start(), match.end(), sign),
                )


def _emoji_of(name: str) -> str:
    import emoji  # only a name between colons needs it

    sign = emoji.emojize(name, language="alias")
    return "" if sign == name else sign


@rule(
    "html",
    Severity.WARNING,
    Phrase("Texts are plain: no HTML."),
    why=Phrase("X and Facebook show tags and entities as they are."),
    fix=Phrase("Write the words alone; stormctl check --fix does it."),
    bad="<b>Everyone</b> has rights &amp; a name.",
    good="Everyone has rights & a name.",
    silenced_by=SilencedBy.WRITER,
)
def find_html(case: CheckContext) -> Iterator[CheckHit]:
    """Find tags and entities of HTML."""
    for words in case.words:
        if words.kind == "text" and ("<" in words.text or "&" in words.text):
            for match in _TAG.finditer(words.text):
                new = "\n" if match[0].lower().startswith("<br") else ""
                yield _html_hit(words, match, new, Phrase("leave it out"))
            for match in _ENTITY.finditer(words.text):
                sign = html.unescape(match[0])
                if sign != match[0]:
                    yield _html_hit(words, match, sign, Phrase("write “{sign}”", sign=sign))


def _html_hit(words: Words, match: re.Match[str], new: str, hint: Phrase) -> CheckHit:
    return CheckHit(
        words.at(match.start()),
        Phrase("{value} is HTML, and would be posted as it is", value=match[0][:40]),
        hint,
        words.variant,
        edit=words.edit(match.start(), match.end(), new),
    )


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
            starts = list(_find_breaks(words.text))
            if starts:
                begin, end = starts[0], starts[-1] + 1
                joined = "".join(
                    " " if at in set(starts) else sign for at, sign in enumerate(words.text[begin:end], begin)
                )
                yield CheckHit(
                    words.at(begin),
                    Phrase("the line is broken in the middle of a sentence"),
                    Phrase("join the lines of the paragraph"),
                    words.variant,
                    edit=words.edit(begin, end, joined),
                )


def _find_breaks(text: str) -> Iterator[int]:
    """Find line breaks at which a sentence goes on, where the next word would not have fitted."""
    position = 0
    lines = text.split("\n")
    for line, following in pairwise(lines):
        position += len(line)
        first = following.split(" ", 1)[0]
        if (
            len(line) in WRAPPED
            and len(line) + 1 + len(first) >= WRAPPED.start + 8
            and following[:1].islower()
            and line[-1:] not in '.!?:;…)”»"'
            and not _LIST.match(line)
            and not _LIST.match(following)
        ):
            yield position
        position += 1


def _texts(case: CheckContext, sign: str) -> Iterator[Words]:
    return (words for words in case.words if words.kind == "text" and sign in words.text)
