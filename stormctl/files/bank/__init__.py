"""A bank's files to messages and findings."""

from __future__ import annotations
