"""One module a group of commands: parse, call one use case, show."""

from __future__ import annotations
