"""Saves: everything from which a run resumes as if it had never ended."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from vtc_r1.disk.atomic import atomic_folder
from vtc_r1.errors import StorageError, first_line
from vtc_r1.sft.training.folder import last_save, mark, saves, step_of

_WEIGHTS, _STATE = "state.pt", "state.json"
_RENAMED = {
    "right": "accuracy",
    "tokens": "completion_length",
    "learning": "groups_with_gradient",
    "never": "groups_all_wrong",
    "faults": "failures",
    "clipped": "clip_fraction",
    "divergence": "kl",
    "drift": "retokenization_drift",
    "apart": "sampling_logp_difference",
    "norm": "grad_norm",
    "rolling": "rollout_seconds",
    "learned": "update_seconds",
}
"""New names of metrics in saves of earlier versions, whose state names `pass_counts` `measured`."""


@dataclass
class State:
    """Where a run is, apart from its weights."""

    step: int = 0  #: number of finished steps
    pass_counts: Mapping[str, Sequence[float]] = field(default_factory=dict)  #: of the curriculum
    history: list[dict[str, Any]] = field(default_factory=list)  #: metrics of every step and evaluation


def save(work: Path, state: State, network: Any, optimizer: Any, keep: int) -> None:
    """Write a save, whole or not at all, and delete all but the last `keep`; raises StorageError."""
    folder = work / f"checkpoint-{state.step}"
    try:
        with atomic_folder(folder) as fresh:
            torch.save(
                {"network": network.state_dict(), "optimizer": optimizer.state_dict()}, fresh / _WEIGHTS
            )
            text = json.dumps(vars(state), ensure_ascii=False)
            (fresh / _STATE).write_text(text, encoding="utf-8")
            mark(fresh)
    except (OSError, RuntimeError) as error:
        raise StorageError(
            f"{folder}: cannot be written ({first_line(error)}); "
            "run the same command again to resume from the save before it"
        ) from error
    for old in sorted(saves(work), key=step_of)[:-keep]:
        shutil.rmtree(old)


def resume(work: Path, network: Any, optimizer: Any) -> State:
    """Load the last save into network and optimiser; return its state, a new one without a save.

    Raises StorageError if the save is damaged.
    """
    folder = last_save(work)
    if folder is None:
        return State()
    try:
        weights = torch.load(folder / _WEIGHTS, map_location="cpu", weights_only=True)
        network.load_state_dict(weights["network"])
        optimizer.load_state_dict(weights["optimizer"])
        return _state(json.loads((folder / _STATE).read_text(encoding="utf-8")))
    except Exception as error:  # torch raises many kinds for a damaged file
        raise StorageError(
            f"{folder}: is damaged ({first_line(error)}); delete it to resume from the save before it"
        ) from error


def _state(values: dict[str, Any]) -> State:
    """Return the state of a save, also of one with the names of earlier versions."""
    if "measured" not in values:
        return State(**values)
    history = [{_RENAMED.get(name, name): value for name, value in row.items()} for row in values["history"]]
    for row in history:
        for score in row.get("scores", ()):
            score["correct"] = score.pop("right")
    return State(values["step"], values["measured"], history)
