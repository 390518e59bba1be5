"""What YAML can't read, in our words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stormctl.domain.base.phrase import Phrase

if TYPE_CHECKING:
    import yaml

_BEHIND_QUOTES = re.compile(r":\s+([\"']).*\1\s*[^\s#]")
_BAD_START = re.compile(r":\s+([@`%\]},])")

_QUOTE = Phrase("put the whole value in double quotes")
_SAID = {
    "flow sequence": (
        Phrase("the list that opens here with [ does not end, or lacks a comma"),
        Phrase("close it with ]"),
    ),
    "flow mapping": (
        Phrase("what opens here with {{ does not end, or lacks a comma"),
        Phrase("close it with }}"),
    ),
    "escape": (
        Phrase("a backslash in double quotes has a meaning of its own"),
        Phrase("leave it out, or use single quotes"),
    ),
    "quoted": (
        Phrase("the quotation mark that opens here is not closed"),
        Phrase("close it with the same sign"),
    ),
    "mapping values": (Phrase("the value has a colon in it"), _QUOTE),
    "sequence entries": (
        Phrase("a list does not begin on the line of its key"),
        Phrase("write it on the lines below"),
    ),
    "block scalar": (Phrase("a value can't begin with | or >"), _QUOTE),
    "anchor": (Phrase("a value can't begin with &"), _QUOTE),
    "alias": (Phrase("a value can't begin with *"), _QUOTE),
    "tag": (Phrase("a value can't begin with !"), _QUOTE),
    "document start": (
        Phrase("nothing may follow the end of the front matter"),
        Phrase("leave out a line of ... above it"),
    ),
    "expected ':'": (
        Phrase("this line is not “key: value”"),
        Phrase("put a colon and a blank behind the key"),
    ),
    "": (
        Phrase("this line does not fit those above it"),
        Phrase("begin each key at the start of its line, and put values with special signs in double quotes"),
    ),
}
"""What we say of the problems that YAML's two parsers have, by a word of theirs; the first that fits."""


def explain(error: yaml.MarkedYAMLError, line: str) -> tuple[Phrase, Phrase]:
    """Say in our words what YAML can't read in a line, and what to write instead."""
    found = f"{error.context} {error.problem}"
    if "flow" in found and "#" in line:
        return Phrase("what follows # counts as a comment, so that the brackets stay open"), Phrase(
            "put it in double quotes"
        )
    if "\t" in line and ("token" in found or "indentation" in found):
        return Phrase("a tab stands where spaces must"), Phrase("indent with spaces")
    if is_indented_key(error, line):
        return (
            Phrase("this key is indented, and would belong to the line above it"),
            Phrase("begin each key at the start of its line"),
        )
    if start := _BAD_START.search(line):
        return Phrase("a value can't begin with {sign}", sign=start[1]), _QUOTE
    if _BEHIND_QUOTES.search(line):
        return (
            Phrase("something stands behind the closing quotation mark"),
            Phrase("use the other kind of quotation marks around all of it"),
        )
    return next((said for word, said in _SAID.items() if word in found), _SAID[""])


def is_indented_key(error: yaml.MarkedYAMLError, line: str) -> bool:
    """Whether YAML took a key for part of the line above, since blanks stand before it."""
    return "mapping values" in str(error.problem) and line[:1] == " "
