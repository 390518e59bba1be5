"""What holds publishing back or pays for it: halts, runners, channels, budgets, alerts."""
