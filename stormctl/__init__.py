"""Plan, publish and prove a day of messages on X and Facebook Pages."""

from __future__ import annotations

__version__ = "0.1.0"
