"""The plan, the report, the day, what is out, and the halt page, as HTML."""

from __future__ import annotations
