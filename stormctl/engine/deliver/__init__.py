"""The promise: one delivery from claim to receipt, and doubts settled by reading. Change with proof."""

from __future__ import annotations
