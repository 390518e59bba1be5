"""Choices that look like chance and are the same every time: drawn from a seed and names."""

from __future__ import annotations

import hashlib

_BYTES = 8


def draw(seed: int, *names: object) -> float:
    """Return a number from 0 up to but not including 1 that depends on the seed and the names alone.

    Each name gets its own number, so that one name more or less leaves all others as they were.
    """
    text = "\0".join(str(name) for name in (seed, *names))
    digest = hashlib.blake2b(text.encode(), digest_size=_BYTES).digest()
    # 53 bits are what a float holds exactly.
    return (int.from_bytes(digest) >> 11) / (1 << 53)
