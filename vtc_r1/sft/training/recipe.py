"""A recipe: everything that decides a training run. One TOML file each."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vtc_r1.sft.differences import differences

NEW, EMBEDDED = "new", "embedded"
"""Values of `model` that are not checkpoints: the embedded model with random weights, and with its own."""
Tracker = Literal["trackio", "wandb", "tensorboard"]


class Part(BaseModel):
    """Base of recipes and of their tables: immutable, and strict about its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RunRecipe(Part):
    """Base of the recipes of training runs.

    Attributes:
        name: of the recipe.
    """

    name: str

    def differences(self, other: Self) -> list[str]:
        """Names of the fields that differ."""
        return differences(self.model_dump(mode="json"), other.model_dump(mode="json"))

    def default_folder(self) -> Path:
        """Default folder of the run."""
        return Path("runs") / self.name


class Lora(Part):
    """Low-rank adapters instead of the weights themselves.

    Attributes:
        rank: of the adapters.
        alpha: their scale is alpha / rank.
        dropout: on their inputs.
        targets: names of the language model's linear layers that get one.
    """

    rank: int = Field(16, ge=1)
    alpha: int = Field(32, ge=1)
    dropout: float = Field(0.0, ge=0, lt=1)
    targets: tuple[str, ...] = (
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "gate_up_proj",
        "down_proj",
    )


class Evaluation(Part):
    """Held-out problems that the loop solves during training.

    Attributes:
        every: optimiser steps between two evaluations; one more follows the last step.
        benchmark: name of a benchmark, or its TOML file.
        file: rows as JSON lines or Parquet, in place of a benchmark or of its own data set.
        limit: the first problems only.
        memory: memory policy.
        max_iterations: iteration limit; the preset's by default.
        segment_tokens: token limit per segment; the preset's by default.
        concurrency: solves in flight.
    """

    every: int = Field(500, ge=1)
    benchmark: str | None = None
    file: str | None = None
    limit: int = Field(64, ge=1)
    memory: str = "optical"
    max_iterations: int | None = Field(None, ge=1)
    segment_tokens: int | None = Field(None, ge=1)
    concurrency: int = Field(16, ge=1)

    @model_validator(mode="after")
    def _has_problems(self) -> Self:
        if not self.benchmark and not self.file:
            raise ValueError("names no problems: give benchmark or file")
        return self


class Recipe(RunRecipe):
    """A training run.

    Attributes:
        model: checkpoint to start from, a folder or hub id; `new` and `embedded` as above.
        family: vision family that the data's pages must be drawn for.
        profile: render profile that the data must be built with, by name or file.
        prompts: prompt set that the data must be built for.
        preset: preset with the loop's settings for evaluation and the model card.
        data: folders of data sets, relative to the current folder.
        curriculum: train on generated problems instead.
        course: which problems these are.
        epochs: passes over the data.
        steps: optimiser steps, instead of `epochs`.
        batch: examples per device and pass.
        accumulation: passes per optimiser step.
        cutoff: maximum tokens of an example; longer ones are left out.
        learning_rate: peak, reached after `warmup` of the steps.
        schedule: after warm-up: down to 0 by a cosine or linearly, or constant.
        warmup: share of the steps.
        optimizer: AdamW, or Muon for the matrices of the layers and AdamW for the rest.
        weight_decay: of the optimiser.
        beta2: of AdamW.
        max_grad_norm: gradients are clipped to it.
        freeze_vision: freeze the vision tower.
        freeze_projector: freeze the projector to the language model.
        lora: adapters; all weights that are not frozen are trained without it.
        precision: of computation; weights that are trained are kept in fp32.
        gradient_checkpointing: recompute activations in the backward pass instead of keeping them.
        attention: implementation in transformers.
        save_as: type of the finished checkpoint's weights.
        save_steps: optimiser steps between two saves.
        keep: number of saves to keep.
        log_steps: optimiser steps between two reports.
        report_to: trackers that receive them.
        workers: processes that prepare batches, for each device.
        evaluation: none without it.
        licence: of the finished checkpoint, for its card; none is stated if it is empty.
        seed: of new weights, of the data's order and of dropout.
    """

    model: str
    family: str
    profile: str
    prompts: str
    preset: str = "vtc-r1"
    data: tuple[str, ...] = ()
    curriculum: bool = False
    course: Literal["nano", "micro"] = "nano"
    epochs: float = Field(1.0, gt=0)
    steps: int | None = Field(None, ge=1)
    batch: int = Field(1, ge=1)
    accumulation: int = Field(8, ge=1)
    cutoff: int = Field(32_768, ge=16)
    learning_rate: float = Field(1e-5, ge=0)
    schedule: Literal["cosine", "linear", "constant_with_warmup"] = "cosine"
    warmup: float = Field(0.1, ge=0, le=1)
    optimizer: Literal["adamw", "muon"] = "adamw"
    weight_decay: float = Field(0.0, ge=0)
    beta2: float = Field(0.999, gt=0, lt=1)
    max_grad_norm: float = Field(1.0, ge=0)
    freeze_vision: bool = True
    freeze_projector: bool = True
    lora: Lora | None = None
    precision: Literal["bf16", "fp32"] = "bf16"
    gradient_checkpointing: bool = True
    attention: Literal["sdpa", "eager", "flash_attention_2"] = "sdpa"
    save_as: Literal["bfloat16", "float16", "float32"] = "bfloat16"
    save_steps: int = Field(500, ge=1)
    keep: int = Field(2, ge=2)
    log_steps: int = Field(10, ge=1)
    report_to: tuple[Tracker, ...] = ()
    workers: int = Field(0, ge=0)
    evaluation: Evaluation | None = None
    licence: str = ""
    seed: int = 0

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.curriculum and self.data:
            raise ValueError("data and curriculum are both given: keep one (curriculum=false)")
        if self.curriculum and self.steps is None:
            raise ValueError("a curriculum has no end: give steps")
        if self.lora and (self.model == NEW or not (self.freeze_vision and self.freeze_projector)):
            raise ValueError("lora is for the language model of a checkpoint: freeze the rest")
        return self
