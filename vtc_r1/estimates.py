"""What is assumed where nothing counts it."""

CHARACTERS_PER_TOKEN = 3.2
"""Of English mathematics with a Qwen tokenizer; every count of text tokens from it is an estimate."""

MOST_CHARACTERS_PER_TOKEN = 6.0
"""Usual text has fewer in a token, so it has at least so many tokens."""
