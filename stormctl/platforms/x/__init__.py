"""X: the only home of tweepy."""

from __future__ import annotations
