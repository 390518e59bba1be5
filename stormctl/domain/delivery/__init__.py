"""What becomes of a post: states, outcomes, alerts, budgets."""

from __future__ import annotations
