"""What there is to say: messages, their deadlines, and whether two texts say the same."""

from __future__ import annotations
