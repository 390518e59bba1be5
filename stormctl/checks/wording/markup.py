"""Rules about Markdown and HTML: X and Facebook show a text as it is."""

from __future__ import annotations

import html
import re
from html.entities import html5
from textwrap import shorten
from typing import TYPE_CHECKING
from urllib.parse import unquote

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.text.spans import cover

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext, Words

_PICTURE = re.compile(
    r"!\[(?P<alt>[^\]\n]{0,1000}+)\]\([ \t]*"
    r"(?:<(?P<enclosed>[^<>\n]{1,500}+)>|(?P<file>(?:[^()\n\"]|\([^()\n\"]{0,100}+\)){1,500}?))"
    r"(?:[ \t]+\"[^\"\n]{0,300}+\")?[ \t]*\)"
    r"|!\[\[(?P<linked>[^\[\]|\n]{1,300}+)(?:\|[^\[\]\n]{0,300}+)?\]\]"
)
_PLAIN_NAME = re.compile(r"[\w./-]+")
_LINK = re.compile(
    r"(?<!!)\[([^\[\]\n]{1,300}+)\]\(<?((?:https?://|www\.)(?:[^\s()<>]|\([^\s()<>]{0,300}+\)){1,1000}+)>?"
    r"(?:[ \t]+\"[^\"\n]{0,300}+\")?\)"
)
_ENCLOSED = re.compile(r"<(https?://[^\s<>]{1,1000}+)>")
_STARS = re.compile(
    r"(?<![\w*])(\*{2,3})(?=[^\s*])([^*\n]{1,300}+)(?<=\S)\1(?![\w*])"
    r"|(?<![\w*/#@])(\*)(?=[^\s*).,;:!?])([^*\n]{1,300}+)(?<=[^\s(])\3(?![\w*])"
)
_UNDERSCORES = re.compile(
    r"(?<![\w/#@.*-])(_{1,3})(?=[\w¿¡\"“«‘'(#])(?!_)((?:[^_\n]|(?<=[^\W_])_(?=[^\W_])){1,300}+)(?<=\S)\1(?![\w/-])"
)
_STRUCK = re.compile(r"(?<![\w~])~~(?=[^\s~])([^~\n]{1,300}+)(?<=\S)~~(?![\w~])")
_HEADING = re.compile(r"^(?!#[ \t]+\d)#{1,6}[ \t]+(?=\S)", re.MULTILINE)
_ESCAPE = re.compile(r"(?<![\\¯:;-])\\([#*_\[\]`~>!.+-]|(?=\n))")
# not in ¯\\_(ツ)_/¯ or :-\\, which are meant

_MARKUP = (
    ("](", _LINK),
    ("<http", _ENCLOSED),
    ("*", _STARS),
    ("_", _UNDERSCORES),
    ("~~", _STRUCK),
    ("#", _HEADING),
    ("\\", _ESCAPE),
)
"""Signs without which there is none of a kind, and the kind: the last group stays where it is mended."""

_SHORT_NAME = re.compile(r"(?<![\w/]):(?:[a-z][a-z0-9_+-]{1,60}|[+-]1|100):(?!\w)")
_CHAT_FLAG = re.compile(r":flag-([a-z]{2}):")
_ANCHOR = re.compile(
    r"<a\s[^<>]{0,300}?\bhref\s*=\s*[\"']?(https?://[^\"'\s<>]{1,1000}+)[\"']?[^<>]{0,300}+>([^<>\n]{0,300}+)</a>",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"</?(a|abbr|b|big|br|cite|del|em|i|ins|kbd|mark|p|q|s|small|span|strike|strong|sub|sup|tt|u)"
    r"(?:\s[^<>\n]{0,300}+)?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:([a-zA-Z][a-zA-Z0-9]{1,8};)|#\d{2,6};|#[xX][0-9a-fA-F]{2,5};)")


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
            file = unquote((match["enclosed"] or match["file"] or match["linked"]).strip())
            is_far = file.startswith(("http://", "https://"))
            name = file.rpartition("/")[2] if is_far else file
            block = f"media: [{{file: {_quote(name, _PLAIN_NAME)}, alt: {_quote(match['alt'] or '…')}}}]"
            hint = Phrase(
                "remove it, and write above the text, between two lines of ---: {block}", block=block
            )
            if is_far:
                hint = Phrase(
                    "remove it, save the picture beside this file, and write above the text, between two"
                    " lines of ---: {block}",
                    block=block,
                )
            yield CheckHit(
                words.at(match.start()),
                Phrase("{value} would be posted as it is", value=match[0]),
                hint,
                words.variant,
            )


def _quote(value: str, plain: re.Pattern[str] | None = None) -> str:
    """Write a value as it may stand within a list of front matter."""
    if plain and plain.fullmatch(value):
        return value
    shown = " ".join(value.split()).replace('"', "'").replace("\\", "/")
    return f'"{shown}"'


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
    for sign, pattern in _MARKUP:
        if sign in text:
            for match in pattern.finditer(text):
                new = match[match.lastindex] if match.lastindex else ""
                if pattern is _LINK and match[1].strip() not in {match[2], match[2].partition("//")[2]}:
                    new = f"{match[1]} {match[2]}"
                yield match.start(), match.end(), new


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

    flag = _CHAT_FLAG.fullmatch(name)
    if flag:
        sign = "".join(chr(0x1F1E6 + ord(letter) - ord("a")) for letter in flag[1])
        return sign if emoji.is_emoji(sign) else ""
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
    """Find tags and entities of HTML; those of captions are theirs."""
    for words in case.words:
        text = words.text
        if words.kind == "text" and "<" in text:
            anchors = list(_ANCHOR.finditer(text))
            in_anchors = cover(anchor.span() for anchor in anchors)
            for match in anchors:
                new = " ".join(filter(None, [match[2].strip(), match[1] if match[1] != match[2] else ""]))
                yield _html_hit(words, match, new, Phrase("write “{value}”", value=new))
            for match in _TAG.finditer(text):
                if match.start() in in_anchors:
                    continue
                if match[1] in {"a", "A"} and "=" in match[0]:
                    hint = Phrase("write the words and, behind them, the address alone")
                    yield _html_hit(words, match, None, hint)
                else:
                    yield _html_hit(words, match, _without(match), Phrase("leave it out"))
        if words.kind in {"text", "alt"} and "&" in text:
            for match in _ENTITY.finditer(text):
                if match[1] is None or match[1] in html5:
                    sign = html.unescape(match[0])
                    new = sign if sign.isprintable() or sign == "\xa0" else ""
                    yield _html_hit(words, match, new, Phrase("write “{sign}”", sign=new))


def _without(tag: re.Match[str]) -> str:
    """Return what stands for a tag: the line or paragraph that it begins, or nothing."""
    below = tag.string[tag.end() : tag.end() + 1]
    if below in {"", "\n"}:
        return ""
    name = tag[1].lower()
    return "\n" if name == "br" else "\n\n" if name == "p" and tag[0].startswith("</") else ""


def _html_hit(words: Words, match: re.Match[str], new: str | None, hint: Phrase) -> CheckHit:
    return CheckHit(
        words.at(match.start()),
        Phrase(
            "{value} is HTML, and would be posted as it is", value=shorten(match[0], 60, placeholder=" …")
        ),
        hint,
        words.variant,
        edit=words.edit(match.start(), match.end(), new)
        if new is not None and words.kind == "text"
        else None,
    )


def _texts(case: CheckContext, sign: str) -> Iterator[Words]:
    return (words for words in case.words if words.kind == "text" and sign in words.text)
