"""The names of stormctl's own storms, which no schedule may have."""

from __future__ import annotations

CANARY_STORM = "canary"
"""The storm that canaries are deliveries of; reports of storms leave it out."""

POST_STORM = "post"
"""The storm of posts that are written on the day."""

RESERVED_STORMS = frozenset({CANARY_STORM, POST_STORM})
