"""Counterfactuals: pages changed in one place, and whether answers follow the page or what was there."""
