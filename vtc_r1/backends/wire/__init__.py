"""The exchange with servers: request bodies, events, failures, attempts and their pace."""
