"""The days of a plan, drawn, and what is told below them."""

from __future__ import annotations
