"""verl's own functions on a run written for it, on the CPU, with a model in the process as its server.

`python drive_verl.py FOLDER NOTES` in the environment of verl. What is run is in docs/reinforcement.md.
"""

from tests.consumers import verl_on_cpu  # isort: skip  # before verl looks for a device

import asyncio
import json
import re
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import torch
import verl.trainer.ppo.v1.agent_loop_tq as queued
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from tensordict import TensorDict
from transformers import AutoModelForImageTextToText
from verl import DataProto
from verl.trainer.main_ppo import need_critic, need_reference_policy
from verl.trainer.ppo.core_algos import get_policy_loss_fn, kl_penalty
from verl.trainer.ppo.v1.utils import compute_advantage_for_multi_trajectories
from verl.utils import tensordict_utils as tu
from verl.utils.config import omega_conf_to_dataclass, validate_config
from verl.utils.dataset.rl_dataset import RLHFDataset, collate_fn

from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.renderers.page import Page
from vtc_r1.rl.advantage import advantages
from vtc_r1.rl.loss import kl_k3, policy_loss

torch.set_num_threads(1)
torch.manual_seed(0)
folder, notes = map(Path, sys.argv[1:])


class Server:
    """The checkpoint in this process, with the interface of verl's client of its servers."""

    def __init__(self, path: str) -> None:
        self.network = AutoModelForImageTextToText.from_pretrained(path, dtype=torch.float32).eval()
        self.encoder = PromptEncoder(path)
        self.asked: list[list[int]] = []
        self.sampling: dict[str, Any] = {}
        self.fails = ""
        """The question whose second solve fails."""

    async def generate(
        self,
        request_id: str,
        *,
        prompt_ids: list[int],
        sampling_params: dict[str, Any],
        image_data: list[Any] | None = None,
    ) -> Any:
        pages = [Page(np.asarray(image.convert("L")), "", 0) for image in image_data or []]
        number = self.asked.count(prompt_ids)
        self.asked.append(prompt_ids)
        self.sampling = sampling_params
        if not pages and number == 1 and self.fails in self.encoder.tokenizer.decode(prompt_ids):
            raise ValueError("the server is out of memory")
        # Solves run in any order: what is sampled depends on the prompt, and on how often it came.
        torch.manual_seed(sum(prompt_ids) * 100 + number)
        pixels, grids = self.encoder.patches(pages)
        given = {
            "input_ids": torch.tensor([prompt_ids]),
            "attention_mask": torch.ones(1, len(prompt_ids), dtype=torch.long),
        }
        if pixels is not None:
            given["pixel_values"] = torch.from_numpy(pixels)
            given["image_grid_thw"] = torch.from_numpy(grids)
            given["mm_token_type_ids"] = (given["input_ids"] == self.encoder.image_id).long()
        with torch.no_grad():
            made = self.network.generate(
                **given,
                do_sample=True,
                temperature=sampling_params["temperature"],
                top_k=0,
                max_new_tokens=sampling_params["max_tokens"],
                return_dict_in_generate=True,
                output_scores=True,
            )
        ids = made.sequences[0, len(prompt_ids) :].tolist()
        logprobs = [float(row[0].log_softmax(-1)[at]) for row, at in zip(made.scores, ids, strict=True)]
        steps = dict.fromkeys(("global_steps", "min_global_steps", "max_global_steps"), 7)
        return types.SimpleNamespace(
            token_ids=ids, log_probs=logprobs, stop_reason="completed", extra_fields=steps
        )


class Queue:
    """In place of TransferQueue, whose servers are processes of Ray: what is put into it, in a dictionary."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, dict[str, Any]] = {}

    def init(self) -> None:
        pass

    async def async_kv_put(self, key: str, partition_id: str, tag: dict[str, Any]) -> None:
        self.tags[key] = tag

    async def async_kv_batch_put(
        self, keys: list[str], fields: TensorDict, tags: list[dict[str, Any]], partition_id: str
    ) -> None:
        for at, key in enumerate(keys):
            self.rows[key], self.tags[key] = fields[at], tags[at]


def configured() -> Any:
    """The configuration as `run.sh` composes it, checked by verl."""
    script = (folder / "run.sh").read_text("utf-8").replace("$here", str(folder))
    given = re.findall(r'^  "(\S+=.*)" \\$', script, re.MULTILINE)
    with initialize_config_dir(str(folder), version_base=None):
        config = compose("verl", [each for each in given if not each.startswith("hydra.")])
    assert not OmegaConf.missing_keys(config.actor_rollout_ref.rollout)
    validate_config(config, need_reference_policy(config), need_critic(config))
    return config


async def rolled_out(config: Any, server: Server) -> tuple[Queue, int]:
    """Run verl's worker on the first problems of its data set."""
    queue = Queue()
    queued.tq = queue
    worker = queued.AgentLoopWorkerTQ.__ray_metadata__.modified_class(config, server)
    dataset = RLHFDataset(config.data.train_files, worker.tokenizer, config.data, worker.processor)
    rows = collate_fn([dataset[at] for at in range(config.data.train_batch_size)])
    server.fails = rows["raw_prompt"][1][0]["content"]
    rows["uid"] = np.array([f"q{at}" for at in range(len(rows["raw_prompt"]))], dtype=object)
    batch = tu.get_tensordict(rows)
    tu.assign_non_tensor_data(batch, "global_steps", 7)
    await worker.generate_sequences(batch)
    await asyncio.gather(*worker.background_tasks)
    return queue, len(dataset)


def trained_logprobs(server: Server, row: Any, temperature: float) -> torch.Tensor:
    """Log-probabilities of a row's response, from what verl would train on."""
    seen = dict(row["multi_modal_inputs"])
    seen.pop("images_seqlens", None)
    ids = row["input_ids"][None]
    if "pixel_values" in seen:
        seen["mm_token_type_ids"] = (ids == server.encoder.image_id).long()
    with torch.no_grad():
        logits = server.network(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            position_ids=row["position_ids"][1:, None],
            **seen,
        ).logits
    response = row["responses"]
    every = (logits[0, -len(response) - 1 : -1] / temperature).log_softmax(-1)
    return every.gather(-1, response[:, None])[:, 0]


def assembled(queue: Queue) -> tuple[list[str], DataProto]:
    """The batch, as verl's trainer assembles it for advantages."""
    keys = list(queue.rows)
    names = ("response_mask", "rm_scores", "rollout_log_probs")
    columns = {
        name: torch.nested.as_nested_tensor([queue.rows[key][name] for key in keys], layout=torch.jagged)
        for name in names
    }
    data = DataProto(batch=TensorDict(columns, batch_size=len(keys)).to_padded_tensor())
    data.non_tensor_batch["uid"] = np.array([key.split("_")[0] for key in keys], dtype=object)
    data.batch["token_level_scores"] = data.batch["token_level_rewards"] = data.batch["rm_scores"]
    return keys, data


def losses(config: Any, data: DataProto) -> dict[str, float]:
    """verl's policy loss and KL estimate, and ours, of the same numbers."""
    actor = omega_conf_to_dataclass(config.actor_rollout_ref.actor)
    mask, sampled = data.batch["response_mask"], data.batch["rollout_log_probs"]
    now = sampled + 0.3 * torch.randn(sampled.shape, generator=torch.Generator().manual_seed(1))
    theirs, told = get_policy_loss_fn(actor.policy_loss.loss_mode)(
        old_log_prob=sampled,
        log_prob=now,
        advantages=data.batch["advantages"],
        response_mask=mask,
        loss_agg_mode=actor.loss_agg_mode,
        config=actor,
    )
    ours = policy_loss(
        now,
        sampled,
        data.batch["advantages"][:, 0],
        clip_low=actor.clip_ratio_low,
        clip_high=actor.clip_ratio_high,
    )
    tokens = mask.sum()
    their_kl = kl_penalty(now, sampled, actor.kl_loss_type)
    return {
        "loss": float(theirs),
        "our_loss": float((ours.loss * mask).sum() / tokens),
        "clip_fraction": told["actor/pg_clipfrac"],
        "our_clip_fraction": float((ours.is_clipped * mask).sum() / tokens),
        "kl": float((their_kl * mask).sum() / tokens),
        "our_kl": float((kl_k3(now, sampled) * mask).sum() / tokens),
    }


_TRAINED = ("prompts", "responses", "input_ids", "position_ids", "response_mask", "loss_mask")


def stepped(config: Any, queue: Queue, keys: list[str], done: DataProto) -> dict[str, float]:
    """A step of verl's FSDP engine on the rows, and the loss that it should have at its start."""
    rows = [
        {
            **{name: queue.rows[key][name] for name in _TRAINED},
            "multi_modal_inputs": dict(queue.rows[key]["multi_modal_inputs"]),
            "old_log_probs": queue.rows[key]["rollout_log_probs"].clone(),
            "advantages": done.batch["advantages"][at, : len(queue.rows[key]["responses"])].clone(),
        }
        for at, key in enumerate(keys)
    ]
    tokens = torch.cat([row["advantages"] for row in rows])
    return {**verl_on_cpu.step(config, rows), "expected": -float(tokens.mean())}


def main() -> None:
    config = configured()
    server = Server(config.actor_rollout_ref.model.path)
    queue, problems = asyncio.run(rolled_out(config, server))
    keys, data = assembled(queue)
    estimator, temperature = config.algorithm.adv_estimator, config.actor_rollout_ref.rollout.temperature
    done = compute_advantage_for_multi_trajectories(data, keys, estimator, config=config.algorithm)
    rows = []
    for at, key in enumerate(keys):
        row = queue.rows[key]
        both = trained_logprobs(server, row, temperature) - row["rollout_log_probs"]
        its = done.batch["advantages"][at, : len(row["responses"])]
        rows.append(
            {
                "key": key,
                "reward": float(row["rm_scores"].sum()),
                "advantage": float(its[0]),
                "same": bool((its == its[0]).all()),
                "pages": len(row["multi_modal_inputs"].get("image_grid_thw", [])),
                "vision": int((row["prompts"] == server.encoder.image_id).sum()),
                "logp_difference": float(both.abs().mean()),
                "steps": queue.tags[key]["min_global_steps"],
            }
        )
    rewards: dict[str, dict[str, float]] = {}
    for row in rows:
        uid, session, _ = row["key"].split("_")
        rewards.setdefault(uid, {})[session] = row["reward"]
    ours = {}
    for uid, its in rewards.items():
        found = advantages(list(its.values()))
        ours[uid] = dict(zip(its, [0.0] * len(its) if found is None else found.tolist(), strict=True))
    said = {
        "rows": rows,
        "ours": ours,
        "status": {key: tag["status"] for key, tag in queue.tags.items() if "_" not in key},
        "problems": problems,
        "sampling": server.sampling,
        "config": {
            "n": config.actor_rollout_ref.rollout.n,
            "mini": config.actor_rollout_ref.actor.ppo_mini_batch_size,
            "clip_high": config.actor_rollout_ref.actor.clip_ratio_high,
            "strategy": config.actor_rollout_ref.actor.strategy,
            "rollout": config.actor_rollout_ref.rollout.name,
            "filter": config.algorithm.filter_groups.enable,
        },
        **losses(config, done),
        "step": stepped(config, queue, keys, done),
    }
    notes.write_text(json.dumps(said), encoding="utf-8")


main()
