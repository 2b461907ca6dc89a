"""verl's configuration of a run, made from its recipe."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vtc_r1.errors import CheckpointError, RecipeError
from vtc_r1.memory import memory_policy
from vtc_r1.presets import preset
from vtc_r1.renderers import Renderer, load_profile
from vtc_r1.rl.recipe import Cluster, GrpoRecipe
from vtc_r1.sft.training.recipe import EMBEDDED

AGENT = "vtc_r1"  #: name of the agent loop in verl
LOOP = "vtc_r1.rl.verl.agent_loop.OpticalLoop"
_NO_EPOCH_LIMIT = 1_000_000  #: epochs: the recipe's number of steps ends a run


def checked(recipe: GrpoRecipe) -> Cluster:
    """Return the GPUs of a recipe; raises RecipeError for settings that a run by verl cannot use."""
    cluster = recipe.cluster
    if cluster is None:
        raise RecipeError(f"recipe {recipe.name}: has no table [cluster], so it runs in this process")
    if recipe.advantage != "group":
        raise RecipeError(
            f"advantage = {recipe.advantage}: verl compares whole solves for `group` alone; choose that"
        )
    if recipe.schedule == "linear":
        raise RecipeError("schedule = linear: verl's FSDP engine has `constant` and `cosine`: choose one")
    if recipe.interpolation < 1:
        raise RecipeError(
            f"interpolation = {recipe.interpolation:g}: a run by verl publishes the trained weights; choose 1"
        )
    if recipe.freeze_vision or recipe.freeze_projector:
        raise RecipeError(
            "freeze_vision, freeze_projector: verl 0.9 trains all weights under FSDP; set both to false"
        )
    needed = cluster.prompt_tokens + segment_tokens(recipe)
    if recipe.pass_tokens < needed:
        raise RecipeError(
            f"pass_tokens = {recipe.pass_tokens}: a prompt and a segment take up to {needed}; give that many"
        )
    if cluster.nodes * cluster.gpus % cluster.tensor_parallel:
        raise RecipeError(
            f"tensor_parallel = {cluster.tensor_parallel} does not divide {cluster.nodes * cluster.gpus} GPUs"
        )
    memory = memory_policy(recipe.memory, trusted=True)(Renderer(load_profile(recipe.profile)))
    if memory.asks is not None:
        raise RecipeError(f"memory {recipe.memory} ends a segment at a request to it: choose another one")
    return cluster


def segment_tokens(recipe: GrpoRecipe) -> int:
    """Return the token limit of a segment."""
    return recipe.segment_tokens or preset(recipe.preset, trusted=True).budget.segment_tokens


def max_iterations(recipe: GrpoRecipe) -> int:
    """Return the limit of segments of a solve, including the one that forces the answer."""
    return (recipe.max_iterations or preset(recipe.preset, trusted=True).budget.iterations) + 1


def configuration(recipe: GrpoRecipe) -> dict[str, Any]:
    """Return the settings that differ from verl's `ppo_trainer`; raises RecipeError, CheckpointError.

    They do not include paths within the run's folder: `run.sh` adds those, so that the folder can be moved.
    """
    cluster = checked(recipe)
    held = recipe.evaluation
    return {
        "hydra": {"searchpath": ["pkg://verl.trainer.config"]},
        "defaults": ["ppo_trainer", "_self_"],
        "data": {
            "train_batch_size": recipe.groups,
            "max_prompt_length": cluster.prompt_tokens,
            "max_response_length": segment_tokens(recipe),
            "filter_overlong_prompts": False,
            "return_raw_chat": True,
            "shuffle": True,
            "seed": recipe.seed,
        },
        "actor_rollout_ref": {
            "model": {"path": _model(recipe), "enable_gradient_checkpointing": True},
            "actor": _actor(recipe, cluster),
            "rollout": _rollout(recipe, cluster),
            "ref": {"fsdp_config": {"param_offload": cluster.offload}},
        },
        "algorithm": {
            "adv_estimator": "grpo",
            "norm_adv_by_std_in_grpo": True,
            "use_kl_in_reward": False,
            "filter_groups": {"enable": recipe.refills > 0, "metric": "reward"},
        },
        "trainer": {
            "project_name": "vtc-r1",
            "experiment_name": recipe.name,
            "logger": ["console", *recipe.report_to],
            "nnodes": cluster.nodes,
            "n_gpus_per_node": cluster.gpus,
            "total_training_steps": recipe.steps,
            "total_epochs": _NO_EPOCH_LIMIT,
            "save_freq": recipe.save_steps,
            "max_actor_ckpt_to_keep": recipe.keep,
            "test_freq": held.every if held else -1,
            "val_before_train": held is not None,
            "use_v1": True,
            "v1": {"trainer_mode": "sync", "sampler": {"sync_refill_failed_groups": True}},
        },
    }


def agent_loops(recipe: GrpoRecipe) -> list[dict[str, Any]]:
    """Return verl's list of agent loops: this one, with the values of the recipe."""
    return [{"name": AGENT, "_target_": LOOP, "recipe": recipe.model_dump(mode="json")}]


def as_yaml(value: Any, indent: str = "") -> str:
    """Return tables, lists and scalars as YAML."""
    return "".join(_lines(value, indent))


def _actor(recipe: GrpoRecipe, cluster: Cluster) -> dict[str, Any]:
    return {
        "strategy": "fsdp2",
        # All segments of a step are one mini-batch: verl pads it with rows that are not trained on.
        "ppo_mini_batch_size": recipe.groups * max_iterations(recipe),
        "ppo_epochs": recipe.updates,
        "use_dynamic_bsz": True,
        "ppo_max_token_len_per_gpu": recipe.pass_tokens,
        "clip_ratio": recipe.clip_low,
        "clip_ratio_low": recipe.clip_low,
        "clip_ratio_high": recipe.clip_high,
        "loss_agg_mode": "token-mean",
        "entropy_coeff": 0.0,
        "use_kl_loss": recipe.kl > 0,
        "kl_loss_coef": recipe.kl,
        "kl_loss_type": "low_var_kl",
        "grad_clip": recipe.max_grad_norm,
        "optim": {
            "lr": recipe.learning_rate,
            "lr_warmup_steps": recipe.warmup_steps,
            "lr_scheduler_type": recipe.schedule,
            "weight_decay": recipe.weight_decay,
            "betas": [0.9, recipe.beta2],
            "clip_grad": recipe.max_grad_norm,
        },
        "fsdp_config": {
            "strategy": "fsdp2",
            "param_offload": cluster.offload,
            "optimizer_offload": cluster.offload,
            "seed": recipe.seed,
        },
    }


def _rollout(recipe: GrpoRecipe, cluster: Cluster) -> dict[str, Any]:
    return {
        "name": "sglang",
        "mode": "async",
        "n": recipe.group_size,
        "temperature": recipe.temperature,
        "top_p": 1.0,
        "top_k": -1,
        "seed": recipe.seed,
        "calculate_log_probs": True,
        "tensor_model_parallel_size": cluster.tensor_parallel,
        "gpu_memory_utilization": cluster.memory,
        "max_model_len": cluster.prompt_tokens + segment_tokens(recipe),
        "agent": {"default_agent_loop": AGENT},
        "val_kwargs": {"temperature": 0.0, "top_p": 1.0, "top_k": -1, "n": 1, "do_sample": False},
    }


def _model(recipe: GrpoRecipe) -> str:
    """Return the checkpoint to start from; a folder's path is absolute, as Ray works in other folders."""
    if recipe.model == EMBEDDED:
        from vtc_r1.backends.embedded import checkpoint

        return str(checkpoint())
    folder = Path(recipe.model).expanduser()
    if folder.is_dir():
        return str(folder.absolute())
    if recipe.model.startswith(("/", ".", "~")) or recipe.model.count("/") != 1:
        raise CheckpointError(f"checkpoint {recipe.model}: there is no such folder")
    return recipe.model


def _lines(value: Any, indent: str) -> Iterator[str]:
    entries = value.items() if isinstance(value, Mapping) else ((None, item) for item in value)
    for key, entry in entries:
        head = f"{indent}-" if key is None else f"{indent}{key}:"
        if isinstance(entry, (Mapping, list)) and entry:
            yield f"{head}\n{as_yaml(entry, indent + '  ')}"
        else:
            yield f"{head} {json.dumps(entry, ensure_ascii=False)}\n"
