"""Domain objects written for people: tables, timelines, live views, reports."""

from __future__ import annotations
