"""Words that everything shares: channels, time, text, findings."""
