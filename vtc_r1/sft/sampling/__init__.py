"""Sampling: solves of the loop itself, the right ones of them, as examples to learn from."""
