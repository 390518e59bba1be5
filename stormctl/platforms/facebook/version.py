"""Which version of the Graph API we speak, and how long it lives."""

from __future__ import annotations

from datetime import date

GRAPH_VERSION = "v26.0"
"""Current since 2026-07-29 (source: Graph API changelog)."""

GRAPH_VERSION_ENDS_ON = date(2028, 7, 29)
"""Until when it lives at least: Meta keeps a version for two years, and has announced no end of this one.

Calls to a version that has ended are answered by the oldest living one, whose rules may differ (source:
Graph API changelog and versioning guide, 2026).
"""
