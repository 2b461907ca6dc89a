"""Reinforcement learning over the loop: solves are rewarded, and what was written in them is learned from."""
