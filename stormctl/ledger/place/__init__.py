"""Which file or server a ledger is, who holds it, and what this machine remembers of it."""
