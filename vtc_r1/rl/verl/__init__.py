"""Runs by verl: an agent loop that solves by the loop of this project, and the configuration of a run."""
