"""The terminal: what it can show, pages as small pictures in it, a solve as it happens."""
