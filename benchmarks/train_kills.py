"""Kills a training at random writes and compares its weights: `python benchmarks/train_kills.py`.

The embedded model is trained for a few steps of a constant learning rate on the shipped rows, so a step too
many or too few would change the weights. For every kill a process is ended by SIGKILL just before it opens a
file for writing, renames or removes one, or makes a folder; the same training then goes on in another.
Weights that differ by less than a hundredth of what the training changed are those of the same steps, added
up in another order; one step more or less of five changes them by a fifth.
"""

import argparse
import math
import mmap
import os
import random
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file
from training_data import build_example

from vtc_r1.backends.embedded import checkpoint
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sft.training.run import train

_CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate"}
_WRITING = os.O_WRONLY | os.O_RDWR
_SETTINGS = (
    "model=embedded",
    "steps=5",
    "batch=1",
    "save_steps=2",
    "schedule=constant_with_warmup",
    "warmup=0",
    "workers=0",
    "save_as=float32",
)
_ROUNDING = 0.01  #: of the change by training


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    # PyTorch's kernels add in another order on another number of threads, and one thread has one order.
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        writes, found = kill(Path(folder), given.kills, given.seed)
    others = sum(each > _ROUNDING for each in found)
    print(
        f"{given.kills} kills at random ones of {writes} writes: {others} gave other weights, "
        f"{found.count(0.0)} equal ones to the bit"
    )
    sys.exit(bool(others))


def kill(folder: Path, kills: int, seed: int) -> tuple[int, list[float]]:
    """Return how often a training writes, and how much each that was killed differs from it at its end.

    The unit is what the training changed: the norm of all weights' difference by the norm of their change.
    """
    build_example(folder / "data", 60)
    writes = mmap.mmap(-1, 8)  # shared with children
    assert _train(folder, "whole", writes, -1) == 0
    count, whole = int.from_bytes(writes[:8], "little"), _published(folder / "whole")
    change = _distance(whole, _weights(checkpoint() / "model.safetensors"))
    found = []
    for number, at in enumerate(random.Random(seed).sample(range(count), kills)):
        assert _train(folder, str(number), writes, at) == -signal.SIGKILL
        assert _train(folder, str(number), writes, -1) == 0, f"killed before write {at}, it does not go on"
        found.append(_distance(_published(folder / str(number)), whole) / change)
        print(f"killed before write {at}: difference {found[-1]:.1e}", file=sys.stderr, flush=True)
    return count, found


def _published(out: Path) -> dict[str, np.ndarray]:
    return _weights(out / "checkpoint" / "model.safetensors")


def _weights(path: Path) -> dict[str, np.ndarray]:
    return {name: weight.astype(np.float64) for name, weight in load_file(path).items()}


def _distance(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> float:
    assert one.keys() == other.keys()
    return math.sqrt(sum(float(np.square(one[name] - other[name]).sum()) for name in one))


def _train(folder: Path, name: str, writes: mmap.mmap, at: int) -> int:
    """Train in a child that is killed before write number `at`, if it comes to it; return its exit code."""
    pid = os.fork()
    if not pid:
        writes[:8] = bytes(8)
        sys.addaudithook(_hook(folder / name, writes, at))
        code = 1
        try:
            settings = [f"data={folder / 'data'}", *_SETTINGS]
            train(load_recipe("nano-tune", settings), folder / name, lambda told: None)
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _hook(out: Path, writes: mmap.mmap, at: int) -> Any:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _CHANGES or (event == "open" and (arguments[2] or 0) & _WRITING):
            # What libraries write elsewhere, such as compiled files, only the first process writes.
            # A name that is not absolute belongs to a folder that is being deleted.
            path = arguments[0] if isinstance(arguments[0], int) else Path(os.fsdecode(arguments[0]))
            if isinstance(path, int) or (path.is_absolute() and not path.is_relative_to(out)):
                return
            done = int.from_bytes(writes[:8], "little")
            if done == at:
                os.kill(os.getpid(), signal.SIGKILL)
            writes[:8] = (done + 1).to_bytes(8, "little")

    return hook


if __name__ == "__main__":
    main()
