"""A process that posts: what wakes it, what it sweeps, which channels it serves."""
