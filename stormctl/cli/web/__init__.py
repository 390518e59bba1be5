"""The day as pages: for the big screen on loopback, and a page that halts for whoever is at the march."""

from __future__ import annotations
