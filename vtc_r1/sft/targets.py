"""Targets: what the model learns to write for each segment."""

from collections.abc import Sequence


def write_targets(segments: Sequence[str], answer: str) -> list[str]:
    """Return the target of every segment of one trace; the last one ends with the answer.

    The loop's rule `vtc` finds `answer` in the last target and continues after every other one, and
    the segment is the part of a target that it keeps.

    Args:
        segments: the part of each segment that the loop keeps.
        answer: the bare answer.
    """
    targets = [f"<think>\n{segment}\n" for segment in segments]
    targets[-1] += f"</think>\n<answer>{answer}</answer>"
    return targets
