"""What every use case is handed: equipment, clocks, the campaign as read, readings of an account."""
