"""Files on disk: atomic writes, append-only JSON lines, locks, and errors that name the path."""
