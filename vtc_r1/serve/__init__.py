"""The loop as a server: OpenAI's chat completions, and a page that shows it at work."""
