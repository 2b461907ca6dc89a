"""Recipes of reinforcement learning: every setting of a run. One TOML file each."""

from importlib import resources
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from vtc_r1.errors import UnknownName
from vtc_r1.exercises import KINDS
from vtc_r1.rl.advantage import AdvantageEstimator
from vtc_r1.sft.training.loading import Recipes
from vtc_r1.sft.training.recipe import Part, RunRecipe, Tracker

_MAX_LINES = (
    24  #: steps of an exercise; longer ones that stay within the range of numbers are too rare to draw
)


class ProblemSet(Part):
    """Problems of one origin: drawn exercises, or rows of a file.

    Attributes:
        kind: kind of exercise.
        lines: fewest and most steps of a drawn exercise; they may exceed what the embedded model was taught.
        file: rows as JSON lines, JSON, CSV or Parquet, in place of exercises.
        grader: decides what is right.
        count: number of problems; of a file, the first ones.
        share: how often it is drawn from, relative to the other sets.
    """

    kind: str | None = None
    lines: tuple[int, int] = (1, 6)
    file: str | None = None
    grader: str = "integer"
    count: int = Field(200, ge=1)
    share: float = Field(1.0, gt=0)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.kind is None) == (self.file is None):
            raise ValueError("names no problems, or two kinds: give kind or file")
        if self.kind is not None and self.kind not in KINDS:
            raise ValueError(str(UnknownName("kind of exercise", self.kind, KINDS)))
        if not 1 <= self.lines[0] <= self.lines[1] <= _MAX_LINES:
            raise ValueError(
                f"lines = {list(self.lines)}: give the fewest and the most steps, from 1 to {_MAX_LINES}"
            )
        return self

    @property
    def name(self) -> str:
        """Its name in tables."""
        if self.file is not None:
            return Path(self.file).stem
        first, last = self.lines
        return f"{self.kind} {first}" if first == last else f"{self.kind} {first}-{last}"


class HeldOut(Part):
    """Held-out problems: solved greedily at step 0, every few steps and after the last; never trained on.

    Attributes:
        every: steps between two evaluations.
        problems: the sets of problems.
    """

    every: int = Field(50, ge=1)
    problems: tuple[ProblemSet, ...] = Field(min_length=1)


class Cluster(Part):
    """GPUs of a run by verl.

    Attributes:
        nodes: number of machines.
        gpus: of each machine.
        tensor_parallel: GPUs that share one rollout server.
        prompt_tokens: limit of a prompt, pages included.
        memory: share of a GPU's memory for rollouts.
        offload: keep weights and optimiser states in CPU memory while rollouts run.
    """

    nodes: int = Field(1, ge=1)
    gpus: int = Field(8, ge=1)
    tensor_parallel: int = Field(1, ge=1)
    prompt_tokens: int = Field(16_384, ge=1)
    memory: float = Field(0.6, gt=0, lt=1)
    offload: bool = True


class GrpoRecipe(RunRecipe):
    """A run of reinforcement learning.

    Attributes:
        model: checkpoint to start from, a folder or hub id; `embedded` is the embedded model.
        profile: render profile of the pages.
        prompts: prompt set.
        preset: preset with the loop's settings, also for the model card.
        memory: memory policy.
        max_iterations: iteration limit; the preset's by default.
        segment_tokens: token limit per segment; the preset's by default.
        problems: sets of problems to draw from.
        steps: steps of the run; each samples new solves, and takes `updates` optimiser steps on them.
        groups: groups with a gradient that a step wants; a group is the solves of one problem.
        group_size: solves of each group.
        refills: how often a step replaces groups without a gradient (dynamic sampling).
        temperature: of sampling.
        rewards: summed; each is `name`, `module:Class`, or either with `:key=value,…`.
        advantage: from the group's mean and standard deviation (GRPO), or from the mean of the others (RLOO).
        clip_low: the ratio of probabilities is clipped below 1 - clip_low.
        clip_high: the ratio of probabilities is clipped above 1 + clip_high.
        kl: weight of the KL divergence from the model at the start; with 0, no copy of it is kept.
        updates: optimiser steps on the solves of each step.
        learning_rate: peak learning rate, reached after `warmup_steps`.
        schedule: of the learning rate after warm-up: constant, or decaying to 0, linearly or by a cosine.
        warmup_steps: steps of linear warm-up of the learning rate.
        weight_decay: of AdamW.
        beta2: of AdamW.
        max_grad_norm: the norm of the gradient is clipped to it.
        interpolation: share of the way from the starting weights to the trained ones at which the published
            ones lie; below 1, less is gained and less is forgotten (LITI, in WARP, arXiv 2406.16768).
        freeze_vision: freeze the vision tower.
        freeze_projector: freeze the projector to the language model.
        precision: of computation.
        attention: implementation in transformers.
        rows: limit of segments that are generated together.
        pass_tokens: limit of tokens, with padding, of one micro-batch; a longer solve is one of its own.
        threads: CPU threads.
        save_steps: steps between two saves.
        keep: number of saves to keep.
        report_to: trackers that receive the metrics of every step and evaluation.
        save_as: type of the finished checkpoint's weights.
        evaluation: the held-out problems; without it, there is no evaluation.
        licence: of the finished checkpoint, for its card.
        cluster: GPUs of a run by verl; without it, the run is in this process.
        seed: of problems and sampling.
    """

    model: str
    profile: str
    prompts: str
    preset: str
    memory: str = "optical"
    max_iterations: int | None = Field(None, ge=1)
    segment_tokens: int | None = Field(None, ge=1)
    problems: tuple[ProblemSet, ...] = Field(min_length=1)
    steps: int = Field(100, ge=1)
    groups: int = Field(8, ge=1)
    group_size: int = Field(6, ge=2)
    refills: int = Field(2, ge=0)
    temperature: float = Field(1.0, gt=0, le=5)
    rewards: tuple[str, ...] = Field(("correct",), min_length=1)
    advantage: AdvantageEstimator = "group"
    clip_low: float = Field(0.2, gt=0, lt=1)
    clip_high: float = Field(0.28, gt=0)
    kl: float = Field(0.0, ge=0)
    updates: int = Field(1, ge=1)
    learning_rate: float = Field(1e-5, ge=0)
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    warmup_steps: int = Field(0, ge=0)
    weight_decay: float = Field(0.0, ge=0)
    beta2: float = Field(0.999, gt=0, lt=1)
    max_grad_norm: float = Field(1.0, gt=0)
    interpolation: float = Field(1.0, gt=0, le=1)
    freeze_vision: bool = True
    freeze_projector: bool = True
    precision: Literal["bf16", "fp32"] = "fp32"
    attention: Literal["sdpa", "eager"] = "sdpa"
    rows: int = Field(64, ge=1)
    pass_tokens: int = Field(16_384, ge=1)
    threads: int = Field(1, ge=1)
    save_steps: int = Field(10, ge=1)
    keep: int = Field(2, ge=1)
    report_to: tuple[Tracker, ...] = ()
    save_as: Literal["bfloat16", "float16", "float32"] = "bfloat16"
    evaluation: HeldOut | None = None
    licence: str = ""
    cluster: Cluster | None = None
    seed: int = 0

    def default_folder(self) -> Path:
        """Default folder of the run."""
        return Path("runs") / f"grpo-{self.name}"


GRPO = Recipes(GrpoRecipe, resources.files("vtc_r1.rl") / "recipes")
"""The recipes that ship with the package."""
GRPO_NAMES = GRPO.names  #: returns their names
