"""What generates text: a server, an in-process model, the embedded model."""
