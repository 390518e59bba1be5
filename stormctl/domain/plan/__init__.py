"""From a schedule and a bank to a plan: pure, and the same every time."""
