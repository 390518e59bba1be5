"""X and Facebook behind one protocol: the only importers of the SDKs."""

from __future__ import annotations
