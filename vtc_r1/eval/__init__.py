"""Evaluation: benchmarks, and what a solver makes of them."""
