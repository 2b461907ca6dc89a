"""Targets: what the model learns to write for each segment."""

from collections.abc import Sequence


def write_targets(segments: Sequence[str], answer: str) -> list[str]:
    """Return the target of every segment of one trace; the last one ends with the answer.

    The loop's rule `vtc` finds `answer` in the last target and goes on after every other one, and
    what it keeps of a target is the segment.

    Args:
        segments: what the loop keeps of each segment.
        answer: the bare answer.
    """
    targets = [f"<think>\n{segment}\n" for segment in segments]
    targets[-1] += f"</think>\n<answer>{answer}</answer>"
    return targets
