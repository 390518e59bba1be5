"""From a schedule and a bank to a plan: pure, and the same every time."""

from __future__ import annotations
