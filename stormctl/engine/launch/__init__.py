"""From a campaign to a running storm, on the day and in a rehearsal."""
