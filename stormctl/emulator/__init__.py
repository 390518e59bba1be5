"""A local stand-in for X and Facebook that keeps their rules; it shares only HTTP with the adapters."""

from __future__ import annotations
