"""Pictures, videos and captions as they go out."""

from __future__ import annotations
