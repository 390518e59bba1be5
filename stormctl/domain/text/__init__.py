"""A text as the platforms read it: its length, links, tags and names."""

from __future__ import annotations
