"""The one way to a platform: deadlines, hosts that a request may go to, what really came back."""

from __future__ import annotations
