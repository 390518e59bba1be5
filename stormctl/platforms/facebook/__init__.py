"""Facebook Pages: the only home of facebook-sdk."""

from __future__ import annotations
