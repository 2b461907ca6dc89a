"""Everything that a run needs before its first step: processors, data, model, trainer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers

from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.errors import RecipeError
from vtc_r1.sft.batched_vision import batch_vision
from vtc_r1.sft.collate import Collator
from vtc_r1.sft.courses import COURSES
from vtc_r1.sft.curriculum import Curriculum
from vtc_r1.sft.packing import Packer
from vtc_r1.sft.training.dataset import LengthBuckets, TrainingData
from vtc_r1.sft.training.evaluation import LoopEvaluation
from vtc_r1.sft.training.lora import adapted, freeze
from vtc_r1.sft.training.progress import Report
from vtc_r1.sft.training.recipe import Recipe
from vtc_r1.sft.training.start import Start, start_of
from vtc_r1.sft.training.statement import statement
from vtc_r1.sft.training.steps import StepWatch
from vtc_r1.sft.training.target_loss import lose_on_targets
from vtc_r1.sft.training.trainer import Reporter, SegmentTrainer, arguments, launched_with, plan_steps
from vtc_r1.trained import KEY


@dataclass(frozen=True)
class PreparedTraining:
    """A prepared run."""

    trainer: SegmentTrainer  #: the trainer
    start: Start  #: its starting checkpoint
    examples: int  #: examples of an epoch, or of the whole curriculum
    trained: int  #: number of trained weights
    weights: int  #: number of all weights
    problems: str  #: description of the evaluation problems; empty without evaluation
    notes: list[str]  #: remarks on the data that the user should see before the first step


def prepare(recipe: Recipe, data: TrainingData | None, work: Path, report: Report) -> PreparedTraining:
    """Make the trainer; `data` is None for a curriculum. Weights are loaded last."""
    _check_whole(recipe)
    transformers.set_seed(recipe.seed)
    start = start_of(recipe.model, work)
    encoder = PromptEncoder(start.folder)
    training_arguments = arguments(recipe, work)
    processes, notes = training_arguments.world_size, list[str]()
    collator = Collator(encoder, always_pages=processes > 1)
    callbacks: list[Any] = [Reporter(report)]
    evaluation = LoopEvaluation(recipe, encoder, report) if recipe.evaluation else None
    callbacks += [evaluation] if evaluation else []
    order: Any
    if data is not None:
        _check_pages(recipe, data, encoder)
        notes = data.measure(encoder, start.tokenizer(), processes)
        dataset: Any = data
        collate: Any = collator
        order = LengthBuckets(data.lengths, recipe.batch * processes, recipe.seed)
    else:
        _check_alone(processes)
        course = COURSES[recipe.course]
        dataset = Curriculum(
            recipe.steps or 0,
            recipe.batch,
            recipe.seed,
            Packer(encoder),
            course,
            reads=recipe.model not in course.blind,
        )
        collate, order = _only, torch.utils.data.SequentialSampler(dataset)
    examples = len(data) if data is not None else (recipe.steps or 0) * recipe.batch
    plan_steps(training_arguments, recipe, examples)
    model = _model(recipe, start)
    setattr(model.config, KEY, statement(recipe, data).written())
    weights = list(model.parameters())
    trainer = SegmentTrainer(
        order,
        StepWatch(report),
        muon=recipe.optimizer == "muon",
        model=model,
        args=training_arguments,
        train_dataset=dataset,
        data_collator=collate,
        callbacks=callbacks,
    )
    trainer.remove_callback(transformers.PrinterCallback)
    if evaluation:
        evaluation.trainer = trainer
    return PreparedTraining(
        trainer=trainer,
        start=start,
        examples=examples,
        trained=sum(_count(weight) for weight in weights if weight.requires_grad),
        weights=sum(map(_count, weights)),
        problems=evaluation.words if evaluation else "",
        notes=notes,
    )


def _count(weight: Any) -> int:
    """Number of a tensor's weights, also where ZeRO-3 has spread them."""
    return int(getattr(weight, "ds_numel", weight.numel()))


def _model(recipe: Recipe, start: Start) -> Any:
    """Load the model, freeze or adapt it; weights that are trained are kept in fp32."""
    model = start.model(recipe.precision, recipe.attention)
    if model.config.model_type == "qwen3_vl" and recipe.family == "nano":
        batch_vision(model)
    lose_on_targets(model)
    model.config.get_text_config().use_cache = False
    if recipe.gradient_checkpointing:
        _checkpoint_activations(model)
    if recipe.lora:
        model = adapted(model, recipe.lora)
    else:
        freeze(model, vision=recipe.freeze_vision, projector=recipe.freeze_projector)
    if not launched_with("DEEPSPEED"):  # it keeps fp32 copies itself
        for weight in model.parameters():
            if weight.requires_grad:
                weight.data = weight.data.float()
    return model


def _checkpoint_activations(model: Any) -> None:
    """Enable gradient checkpointing, under the name that this version of the library has for it."""
    options = {"use_reentrant": False}
    if hasattr(model, "activation_checkpointing_enable"):
        model.activation_checkpointing_enable(activation_checkpointing_kwargs=options)
    else:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs=options)


def _check_pages(recipe: Recipe, data: TrainingData, encoder: PromptEncoder) -> None:
    """Raise RecipeError if the checkpoint needs other numbers of vision tokens than the data counted."""
    at = data.first_with_pages()
    if at is None:
        return
    found, counted = encoder.encode(data[at].prompt).vision_tokens, data.built(at).vision_tokens
    if found != counted:
        raise RecipeError(
            f"{recipe.model}: sees the pages of an example as {found} vision tokens, its data set counted "
            f"{counted} for {recipe.family}; choose data and a checkpoint of one family"
        )


def _check_whole(recipe: Recipe) -> None:
    """Raise RecipeError if the launcher shards the weights that Muon needs whole."""
    spread = [name for name in ("FSDP", "DEEPSPEED") if launched_with(name)]
    if recipe.optimizer == "muon" and spread:
        raise RecipeError(
            f"optimizer=muon needs whole matrices, {spread[0]} splits them: launch without it or use adamw"
        )


def _check_alone(processes: int) -> None:
    if processes > 1:
        raise RecipeError("a curriculum is trained by one process; launch it without accelerate or torchrun")


def _only(batches: Sequence[Any]) -> Any:
    """Collate a curriculum's item, which is already a batch."""
    return batches[0]
