"""A ledger as a whole: backed up, restored, migrated, copied."""
