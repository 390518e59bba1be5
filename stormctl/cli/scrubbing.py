"""The last net under secrets: what is written to a log or shown by one passes through it."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from stormctl.domain.base.private import BLOT
from stormctl.render.invisible import escape

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

SHORTEST = 6
"""Characters of the shortest text that is redacted: shorter ones would make lines unreadable."""


class Scrubber:
    """Knows every secret that this process has read, and redacts it in any text.

    Nobody is meant to log a secret. This is for bugs, and for libraries that log addresses and headers.
    """

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def learn(self, secrets: Iterable[str]) -> None:
        """Redact these too from now on, also as they appear in addresses and headers."""
        with self._lock:
            self._known |= {secret for secret in secrets if len(secret) >= SHORTEST}
            forms = {form for secret in self._known for form in _find_forms(secret)}
            self._forms = tuple(sorted(forms, key=len, reverse=True))

    def scrub(self, text: str) -> str:
        """Return the text with every known secret redacted."""
        for form in self._forms:
            text = text.replace(form, BLOT)
        return text


class ScrubbingFormatter(logging.Formatter):
    """Formats a record, its traceback included, redacts secrets, and writes out invisible characters."""

    def __init__(self, pattern: str, scrubber: Scrubber) -> None:
        super().__init__(pattern)
        self._scrubber = scrubber

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        return escape(self._scrubber.scrub(super().format(record)))


SCRUBBER = Scrubber()
"""This process's: Python's log, and the end of the process by a bug, are the process's too."""


def set_up_logging() -> None:
    """Send warnings of Python's log to standard error, and bugs too, without secrets.

    Where someone has set up Python's log already (a program that calls `main`), nothing is changed.
    """
    if logging.getLogger().handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ScrubbingFormatter("%(levelname)s %(name)s: %(message)s", SCRUBBER))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    threading.excepthook = _log_bug


def show_bug(kind: type[BaseException], bug: BaseException, trace: TracebackType | None) -> None:
    """Show what ends this process: Python's own traceback, without secrets."""
    sys.stderr.write(escape(SCRUBBER.scrub("".join(traceback.format_exception(kind, bug, trace)))))


def _log_bug(met: threading.ExceptHookArgs) -> None:
    if met.exc_value is not None:
        name = met.thread.name if met.thread is not None else "a thread"
        logging.getLogger(__name__).critical("a bug in %s", name, exc_info=met.exc_value)


def _find_forms(secret: str) -> set[str]:
    """Return a secret as it is, quoted once and twice (OAuth signs quoted pairs), in Base64, and as repr."""
    quoted = quote(secret, safe="")
    encoded = b64encode(secret.encode()).decode()
    return {secret, quoted, quote_plus(secret), quote(quoted, safe=""), encoded, repr(secret)[1:-1]}
