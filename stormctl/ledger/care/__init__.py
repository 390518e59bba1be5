"""A ledger as a whole: backed up, restored, migrated, copied."""

from __future__ import annotations
