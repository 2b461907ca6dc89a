"""The shapes of models, from which their memory and compute follow.

Source of the known ones: `text_config` and `vision_config` in the `config.json` of the published
Qwen3-VL checkpoints. Norms, biases and the tower's own embeddings, less than 0.3 %, are left out.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from vtc_r1.errors import CheckpointError, UnknownName

VALUE_BYTES = 2  #: bytes of one weight, and of one number in the KV cache, in bf16


@dataclass(frozen=True)
class VisionShape:
    """A vision tower."""

    depth: int  #: number of blocks
    hidden: int  #: width
    intermediate: int  #: width inside the two-matrix MLP
    out: int  #: width of the merger's output, that of the language model
    patches: int = 4  #: patches per vision token
    mergers: int = 4  #: number of mergers, including those of DeepStack

    @property
    def block_parameters(self) -> int:
        """Parameters of all blocks, which every patch passes through."""
        return self.depth * (4 * self.hidden**2 + 2 * self.hidden * self.intermediate)

    @property
    def merger_parameters(self) -> int:
        """Parameters of all mergers, which every vision token passes through."""
        merged = self.patches * self.hidden
        return self.mergers * (merged**2 + merged * self.out)

    def page_flops(self, tokens: float) -> float:
        """Return the operations of one page of `tokens` vision tokens, whose patches all see each other."""
        patches = self.patches * tokens
        attention = 4 * self.depth * self.hidden * patches**2
        return 2 * self.block_parameters * patches + attention + 2 * self.merger_parameters * tokens


@dataclass(frozen=True)
class ModelShape:
    """A dense language model with grouped-query attention, a gated MLP, and a vision tower."""

    name: str  #: name of the model
    layers: int  #: number of decoder layers
    hidden: int  #: width
    heads: int  #: query heads
    kv_heads: int  #: key and value heads
    head_dim: int  #: width of a head
    intermediate: int  #: width inside the three-matrix MLP
    vocabulary: int  #: entries of the vocabulary
    tied: bool  #: whether input and output embedding share one matrix
    vision: VisionShape  #: its vision tower

    @property
    def kv_bytes(self) -> int:
        """Bytes of one token in the KV cache."""
        return 2 * self.layers * self.kv_heads * self.head_dim * VALUE_BYTES

    @property
    def layer_parameters(self) -> int:
        """Parameters of all decoder layers."""
        attention = 2 * self.hidden * (self.heads + self.kv_heads) * self.head_dim
        return self.layers * (attention + 3 * self.hidden * self.intermediate)

    @property
    def head_parameters(self) -> int:
        """Parameters of the output embedding."""
        return self.vocabulary * self.hidden

    @property
    def parameters(self) -> int:
        """Parameters of the whole model."""
        embeddings = self.head_parameters * (1 if self.tied else 2)
        vision = self.vision.block_parameters + self.vision.merger_parameters
        return self.layer_parameters + embeddings + vision

    @property
    def weight_bytes(self) -> int:
        """Bytes of all weights."""
        return self.parameters * VALUE_BYTES

    @property
    def step_bytes(self) -> int:
        """Bytes of the weights that one decoding step reads; input embeddings are only looked up."""
        return (self.layer_parameters + self.head_parameters) * VALUE_BYTES

    def attention_flops(self, tokens: float, context: float) -> float:
        """Return the operations of `tokens` queries that attend to `context` tokens each, in all layers."""
        return 4 * self.layers * self.heads * self.head_dim * tokens * context


_SMALL_EYE, _LARGE_EYE = (24, 1_024, 4_096), (27, 1_152, 4_304)

SHAPES = {
    shape.name: shape
    for shape in (
        ModelShape(
            "qwen3-vl-2b", 28, 2_048, 16, 8, 128, 6_144, 151_936, True, VisionShape(*_SMALL_EYE, out=2_048)
        ),
        ModelShape(
            "qwen3-vl-4b", 36, 2_560, 32, 8, 128, 9_728, 151_936, True, VisionShape(*_SMALL_EYE, out=2_560)
        ),
        ModelShape(
            "qwen3-vl-8b", 36, 4_096, 32, 8, 128, 12_288, 151_936, False, VisionShape(*_LARGE_EYE, out=4_096)
        ),
        ModelShape(
            "qwen3-vl-32b", 64, 5_120, 64, 8, 128, 25_600, 151_936, False, VisionShape(*_LARGE_EYE, out=5_120)
        ),
    )
}


def shape_of(model: str) -> ModelShape:
    """Return the shape of a known model, or of the checkpoint in a folder or `config.json`.

    Raises:
        UnknownName: there is no model and no file of that name.
        CheckpointError: the configuration is unreadable or of another kind of model.
    """
    if model.lower() in SHAPES:
        return SHAPES[model.lower()]
    path = Path(model)
    if not path.exists():
        raise UnknownName("model", model, SHAPES)
    return _from_file(path / "config.json" if path.is_dir() else path, model)


_Count = Annotated[int, Field(gt=0)]


class _Text(BaseModel):
    num_hidden_layers: _Count
    hidden_size: _Count
    num_attention_heads: _Count
    num_key_value_heads: _Count
    head_dim: _Count | None = None
    intermediate_size: _Count
    vocab_size: _Count
    tie_word_embeddings: bool | None = None
    num_experts: int | None = None
    layer_types: tuple[str, ...] = ()
    full_attention_interval: int | None = None

    @property
    def is_hybrid(self) -> bool:
        """Whether some layers keep a state in place of keys and values."""
        return bool(self.full_attention_interval) or any(
            kind != "full_attention" for kind in self.layer_types
        )


class _Vision(BaseModel):
    depth: _Count
    hidden_size: _Count
    intermediate_size: _Count
    out_hidden_size: _Count
    spatial_merge_size: _Count = 2
    deepstack_visual_indexes: tuple[int, ...] = ()


class _Configuration(BaseModel):
    text_config: _Text
    vision_config: _Vision
    tie_word_embeddings: bool = False


def _from_file(path: Path, name: str) -> ModelShape:
    try:
        read = _Configuration.model_validate(json.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path}: cannot be read ({error})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise CheckpointError(f"{path}: not a configuration of Qwen3-VL: {where}: {first['msg']}") from error
    except ValueError as error:
        raise CheckpointError(f"{path}: not JSON ({error})") from error
    text, vision = read.text_config, read.vision_config
    if text.num_experts:
        raise CheckpointError(f"{path}: a mixture of experts; the planner knows dense models only")
    if text.is_hybrid:
        raise CheckpointError(
            f"{path}: a hybrid model: its recurrent layers keep no keys and values, and prefixes are cached "
            "at checkpoints only; the planner knows models of full attention"
        )
    tied = read.tie_word_embeddings if text.tie_word_embeddings is None else text.tie_word_embeddings
    eye = VisionShape(
        vision.depth,
        vision.hidden_size,
        vision.intermediate_size,
        vision.out_hidden_size,
        vision.spatial_merge_size**2,
        1 + len(vision.deepstack_visual_indexes),
    )
    return ModelShape(
        name,
        text.num_hidden_layers,
        text.hidden_size,
        text.num_attention_heads,
        text.num_key_value_heads,
        text.head_dim or text.hidden_size // text.num_attention_heads,
        text.intermediate_size,
        text.vocab_size,
        tied,
        eye,
    )
