"""What people are told about their files, in Spanish and French (PO files, as gettext has them)."""

from __future__ import annotations
