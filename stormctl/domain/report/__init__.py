"""How things stand and what they brought, as people are shown it."""
