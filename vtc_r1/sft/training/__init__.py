"""Training: built data or a curriculum → a checkpoint that loads and serves directly."""
