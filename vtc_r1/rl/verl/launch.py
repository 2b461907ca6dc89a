"""Starting a run by verl that has been written."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from vtc_r1.errors import TrainingError, UsageError, require
from vtc_r1.rl.recipe import Cluster
from vtc_r1.rl.verl.doctor import SGLANG


def check_launch(cluster: Cluster) -> None:
    """Verify that a run can be started on this machine.

    Raises:
        MissingExtra: verl is not installed in this environment.
        UsageError: SGLang is not installed, or this machine has fewer GPUs than the recipe asks for.
    """
    require("verl", "ray", extra="rl", what="a run by verl")
    if find_spec("sglang") is None:
        raise UsageError(f"a run by verl needs SGLang, which is not installed: {SGLANG}")
    import torch

    found = torch.cuda.device_count()
    if found < cluster.gpus:
        raise UsageError(
            f"gpus = {cluster.gpus}: this machine has {found}; start it on another one, or "
            "--set cluster.gpus=NUMBER"
        )


def launch(script: Path) -> None:
    """Run a script that `write` returned, with the Python of this process; raises TrainingError."""
    done = subprocess.run(["bash", str(script)], env={**os.environ, "PYTHON": sys.executable}, check=False)
    if done.returncode:
        raise TrainingError(
            f"{script}: verl ended with code {done.returncode}; the same command resumes from its last save"
        )
