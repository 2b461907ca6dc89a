"""Prompt sets: one folder of jinja2 templates each, rendered with undefined names as errors."""

from vtc_r1.prompts.prompt import Prompt
from vtc_r1.prompts.promptset import PromptSet, prompt_set_names

__all__ = ["Prompt", "PromptSet", "prompt_set_names"]
