"""The endings of host names, from a list that is kept current: `publicsuffixlist` is released daily."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

_VERSION = re.compile(r"^// VERSION: (\d{4}-\d{2}-\d{2})", re.MULTILINE)
_ICANN_END = "// ===END ICANN DOMAINS==="


@dataclass(frozen=True, slots=True)
class Endings:
    """All top-level domains.

    Attributes:
        ascii: such as `org`, in small letters.
        others: such as `みんな`.
        longest: how many characters the longest of `others` has.
        listed_on: the list's date, as ISO 8601; empty if the list does not say.
    """

    ascii: frozenset[str]
    others: frozenset[str]
    longest: int
    listed_on: str


@lru_cache(1)
def load_endings() -> Endings:
    """Read the list that is installed; some 10 ms, once a process."""
    text = resources.files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text("utf-8")
    rules = (line.strip() for line in text.partition(_ICANN_END)[0].splitlines())
    tops = {rule.rpartition(".")[2].lower() for rule in rules if rule and not rule.startswith("//")}
    others = frozenset(top for top in tops if not top.isascii())
    version = _VERSION.search(text)
    return Endings(
        ascii=frozenset(top for top in tops if top.isascii()),
        others=others,
        longest=max(map(len, others)),
        listed_on=version[1] if version else "",
    )
