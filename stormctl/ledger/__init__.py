"""The durable outbox: the only truth about what was, is and will be published."""

from __future__ import annotations
