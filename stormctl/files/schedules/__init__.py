"""A schedule file to a storm and findings."""

from __future__ import annotations
