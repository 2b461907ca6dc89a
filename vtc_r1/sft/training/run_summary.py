"""The facts of a finished run for its model card."""

import platform
from importlib.metadata import PackageNotFoundError, version

import torch

from vtc_r1.sft.building.card import source_words
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.built.statistics import statistics
from vtc_r1.sft.training.card import DataSet, RunSummary, history
from vtc_r1.sft.training.dataset import TrainingData
from vtc_r1.sft.training.prepare import PreparedTraining
from vtc_r1.sft.training.recipe import Recipe

_LIBRARIES = ("vtc-r1", "torch", "transformers", "accelerate", "peft")


def summary_of(ready: PreparedTraining, recipe: Recipe, data: TrainingData | None) -> RunSummary:
    """Collect the facts for the card."""
    trainer = ready.trainer
    losses, evaluations = history(trainer.state.log_history)
    return RunSummary(
        recipe=recipe,
        start=ready.start.name,
        base_model=ready.start.hub_id,
        steps=trainer.state.global_step,
        examples=ready.examples,
        left_out=0 if data is None else data.left_out,
        data=[_data_set(found) for found in data.sets] if data else [],
        losses=losses,
        evaluations=evaluations,
        problems=ready.problems,
        trained=(ready.trained, ready.weights),
        processes=trainer.args.world_size,
        machine=_machine(trainer.args.device),
        versions=library_versions(),
    )


def _data_set(data: BuiltDataset) -> DataSet:
    config = data.config
    return DataSet(
        name=data.folder.resolve().name,
        source=source_words(config.source),
        memory=config.memory,
        sha256=config.sha256,
        figures=statistics(data.shards),
    )


def _machine(device: torch.device) -> str:
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return f"{device.type} ({platform.machine()})"


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that train."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
