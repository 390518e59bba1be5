"""Sign-ins on X that are under way: request tokens, who allowed them, and their PINs."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stormctl.emulator.core.accounts import AccountSpec

PIN_DIGITS = 7
"""How long a PIN is (source: docs.x.com, PIN-based authorization: about seven digits)."""


@dataclass(slots=True)
class PendingSignIn:
    """One sign-in.

    Attributes:
        consumer_key: of the app that asked.
        account: the one whose owner allowed the app; None as long as nobody has.
        pin: what the owner is shown then.
    """

    token: str
    secret: str = field(repr=False)
    consumer_key: str
    account: AccountSpec | None = None
    pin: str = ""


class PendingSignIns:
    """All sign-ins that are under way; safe to use from several threads.

    Args:
        seed: of tokens and PINs.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0
        self._open: dict[str, PendingSignIn] = {}
        self._lock = threading.Lock()

    def issue(self, consumer_key: str) -> PendingSignIn:
        """Begin a sign-in."""
        with self._lock:
            self._count += 1
            digest = hashlib.sha256(f"{self._seed}/{self._count}/{consumer_key}".encode()).hexdigest()
            begun = PendingSignIn(digest[:27], digest[27:59], consumer_key)
            self._open[begun.token] = begun
            return begun

    def find(self, token: str) -> PendingSignIn | None:
        """Find a sign-in that is not finished."""
        return self._open.get(token)

    def allow(self, token: str, account: AccountSpec) -> str | None:
        """Let the owner of an account allow the app; return the PIN, None if someone has already."""
        with self._lock:
            begun = self._open.get(token)
            if begun is None or begun.account is not None:
                return None
            digest = hashlib.sha256(f"{begun.secret}/{account.channel}".encode()).digest()
            begun.account = account
            begun.pin = f"{int.from_bytes(digest[:4], 'big') % 10**PIN_DIGITS:0{PIN_DIGITS}}"
            return begun.pin

    def redeem(self, token: str, pin: str) -> AccountSpec | None:
        """Finish a sign-in, once; None for a wrong PIN, with which it stays open."""
        with self._lock:
            begun = self._open.get(token)
            if begun is None or begun.account is None or begun.pin != pin:
                return None
            del self._open[token]
            return begun.account

    def clear(self) -> None:
        """Forget all that is under way."""
        with self._lock:
            self._open.clear()
