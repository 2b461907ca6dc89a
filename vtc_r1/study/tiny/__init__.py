"""A Qwen3-VL of few random weights with the published vocabulary, chat template and image configuration."""
