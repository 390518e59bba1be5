"""The plan and the report as pages."""

from __future__ import annotations
