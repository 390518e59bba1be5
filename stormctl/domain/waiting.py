"""What a thread enters for as long as it waits for something outside: the network, a disk."""

from __future__ import annotations

from contextlib import nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

WAITING: ContextVar[Callable[[], AbstractContextManager[object]]] = ContextVar("waiting", default=nullcontext)
"""Lets others of this process work meanwhile. Nothing that they may need is held while it is left again."""
