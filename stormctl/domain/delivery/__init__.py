"""What becomes of a post: states, outcomes, alerts, budgets."""
