"""A training step of verl's FSDP engine on the CPU, by a platform of verl's plug-in interface."""

import os
import types
from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
import torch.distributed
from verl.plugin.platform.platform_base import PlatformBase
from verl.plugin.platform.platform_manager import PlatformRegistry

_TOLD = {"mem_get_info": (2**30, 2**31), "get_device_name": "CPU"}
_ONE = {"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1"}
_NOWHERE = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}  # read, and not used: the store is in the process
os.environ |= {"VERL_PLATFORM": "cpu", **_ONE, **_NOWHERE}


class _Module(types.ModuleType):
    """`torch.cpu`, and nothing for what only other devices have."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(torch.cpu, name, None) or (lambda *_, **__: _TOLD.get(name, 0))


def _nothing(*_: Any, **__: Any) -> None:
    pass


@PlatformRegistry.register("cpu")
class Cpu(PlatformBase):
    device_name = vendor_name = "cpu"
    device_module = _Module("cpu")

    def is_available(self) -> bool:
        return True

    def current_device(self) -> Any:
        return "cpu"

    def device_count(self) -> int:
        return 1

    def get_device_capability(self, device_index: int = 0) -> Any:
        return None, None

    def communication_backend_name(self) -> str:
        return "gloo"

    def visible_devices_envvar(self) -> str:
        return "CUDA_VISIBLE_DEVICES"

    def nvtx_range(self, msg: str) -> Any:
        return nullcontext()

    def ray_resource_name(self) -> str:
        return "CPU"

    def ray_noset_envvars(self) -> list[str]:
        return []

    def is_ipc_supported(self) -> bool:
        return False

    set_device = synchronize = manual_seed = manual_seed_all = set_allocator_settings = _nothing
    empty_cache = profiler_start = profiler_stop = cudart = _nothing


def step(config: Any, rows: list[dict[str, Any]]) -> dict[str, float]:
    """Train one mini-batch; return its loss and gradient, and how many weights have changed."""
    from verl.utils import tensordict_utils as tu
    from verl.utils.config import omega_conf_to_dataclass
    from verl.workers.config import TrainingWorkerConfig
    from verl.workers.engine import EngineRegistry
    from verl.workers.engine.fsdp.transformer_impl import FSDPEngineWithLMHead
    from verl.workers.engine_workers import TrainingWorker
    from verl.workers.utils.losses import ppo_loss

    torch.distributed.init_process_group("gloo", store=torch.distributed.HashStore(), rank=0, world_size=1)
    EngineRegistry.register(
        model_type="language_model", backend=["fsdp", "fsdp2"], device="cpu", vendor="cpu"
    )(FSDPEngineWithLMHead)
    part = config.actor_rollout_ref
    part.model.use_remove_padding = False  # needs flash-attn
    part.model.override_config = {"attn_implementation": "sdpa"}
    part.actor.fsdp_config.param_offload = part.actor.fsdp_config.optimizer_offload = False
    actor, model = omega_conf_to_dataclass(part.actor), omega_conf_to_dataclass(part.model)
    actor.model_config = model
    training = TrainingWorkerConfig(
        model_type="language_model",
        model_config=model,
        engine_config=actor.engine,
        optimizer_config=actor.optim,
        checkpoint_config=actor.checkpoint,
    )
    training.engine_config.use_dynamic_bsz = True
    training.engine_config.max_token_len_per_gpu = actor.ppo_max_token_len_per_gpu
    worker = TrainingWorker(config=training)
    worker.reset()
    worker.set_loss_fn(partial(ppo_loss, config=actor))
    batch = tu.list_of_dict_to_tensordict(rows)
    tu.assign_non_tensor(
        batch,
        calculate_entropy=False,
        distillation_use_topk=False,
        distillation_only=False,
        global_batch_size=len(rows),
        mini_batch_size=len(rows),
        epochs=1,
        seed=0,
        dataloader_kwargs={"shuffle": False},
        temperature=part.rollout.temperature,
    )
    weights = list(worker.engine.module.parameters())
    before = [weight.detach().full_tensor().clone() for weight in weights]
    told = tu.get(worker.train_mini_batch(batch), "metrics")
    changed = [
        not torch.equal(old, new.detach().full_tensor()) for old, new in zip(before, weights, strict=True)
    ]
    torch.distributed.destroy_process_group()
    return {
        "loss": float(told["loss"][0]),
        "norm": float(told["grad_norm"][0]),
        "kl": float(told["actor/ppo_kl"][0]),
        "changed": sum(changed),
    }
