"""Reinforcement learning on the loop: GRPO over whole solves, in this process or by verl."""
