"""What is read and never written: history and standing. Safe to change."""
