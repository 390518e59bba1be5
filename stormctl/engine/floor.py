"""Who may work now, of the threads that publish: one, and the next while it waits for the network."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stormctl.platforms.adapter import WAITING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Floor:
    """Lets the threads that publish work one after the other, each until it waits for its platform.

    Python runs one thread at a time anyway, and the ledger's gate lets one transaction through at a time.
    Left to themselves, threads that are answered at the same moment take turns at every statement, so that
    the first is as late as the last, and all send again at the same moment. With the floor the first is done
    while the others have not begun, and their requests spread over the time that the answers take.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the floor and hold it, except during this thread's waits for the network."""
        with self._lock:
            token = WAITING.set(self._left)
            try:
                yield
            finally:
                WAITING.reset(token)

    @contextmanager
    def _left(self) -> Iterator[None]:
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()
