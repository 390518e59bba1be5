"""Domain objects written for people: tables, the drawn day, live views, pages."""

from __future__ import annotations
