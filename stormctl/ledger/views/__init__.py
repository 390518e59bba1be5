"""What is read and never written: history and standing. Safe to change."""

from __future__ import annotations
