"""What people do by hand: halt, resume, settle, take down, look after the ledger."""
