"""Studies: a declared chain of steps, from data to a table beside the published one, each done once."""
