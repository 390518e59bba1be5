"""The report as a page."""

from __future__ import annotations
