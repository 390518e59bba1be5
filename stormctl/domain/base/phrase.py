"""Sentences for people: in English, and ready to be said in another language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self


class Phrase(str):
    """An English sentence that remembers what it was made of, so that it can be translated when it is shown.

    The template is what translators see (`stormctl/render/translations/`): it stands literally in the code.

    Args:
        template: as for `str.format`, so that braces which are meant are doubled.
        values: what is put into it; those that are phrases themselves are translated too.
    """

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Make the English sentence."""
        phrase = super().__new__(cls, template.format(**values))
        phrase.template = template
        phrase.values = values
        return phrase

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        """Be copied whole."""
        return (self.template,), dict(self.values)


Hint = Phrase | Literal[""]
"""A sentence that may be left out."""
