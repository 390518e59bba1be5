"""The languages in which people are told what is wrong with their files."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from stormctl.domain.base.phrase import Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("en", "es", "fr")

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Where a system says its language, the strongest first (source: POSIX, Base Definitions, chapter 8)."""


class Language:
    """A language that sentences are translated into.

    Args:
        code: one of `LANGUAGES`; English is what the sentences are written in.
    """

    def __init__(self, code: str = "en") -> None:
        self.code = code
        self._sentences = {} if code == "en" else _load(code)

    def say(self, text: str) -> str:
        """Return a sentence in this language; in English where it has no translation."""
        if not isinstance(text, Phrase) or not self._sentences:
            return text
        values = {
            key: self.say(value) if isinstance(value, str) else value for key, value in text.values.items()
        }
        return self._sentences.get(text.template, text.template).format(**values)


def find_language(environ: Mapping[str, str]) -> str:
    """Return the language of the system, if it is one of ours; else English."""
    said = next((value for name in _VARIABLES if (value := environ.get(name))), "")
    code = said.replace("-", "_").partition("_")[0].partition(".")[0].lower()
    return code if code in LANGUAGES else "en"


def choose_accepted(header: str) -> Language:
    """Return the language that a browser likes best of ours, by its Accept-Language; else English.

    A weight that can't be read counts as none (source: RFC 9110, 12.5.4).
    """
    liked: list[tuple[float, str]] = []
    for part in header.split(","):
        name, _, weight = part.partition(";")
        code = name.strip().partition("-")[0].lower()
        try:
            quality = float(weight.partition("q=")[2] or 1)
        except ValueError:
            quality = 0.0
        if code in LANGUAGES and quality > 0:
            liked.append((quality, code))
    return Language(max(liked, key=lambda pair: pair[0])[1] if liked else "en")


@cache
def _load(code: str) -> Mapping[str, str]:
    """Read the translations of a language, by their English templates."""
    from babel.messages.pofile import read_po

    with files("stormctl.render.translations").joinpath(f"{code}.po").open("rb") as opened:
        return {str(entry.id): str(entry.string) for entry in read_po(opened) if entry.id and entry.string}
