"""Notice that the campaign's `.env` was rewritten, and read it again with all its rules."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.environment import load_environment
from stormctl.errors import StormctlError
from stormctl.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stormctl.environment import Environment

REST_S = 1.0
"""Seconds between two looks at the file."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What a look at a changed file brought.

    Attributes:
        environment: the new credentials, under the settings of before; None if the file was refused.
        remarks: lines for people: why it was refused, or which settings wait for the next start.
    """

    environment: Environment | None
    remarks: tuple[str, ...] = ()


class EnvironmentFile:
    """The `.env` of a campaign folder, watched.

    It is read when two looks in a row see the same change: an editor may be in the middle of writing. What
    may not be read (others can, Git tracks it), or is gone, changes nothing; that is reported once.

    Args:
        load: reads the folder's environment; raises StormctlError where the file is refused.
        learn: handed every environment that was read, before anyone uses it.
    """

    def __init__(
        self,
        root: Path,
        environment: Environment,
        *,
        load: Callable[[Path], Environment] = load_environment,
        learn: Callable[[Environment], None] = lambda _environment: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = root
        self._environment = environment
        self._load = load
        self._learn = learn
        self._monotonic = monotonic
        self._looked_at_s: float | None = None
        self._seen: tuple[int, ...] | None = None
        self._read: tuple[int, ...] | None = None if self._take_mark() else ()  # what never was is not gone
        self._remarks: tuple[str, ...] = ()

    def look(self) -> Rewritten | None:
        """Look at the file, at most once a second; None where there is nothing new."""
        now_s = self._monotonic()
        if self._looked_at_s is not None and now_s - self._looked_at_s < REST_S:
            return None
        self._looked_at_s = now_s
        mark = self._take_mark()
        is_settled, self._seen = mark == self._seen, mark
        if mark == self._read or not is_settled:
            return None
        self._read = mark
        return self._read_again()

    def _take_mark(self) -> tuple[int, ...]:
        """Return what changes whenever the file does; empty if there is no file."""
        try:
            stat = (self._root / ".env").stat()
        except OSError:
            return ()
        return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino, stat.st_mode

    def _read_again(self) -> Rewritten | None:
        if not self._read:
            return self._remark(None, ".env is gone; the credentials that were read from it stay in use")
        try:
            loaded = self._load(self._root)
        except StormctlError as error:
            line = f"the changed .env is not read: {error.message}; the previous credentials stay in use"
            return self._remark(None, line, error.hint)
        self._learn(loaded)
        before, settings = self._environment, self._environment.settings
        self._environment = loaded.with_settings(settings)
        waiting = [
            f"STORMCTL_{name.upper()}"
            for name in Settings.model_fields
            if getattr(loaded.settings, name) != getattr(settings, name)
        ]
        lines = [f"changed in .env, and read at the next start: {', '.join(waiting)}"] if waiting else []
        fresh = None if self._environment.is_like(before) else self._environment
        return self._remark(fresh, *lines)

    def _remark(self, environment: Environment | None, *lines: str) -> Rewritten | None:
        """Pass on what is new, and each remark once, however often the file changes again."""
        remarks = tuple(line for line in lines if line)
        news = () if remarks == self._remarks else remarks
        self._remarks = remarks
        return Rewritten(environment, news) if environment is not None or news else None
