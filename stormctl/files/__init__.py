"""What people write on disk, read into domain objects and findings."""

from __future__ import annotations
