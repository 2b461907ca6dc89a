"""Sampling: the loop solves problems, and its right solves become examples to learn from."""
