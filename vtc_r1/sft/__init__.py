"""Supervised fine-tuning: rows of reasoning → segments → pages → examples → a checkpoint."""
