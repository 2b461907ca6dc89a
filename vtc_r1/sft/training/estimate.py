"""Estimate of a training from its recipe: hours, and bytes on GPUs of one kind, before anything is loaded."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtc_r1.errors import UsageError
from vtc_r1.sft.training.footprint import (
    FULL,
    HALF,
    RESERVE,
    Footprint,
    footprint,
    is_sharded,
    trained_weights,
)
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sft.training.recipe import EMBEDDED, NEW, Recipe
from vtc_r1.sft.training.workload import PAGE, PAPER_COMPRESSION, Workload, assumed, workload_of
from vtc_r1.sglang.gpus import Gpu
from vtc_r1.sglang.shapes import SHAPES, ModelShape, shape_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

MACHINE = 8  #: GPUs of one machine, joined by their links
COMPUTE = 0.35
"""Share of a GPU's peak that training reaches, recomputed operations included; an assumption."""
LINK = 0.7  #: share of the peak bandwidth between GPUs; an assumption
NETWORK = 50e9
"""Bytes a second and direction between machines, for each GPU: 400 Gbit/s, all of a machine's at once; an
assumption."""
GPU_COUNTS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True)
class Estimate:
    """A training on some GPUs."""

    gpu: Gpu  #: their kind
    gpus: int  #: their number
    tokens: int  #: of an epoch: prompts, pages and targets of its examples
    targets: int  #: those of them that have a loss
    examples: int  #: of an epoch
    left_out: int  #: examples over the cutoff
    repeated: float  #: share of tokens that packing would save; recipes on built data do not pack
    longest: int  #: tokens of the longest example
    steps: int  #: optimiser steps of the whole run
    hours: float  #: of an epoch
    run_hours: float  #: of the whole run
    computing: float  #: share of the time in which GPUs compute, not waiting for weights from others
    footprint: Footprint  #: bytes on each GPU, at the longest pass
    at_cutoff: Footprint  #: the same if an example were as long as the cutoff
    source: str  #: where the lengths of the examples come from

    @property
    def gpu_hours(self) -> float:
        """Hours of an epoch on all GPUs together."""
        return self.hours * self.gpus

    @property
    def bytes(self) -> float:
        """Bytes on each GPU."""
        return self.footprint.total

    @property
    def room(self) -> float:
        """Bytes of a GPU that a training can use."""
        return self.gpu.memory * (1 - RESERVE)

    @property
    def fits(self) -> bool:
        """Whether the training fits into the memory of each GPU."""
        return self.bytes <= self.room

    @property
    def fits_otherwise(self) -> bool:
        """Whether it would fit with the opposite choice of gradient checkpointing."""
        other = replace(self.footprint, checkpointing=not self.footprint.checkpointing)
        return other.total <= self.room


def estimate(recipe: Recipe, data: Workload | Sequence[str | Path] | None, gpu: Gpu, gpus: int) -> Estimate:
    """Estimate a training.

    Args:
        recipe: of the training.
        data: its examples, or folders of data sets in place of the recipe's; None for the recipe's.
        gpu: kind of the GPUs.
        gpus: their number.

    Raises:
        UsageError: the model's shape is unknown, the recipe generates its examples, or there are no GPUs.
        DataError: a data set is damaged, or no example is within the cutoff.
    """
    import numpy as np

    if gpus < 1:
        raise UsageError(f"{gpus} GPUs: give a number above 0")
    shape = model_shape(recipe)
    work = data if isinstance(data, Workload) else workload_of(recipe, data)
    order = np.argsort(-work.tokens, kind="stable")
    lengths = _together(work.tokens[order], recipe.batch)  # as padded, a row for each pass of one GPU
    padded = lengths.max(axis=1)
    operations = _operations(
        recipe,
        shape,
        padded * (lengths > 0).sum(axis=1),
        padded,
        _together(work.targets[order], recipe.batch).sum(axis=1),
        _together(work.vision[order], recipe.batch).sum(axis=1),
    )
    computing = _together(operations / (gpu.flops * COMPUTE), gpus).max(axis=1)  # all wait for the longest
    whole = float(np.maximum(computing, _moving(recipe, shape, gpu, gpus)).sum())
    passes = len(computing)
    steps = recipe.steps or max(1, round(recipe.epochs * math.ceil(passes / recipe.accumulation)))
    rows = min(recipe.batch, len(work))

    def bytes_at(longest: int) -> Footprint:
        targets, vision = (min(longest, int(each.max())) * rows for each in (work.targets, work.vision))
        return footprint(recipe, shape, gpus, longest * rows, targets, vision)

    return Estimate(
        gpu=gpu,
        gpus=gpus,
        tokens=int(work.tokens.sum()),
        targets=int(work.targets.sum()),
        examples=len(work),
        left_out=work.left_out,
        repeated=work.repeated,
        longest=int(padded[0]),
        steps=steps,
        hours=whole / 3600,
        run_hours=whole / passes * steps * recipe.accumulation / 3600,
        computing=min(1.0, float(computing.sum() / whole)),
        footprint=bytes_at(int(padded[0])),
        at_cutoff=bytes_at(recipe.cutoff),
        source=work.source,
    )


def _together(values: "NDArray[Any]", size: int) -> "NDArray[Any]":
    """Return values as rows of `size`, the last row padded with 0."""
    import numpy as np

    filled = np.zeros(-(-len(values) // size) * size, values.dtype)
    filled[: len(values)] = values
    return filled.reshape(-1, size)


def _operations(
    recipe: Recipe,
    shape: ModelShape,
    tokens: "NDArray[Any]",
    length: "NDArray[Any]",
    targets: "NDArray[Any]",
    vision: "NDArray[Any]",
) -> "NDArray[Any]":
    """Return the operations of one GPU's passes: forward, backward and recomputation.

    Backward takes twice those of forward, or as many where the weights are frozen.
    """
    again = 1 if recipe.gradient_checkpointing else 0
    back = 1 if recipe.lora else 2
    matrices = 2 * shape.layer_parameters * tokens * (1 + back + again)
    attention = shape.attention_flops(1, 0.5) * tokens * length * (3 + again)
    head = 2 * shape.head_parameters * targets * (2 + back)  # its forward part is always recomputed
    seen = 1 if recipe.freeze_vision and recipe.freeze_projector else 3 + again
    eye = shape.vision.page_flops(PAGE) / PAGE * vision * seen
    every: NDArray[Any] = matrices + attention + head + eye
    return every


def _moving(recipe: Recipe, shape: ModelShape, gpu: Gpu, gpus: int) -> float:
    """Return the seconds in which the weights and gradients of a pass are exchanged."""
    trained, value = sum(trained_weights(recipe, shape)), HALF if recipe.precision == "bf16" else FULL
    if is_sharded(recipe, gpus):  # weights are gathered twice a pass, gradients spread once a step
        moved = value * (2 * shape.parameters + trained / recipe.accumulation)
    else:
        moved = 2 * FULL * trained / recipe.accumulation
    bandwidth = gpu.link if gpus <= MACHINE else min(gpu.link, MACHINE * NETWORK)
    return moved * (gpus - 1) / gpus / (bandwidth * LINK)


def model_shape(recipe: Recipe) -> ModelShape:
    """Return the shape of the model of a recipe, by its name or the configuration in its folder.

    Raises UsageError if it is unknown, or the recipe generates its examples.
    """
    if recipe.curriculum:
        raise UsageError(
            f"recipe {recipe.name} generates its examples during training, on a CPU: there is no data to "
            "estimate by"
        )
    if recipe.model in (NEW, EMBEDDED):
        from vtc_r1.backends.embedded import checkpoint

        return shape_of(str(checkpoint()))
    if Path(recipe.model).exists():
        return shape_of(recipe.model)
    called = recipe.model.rpartition("/")[2].lower()
    for name, shape in SHAPES.items():
        if called == name or called.startswith(f"{name}-"):
            return shape
    raise UsageError(
        f"the shape of {recipe.model} is unknown: known are {', '.join(SHAPES)}; give a folder with its "
        "config.json, --set model=FOLDER"
    )


def paper(gpu: Gpu, gpus: int) -> Estimate:
    """Estimate what the VTC-R1 paper trained: a Qwen3-VL-8B in full, on its own data."""
    recipe = load_recipe("qwen3-vl-8b")  # its hyper-parameters
    return estimate(recipe, assumed(recipe, PAPER_COMPRESSION), gpu, gpus)
