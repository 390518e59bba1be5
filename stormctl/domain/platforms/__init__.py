"""The facts of each platform, one record each."""

from __future__ import annotations
