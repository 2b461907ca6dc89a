"""What passes between this program and servers: bodies, events, failures, attempts, and their pace."""
