"""The named queries, each parsed when it is first asked for: most commands need few of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"^-- name: (?=(\w+))", re.MULTILINE)


class Statements:
    """The queries of a folder's files, as attributes by their names.

    Args:
        folder: with files as aiosql reads them.
        driver: known to aiosql, which writes parameters its way.
    """

    def __init__(self, folder: Path, driver: str) -> None:
        self._driver = driver
        self._texts: dict[str, str] = {}
        for path in sorted(folder.glob("*.sql")):
            _, *parts = _NAME.split(path.read_text(encoding="utf-8"))
            self._texts |= dict(zip(parts[::2], parts[1::2], strict=True))

    @property
    def names(self) -> list[str]:
        """The names of all queries."""
        return list(self._texts)

    def __getattr__(self, name: str) -> Any:
        """Parse a query that was not asked for before; AttributeError if there is none of that name."""
        import aiosql

        if name not in self._texts:
            message = f"there is no query {name}"
            raise AttributeError(message)
        query = getattr(aiosql.from_str(f"-- name: {self._texts[name]}", self._driver), name)
        setattr(self, name, query)
        return query
