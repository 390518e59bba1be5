"""The rules that a storm's files must keep: one module a theme, one function a rule."""

from __future__ import annotations

from stormctl.checks import access, bank, channels, dates, links, plan, policy, silences, text, trust

__all__ = ["access", "bank", "channels", "dates", "links", "plan", "policy", "silences", "text", "trust"]
