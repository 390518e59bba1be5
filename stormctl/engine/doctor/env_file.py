"""Say what has no effect in `.env`, and what was probably meant by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.environment import OUTSIDE_ONLY, list_variables
from stormctl.files.nearest import find_nearest

if TYPE_CHECKING:
    from collections.abc import Collection

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.env_reading import UnusedVariable


PREFIX = "STORMCTL_"
"""Begins every variable, and says nothing of which one was meant."""


def explain_unused(variable: UnusedVariable, channels: Collection[ChannelId]) -> tuple[str, str]:
    """Return what is wrong with a line of `.env`, without its value, and what to do about it.

    Args:
        channels: those whose credentials may have been meant.
    """
    where = f".env:{variable.line}: {variable.name}"
    if variable.is_repeated:
        return f"{where} has another value further down, which counts", "Remove the line that is out of date."
    if variable.name in OUTSIDE_ONLY:
        return f"{where} has no effect in a file", "It counts in the environment only."
    known = sorted(name.removeprefix(PREFIX) for name in list_variables(channels))
    nearest = find_nearest(variable.name[len(PREFIX) :], known)
    hint = (
        f"Did you mean {PREFIX}{nearest}?" if nearest is not None else "See .env.example for every variable."
    )
    return f"{where} is a name that nothing uses", hint
