"""Steps that train: their recipe, and its command line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtc_r1.errors import UnknownName, UsageError
from vtc_r1.rl.recipe import GRPO, GrpoRecipe
from vtc_r1.sft.training.loading import accelerate_config, load_recipe
from vtc_r1.sft.training.recipe import EMBEDDED, NEW, Recipe

NEW_OR_EMBEDDED = (NEW, EMBEDDED)
STRATEGIES = ("fsdp", "zero3")
_OWN = ("recipe", "gpus", "strategy")


@dataclass(frozen=True)
class LoadedRecipe:
    """The recipe of a step."""

    name: str  #: name or file of the recipe
    recipe: Recipe  #: the recipe with the step's keys applied
    settings: tuple[str, ...]  #: the step's keys, as the command takes them
    gpus: int = 1  #: processes of the training, one on each GPU
    strategy: str | None = None  #: how they share the weights, None for one process

    def line(self, out: Path) -> list[str]:
        """Return the words of the command that trains in a folder."""
        sets = [word for setting in self.settings for word in ("--set", setting)]
        if self.strategy is None:
            return ["vtc-r1", "train", self.name, *sets, "--out", str(out)]
        config = ["--config_file", str(accelerate_config(self.strategy)), "--num_processes", str(self.gpus)]
        launch = ["python", "-m", "accelerate.commands.launch", *config, "-m", "vtc_r1.sft.train"]
        return [*launch, self.name, *sets, "--out", str(out)]


@dataclass(frozen=True)
class LoadedGrpo:
    """The recipe of a step of reinforcement."""

    name: str  #: name or file of the recipe
    recipe: GrpoRecipe  #: the recipe with the step's keys applied
    settings: tuple[str, ...]  #: the step's keys, as the command takes them

    def line(self, out: Path) -> list[str]:
        """Return the words of the command that trains in a folder."""
        sets = [word for setting in self.settings for word in ("--set", setting)]
        return ["vtc-r1", "train", "grpo", self.name, *sets, "--out", str(out)]


def recipe_keys(kind: str) -> set[str]:
    """Return the keys of a kind of step that trains, `sft` or `grpo`."""
    return {"recipe", *(GrpoRecipe if kind == "grpo" else Recipe).model_fields}


def load_grpo(keys: Mapping[str, Any]) -> LoadedGrpo:
    """Read the recipe of a step of reinforcement, with its keys; raises UsageError."""
    name, settings = _named(keys), _settings(keys)
    return LoadedGrpo(name, GRPO.load(name, settings), settings)


def load_step(keys: Mapping[str, Any]) -> LoadedRecipe:
    """Read the recipe of a step, with its keys; raises UsageError."""
    name, settings = _named(keys), _settings(keys)
    gpus, strategy = keys.get("gpus", 1), keys.get("strategy") or None
    if isinstance(gpus, bool) or not isinstance(gpus, int) or gpus < 1:
        raise UsageError(f"gpus = {gpus!r}: give a number of processes, one on each GPU")
    if gpus > 1 and strategy is None:
        strategy = "fsdp"
    if strategy is not None and strategy not in STRATEGIES:
        raise UnknownName("strategy", str(strategy), STRATEGIES)
    return LoadedRecipe(name, load_recipe(name, settings), settings, gpus, strategy)


def _named(keys: Mapping[str, Any]) -> str:
    name = keys.get("recipe")
    if not isinstance(name, str):
        raise UsageError("recipe is missing: name one, or a TOML file")
    return name


def _settings(keys: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{path}={json.dumps(value, ensure_ascii=False)}"
        for key, given in keys.items()
        if key not in _OWN
        for path, value in _leaves(key, given)
    )


def _leaves(key: str, value: Any) -> list[tuple[str, Any]]:
    """Return a table's values by their paths, such as `lora.rank`."""
    if not isinstance(value, Mapping):
        return [(key, value)]
    return [leaf for inner, one in value.items() for leaf in _leaves(f"{key}.{inner}", one)]
