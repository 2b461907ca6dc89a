"""Sharding on CPUs, where `accelerate` silently ignores a request for FSDP."""

import os
from typing import Any

from vtc_r1.errors import UsageError


def shard_on_cpu(accelerator: Any) -> bool:
    """Make an accelerator of several CPU processes honour a request for FSDP.

    Returns whether it was requested. Raises UsageError for FSDP 1, which needs a device of its own.
    """
    from accelerate import PartialState
    from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin

    asked = os.environ.get("ACCELERATE_USE_FSDP", "false").lower() == "true"
    state = accelerator.state
    if not asked or state.distributed_type != DistributedType.MULTI_CPU:
        return False
    plugin = FullyShardedDataParallelPlugin()
    if plugin.fsdp_version != 2:
        raise UsageError("FSDP on a CPU needs version 2: fsdp_version: 2 in the accelerate configuration")
    if accelerator.mixed_precision != "no":
        plugin.set_mixed_precision(accelerator.mixed_precision)
    state.distributed_type = DistributedType.FSDP
    state.fsdp_plugin = plugin
    PartialState._shared_state["distributed_type"] = state.distributed_type  # every new state copies it
    return True


def is_sharded(model: Any) -> bool:
    """Return whether the model is sharded, so that no process holds all of it: FSDP, or ZeRO-3."""
    from torch.distributed.tensor import DTensor

    return any(isinstance(weights, DTensor) or hasattr(weights, "ds_id") for weights in model.parameters())
