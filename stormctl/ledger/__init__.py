"""The durable outbox: the only truth about what was, is and will be published."""
