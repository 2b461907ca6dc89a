"""What a run needs before its first step: problems, rewards, the model, the policy updater."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.errors import CheckpointError, RecipeError
from vtc_r1.memory import memory_policy
from vtc_r1.presets import preset
from vtc_r1.renderers import Renderer, load_profile
from vtc_r1.rl.problems import Problems, read_sets
from vtc_r1.rl.recipe import GrpoRecipe
from vtc_r1.rl.rewards import RewardSum
from vtc_r1.rl.rollouts import Rollouts
from vtc_r1.rl.update import PolicyUpdater
from vtc_r1.sft.batched_vision import batch_vision
from vtc_r1.sft.packing import Packer
from vtc_r1.sft.training.lora import freeze
from vtc_r1.sft.training.start import Start, start_of


@dataclass(frozen=True)
class Prepared:
    """A prepared run."""

    recipe: GrpoRecipe  #: the recipe
    start: Start  #: its starting checkpoint
    problems: Sequence[Problems]  #: sets to draw from
    held_out: Sequence[Problems]  #: sets to evaluate on
    rewards: RewardSum  #: rewards solves
    rollouts: Rollouts  #: solves questions
    packer: Packer  #: packs traces
    updater: PolicyUpdater  #: trains the model
    start_weights: dict[str, torch.Tensor]  #: of the trained parameters; empty at `interpolation` 1

    @property
    def network(self) -> Any:
        """The model."""
        return self.rollouts.network

    def interpolate(self) -> None:
        """Move the trained weights back towards those at the start, as the recipe says."""
        with torch.no_grad():
            for name, weight in self.network.named_parameters():
                if name in self.start_weights:
                    weight.copy_(self.start_weights[name].lerp(weight, self.recipe.interpolation))

    def close(self) -> None:
        """Stop the processes of graders."""
        for problem_set in (*self.problems, *self.held_out):
            close = getattr(problem_set.grader, "close", None)
            if close is not None:
                close()


def prepare(recipe: GrpoRecipe, work: Path) -> Prepared:
    """Check a recipe and load what it names, the weights last.

    Raises:
        UsageError: a reward, a grader, a preset or a memory policy is unknown, or does not fit.
        BenchmarkError: a file of problems cannot be read.
        CheckpointError: the checkpoint cannot be loaded, or its model cannot generate in this process.
    """
    rewards = RewardSum(recipe.rewards)
    _check_memory(recipe)
    run_preset = preset(recipe.preset, trusted=True)
    # Held-out exercises are the same for every seed, so that runs can be compared problem by problem.
    held_out = read_sets(recipe.evaluation.problems, "held out") if recipe.evaluation else []
    held_out_questions = {problem.question for problem_set in held_out for problem in problem_set.problems}
    problems = read_sets(recipe.problems, f"train:{recipe.seed}", held_out_questions)
    for problem_set in (*problems, *held_out):
        for problem in problem_set.problems:
            run_preset.question(problem.question)  # raises for a question that the preset does not take
    start = start_of(recipe.model, work)
    encoder = PromptEncoder(start.folder)
    network = _network(recipe, start)
    packer = Packer(encoder)
    reference = copy.deepcopy(network).requires_grad_(False).eval() if recipe.kl else None
    start_weights = {
        name: weight.detach().clone()
        for name, weight in network.named_parameters()
        if weight.requires_grad and recipe.interpolation < 1
    }
    return Prepared(
        recipe=recipe,
        start=start,
        problems=problems,
        held_out=held_out,
        rewards=rewards,
        rollouts=Rollouts(recipe, network, encoder),
        packer=packer,
        updater=PolicyUpdater(recipe, network, packer, reference),
        start_weights=start_weights,
    )


def _network(recipe: GrpoRecipe, start: Start) -> Any:
    """Load the model in fp32, with its frozen parts frozen."""
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)
    network = start.model("fp32", recipe.attention)
    if network.config.model_type != "qwen3_vl":
        raise CheckpointError(
            f"checkpoint {recipe.model} is a {network.config.model_type}: only a Qwen3-VL can solve in this "
            "process while it is trained"
        )
    if load_profile(recipe.profile).family == "nano":
        batch_vision(network)
    freeze(network, vision=recipe.freeze_vision, projector=recipe.freeze_projector)
    return network.to("cuda" if torch.cuda.is_available() else "cpu")


def _check_memory(recipe: GrpoRecipe) -> None:
    """Raise RecipeError for a memory that ends segments: the text of those is not the sampled tokens."""
    memory = memory_policy(recipe.memory, trusted=True)(Renderer(load_profile(recipe.profile)))
    if memory.asks is not None:
        raise RecipeError(
            f"memory {recipe.memory} ends a segment at a request to it, and its tokens are then not those "
            "that were sampled: choose another one"
        )
