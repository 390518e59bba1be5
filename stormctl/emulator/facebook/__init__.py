"""The Graph API as its documentation and its answers show it; shares nothing with our adapter."""

from __future__ import annotations
