"""What machines read: JSON, CSV, log lines, units."""

from __future__ import annotations
