"""The rules that a storm's files must keep: one module a theme, one function a rule."""

from __future__ import annotations

from stormctl.checks import reading, silences, storm, wording

__all__ = ["reading", "silences", "storm", "wording"]
