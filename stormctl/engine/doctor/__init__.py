"""Everything that a storm depends on, looked at before the day, and one post to prove an account."""
