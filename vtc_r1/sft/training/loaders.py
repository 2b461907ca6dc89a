"""The processes that prepare batches. They outlive a signal that is sent to every process of a training.

A service manager, `timeout` and a terminal send it to all of them. The trainer then saves its present step,
for which it needs them; it ends them itself, and they end by themselves where it is gone.
"""

import signal
from collections.abc import Callable
from functools import partial
from typing import Any

from vtc_r1.sft.training.stopping import ENDING


def outlive_signals(batches: Any) -> Any:
    """Let the processes of a prepared DataLoader ignore the signals that end a training; return it."""
    loader = getattr(batches, "base_dataloader", batches)  # what accelerate wraps
    loader.worker_init_fn = partial(_begin, loader.worker_init_fn)
    return batches


def _begin(prepare: Callable[[int], None] | None, number: int) -> None:
    """Begin a process; torch has just made it end at SIGTERM."""
    for ending in ENDING:
        signal.signal(ending, signal.SIG_IGN)
    if prepare is not None:
        prepare(number)
