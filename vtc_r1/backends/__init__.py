"""What generates text: a server, a model in this process, the embedded model."""
