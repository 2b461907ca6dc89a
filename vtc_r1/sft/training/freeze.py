"""Frozen parts of a vision-language model."""

from typing import Any

from vtc_r1.errors import CheckpointError

_TOWER, _PROJECTOR = "visual.", "merger"


def freeze(model: Any, *, vision: bool, projector: bool) -> int:
    """Freeze the vision tower, the projector to the language model, or both.

    A Qwen3-VL or GLM-4.1V names both `visual`; the projector is its `merger`, and for a Qwen3-VL also the
    mergers of deeper layers.

    Returns the number of weights that are left to train. Raises CheckpointError if there is no such part.
    """
    seen = {True: 0, False: 0}
    for name, weights in model.named_parameters():
        if _TOWER not in name:
            continue
        is_projector = _PROJECTOR in name.split(_TOWER, 1)[1]
        seen[is_projector] += 1
        weights.requires_grad_(not (projector if is_projector else vision))
    if not all(seen.values()):
        raise CheckpointError(
            f"a {type(model).__name__} has no vision tower with a projector that could be frozen"
        )
    return sum(weights.numel() for weights in model.parameters() if weights.requires_grad)
