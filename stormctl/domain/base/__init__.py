"""Words that everything shares: channels, time, text, findings."""

from __future__ import annotations
