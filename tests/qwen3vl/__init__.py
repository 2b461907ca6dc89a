"""A Qwen3-VL as it is published, but for its weights: vocabulary, chat templates, images, architecture."""
