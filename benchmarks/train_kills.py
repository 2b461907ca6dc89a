"""Kills a training at random writes and compares its weights: `python benchmarks/train_kills.py`.

The embedded model is trained for a few steps of a constant learning rate on the shipped rows, so a step too
many or too few would change the weights. For every kill a process is ended by SIGKILL just before it opens a
file for writing, renames or removes one, or makes a folder; the same training then goes on in another.
"""

import argparse
import mmap
import os
import random
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import load_profile
from vtc_r1.sft.building.build import build
from vtc_r1.sft.building.config import BuildConfig
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.sources import open_source
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sft.training.run import train
from vtc_r1.tokens import ESTIMATE

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
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        writes, differ = kill(Path(folder), given.kills, given.seed)
    print(f"{given.kills} kills at random ones of {writes} writes: {differ} gave other weights")
    sys.exit(bool(differ))


def kill(folder: Path, kills: int, seed: int) -> tuple[int, int]:
    """Return how often a training writes, and how many of those that were killed end with other weights."""
    _data(folder / "data")
    writes = mmap.mmap(-1, 8)  # shared with children
    assert _train(folder, "whole", writes, -1) == 0
    count, whole, differ = int.from_bytes(writes[:8], "little"), _published(folder / "whole"), 0
    for number, at in enumerate(random.Random(seed).sample(range(count), kills)):
        assert _train(folder, str(number), writes, at) == -signal.SIGKILL
        assert _train(folder, str(number), writes, -1) == 0, f"killed before write {at}, it does not go on"
        same = _published(folder / str(number)) == whole
        differ += not same
        print(
            f"killed before write {at}: {'equal' if same else 'OTHER'} weights", file=sys.stderr, flush=True
        )
    return count, differ


def _data(out: Path) -> None:
    source = open_source("example")
    config = BuildConfig(
        source=source.identity,
        tokens=ESTIMATE,
        profile=load_profile("nano"),
        prompts="nano",
        prompts_sha256=PromptSet("nano").sha256,
        segment_tokens=60,
        max_segments=99,
    )
    with Workspace(out, config) as workspace:
        build(workspace, source)


def _published(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (out / "checkpoint").iterdir() if path.is_file()}


def _train(folder: Path, name: str, writes: mmap.mmap, at: int) -> int:
    """Train in a child that is killed before write number `at`, if it comes to it; return its exit code."""
    pid = os.fork()
    if not pid:
        writes[:8] = bytes(8)
        sys.addaudithook(_hook(writes, at))
        code = 1
        try:
            settings = [f"data={folder / 'data'}", *_SETTINGS]
            train(load_recipe("nano-tune", settings), folder / name, lambda told: None)
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _hook(writes: mmap.mmap, at: int) -> Any:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _CHANGES or (event == "open" and (arguments[2] or 0) & _WRITING):
            done = int.from_bytes(writes[:8], "little")
            if done == at:
                os.kill(os.getpid(), signal.SIGKILL)
            writes[:8] = (done + 1).to_bytes(8, "little")

    return hook


if __name__ == "__main__":
    main()
