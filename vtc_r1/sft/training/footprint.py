"""The bytes that a training takes on each GPU, from the recipe and the shape of the model.

What torch keeps for the backward pass was counted with the models of transformers 5.24 and the loss of this
package; a test counts it again. Not in it: the CUDA context, NCCL's buffers and the allocator's gaps, for
which `RESERVE` is left; and the vision tower's own forward pass, which ends before the language model begins.
"""

from dataclasses import dataclass

from vtc_r1.sft.training.recipe import Lora, Recipe
from vtc_r1.sglang.shapes import ModelShape

RESERVE = 0.1
"""Share of a GPU's memory for what is not counted; an assumption."""
FULL, HALF = 4, 2  #: bytes of a number in fp32 and in bf16
LOSS_ELEMENTS = 2**26  #: logits that are computed at once, as in `target_loss.py`


@dataclass(frozen=True)
class Kept:
    """Bytes that a layer keeps for the backward pass, a token, for each unit of a width."""

    hidden: float  #: of the model's width
    intermediate: float  #: of the MLP's
    heads: float  #: of the heads together, queries as well as keys
    residual: float  #: of the model's width, if all else is recomputed
    vision_hidden: float  #: of the vision tower's width, a patch
    vision_intermediate: float  #: of its MLP's

    def layer(self, shape: ModelShape) -> float:
        """Return the bytes of a layer of the language model, a token."""
        heads = shape.heads + shape.kv_heads
        widths = self.hidden * shape.hidden + self.intermediate * shape.intermediate
        return widths + (self.heads * shape.head_dim + _HEAD) * heads

    def block(self, shape: ModelShape) -> float:
        """Return the bytes of a block of the vision tower, a vision token."""
        eye = shape.vision
        return eye.patches * (self.vision_hidden * eye.hidden + self.vision_intermediate * eye.intermediate)


_HEAD = 10  #: bytes of a head's statistics, a token
_KEPT = {
    "fp32": Kept(24, 16, 16, FULL, 44, 8),
    "autocast": Kept(26, 8, 10, FULL, 22, 4),
    "bf16": Kept(16, 8, 10, HALF, 22, 4),
}
"""By precision: fp32; bf16 from weights in fp32; bf16 from weights that FSDP has cast."""


@dataclass(frozen=True)
class Footprint:
    """Bytes on one GPU, at the longest pass."""

    weights: float  #: of all parts of the model that it holds
    gradients: float  #: of what is trained
    optimizer: float  #: of the optimiser's state
    kept: float  #: activations, if all are kept for the backward pass
    recomputed: float  #: activations, if they are recomputed: the inputs of the layers, and one layer
    work: float  #: logits and their gradient, copies of weights in bf16, layers that are gathered
    checkpointing: bool  #: whether activations are recomputed

    @property
    def activations(self) -> float:
        """Activations as the recipe has them."""
        return self.recomputed if self.checkpointing else self.kept

    @property
    def total(self) -> float:
        """All of it."""
        return self.weights + self.gradients + self.optimizer + self.activations + self.work


def trained_weights(recipe: Recipe, shape: ModelShape) -> tuple[int, int]:
    """Return the weights that a recipe trains: matrices of layers, or adapters beside them; and others."""
    if recipe.lora:
        return _adapters(recipe.lora, shape), 0
    vision = 0 if recipe.freeze_vision else shape.vision.block_parameters
    vision += 0 if recipe.freeze_projector else shape.vision.merger_parameters
    head = shape.head_parameters
    return shape.layer_parameters + vision + (0 if shape.tied else head), head


def _adapters(lora: Lora, shape: ModelShape) -> int:
    heads, keys = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    wide, inner = shape.hidden, shape.intermediate
    sides = {
        "q_proj": wide + heads,
        "k_proj": wide + keys,
        "v_proj": wide + keys,
        "o_proj": heads + wide,
        "gate_proj": wide + inner,
        "up_proj": wide + inner,
        "down_proj": inner + wide,
    }
    return shape.layers * lora.rank * sum(sides.get(name, 0) for name in lora.targets)


def is_sharded(recipe: Recipe, gpus: int) -> bool:
    """Return whether each GPU holds a part of the weights only, by FSDP; Muon needs them whole."""
    return gpus > 1 and recipe.optimizer != "muon"


def footprint(
    recipe: Recipe, shape: ModelShape, gpus: int, tokens: int, targets: int, vision_tokens: int
) -> Footprint:
    """Return the bytes on each GPU.

    Args:
        recipe: of the training.
        shape: of the model.
        gpus: processes that share the work, by FSDP 2 where there are several.
        tokens: of the longest pass of one GPU, with padding.
        targets: those of them that have a loss.
        vision_tokens: those of them that are pages.
    """
    matrices, others = trained_weights(recipe, shape)
    trained, value = matrices + others, FULL if recipe.precision == "fp32" else HALF
    frozen = shape.parameters - (0 if recipe.lora else trained)
    sharded = is_sharded(recipe, gpus)
    share = gpus if sharded else 1
    state = FULL * matrices + 2 * FULL * others if recipe.optimizer == "muon" else 2 * FULL * trained
    gradients = FULL * trained / share
    if sharded and recipe.accumulation > 1:
        gradients += value * trained  # they are whole on every GPU until the last pass of a step
    elif gpus > 1 and not sharded:
        gradients *= 2  # the buckets in which they are exchanged
    kept = _KEPT["fp32" if value == FULL else "bf16" if sharded else "autocast"]
    layer, residual = kept.layer(shape), kept.residual * shape.hidden
    vision = 0.0 if recipe.freeze_vision else kept.block(shape) * shape.vision.depth * vision_tokens
    passing = tokens * value * (2 * shape.intermediate + 4 * shape.hidden)  # gradients within a layer
    loss = _loss(shape, value, tokens, targets)
    if sharded:
        held = value * (3 * shape.layer_parameters / shape.layers + _embeddings(shape))
        casts = 0.0
    else:
        held, casts = 0.0, HALF * trained if value == HALF else 0.0
    works = (casts + loss, passing) if recipe.gradient_checkpointing else (casts + max(loss, passing),)
    return Footprint(
        weights=(FULL * trained + value * frozen) / share,
        gradients=gradients,
        optimizer=state / share,
        kept=tokens * layer * shape.layers + vision,
        recomputed=tokens * (residual * shape.layers + layer) + vision / max(1, shape.vision.depth),
        work=held + max(works),
        checkpointing=recipe.gradient_checkpointing,
    )


def _embeddings(shape: ModelShape) -> int:
    return shape.head_parameters * (1 if shape.tied else 2)


def _loss(shape: ModelShape, value: int, tokens: int, targets: int) -> float:
    """Bytes of the logits of a part, their logarithms and gradients, and of the states they are made from."""
    part = min(LOSS_ELEMENTS, targets * shape.vocabulary)
    each = 3 * FULL + (2 * HALF if value == HALF else 0)
    return part * each + FULL * shape.hidden * (2 * targets + tokens)
