"""What was written down, row by row: events, gaps, media, metrics, and the ledger's fingerprint."""
