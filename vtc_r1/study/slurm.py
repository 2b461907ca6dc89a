"""A study for Slurm: one batch file for every step that is owed, and the script that submits them in order.

Each file runs `vtc-r1 study … --step NAME` on its node; the store is on a file system that all nodes share.
What is done, resumed or refused is decided there, as anywhere else: Slurm only starts the steps in order.
"""

import math
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from vtc_r1.disk.access import writable
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.errors import UsageError
from vtc_r1.study.jobs import Job
from vtc_r1.study.plan import Plan, total

FOLDER, SUBMIT = "slurm", "submit.sh"
_WORD = re.compile(r"[\w.,:@+-]+")
_SLACK, _LEAST = 2.0, 600.0  #: factor by which the time limit exceeds the estimate, and its least seconds
_UNKNOWN = "1-00:00:00"  #: time limit of a step whose time is not known


def write_slurm(plan: Plan, words: Sequence[str], out: Path) -> Path:
    """Write the files of all steps that are owed; return the script that submits them.

    Args:
        plan: of the study.
        words: the command that runs it, without its step.
        out: folder of the study's result.

    Raises:
        UsageError: a value of the table `machine` cannot stand in a batch file.
        StorageError: they cannot be written.
    """
    for key in ("partition", "time"):
        if (value := plan.study.machine.get(key)) is not None and not _WORD.fullmatch(value):
            raise UsageError(f"machine: {key} = {value!r}: give one word")
    folder = out / FOLDER
    owed = {one.job.step for one in plan.owed}
    steps = [step.name for step in plan.study.steps if step.name in owed]
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.sbatch"):
            old.unlink()
        for at, step in enumerate(steps, 1):
            write_atomic(folder / _name(at, step), _batch(plan, step, words).encode())
        write_atomic(folder / SUBMIT, _submit(plan, steps).encode())
        (folder / SUBMIT).chmod(0o755)
    return folder / SUBMIT


def _name(at: int, step: str) -> str:
    return f"{at:02d}-{step}.sbatch"


def _batch(plan: Plan, step: str, words: Sequence[str]) -> str:
    machine = plan.study.machine
    jobs = [one for one in plan.planned if one.job.step == step]
    gpus = max((gpus_of(one.job) for one in jobs), default=0)
    seconds, known = total([one.estimate.seconds for one in jobs if one.done is None])
    lines = [
        "#!/bin/bash",
        f"#SBATCH --job-name={plan.study.name}-{step}",
        f"#SBATCH --chdir={shlex.quote(str(Path.cwd()))}",
        "#SBATCH --output=%x-%j.log",
        "#SBATCH --nodes=1",
        f"#SBATCH --time={machine.get('time') or (_clock(seconds) if known else _UNKNOWN)}",
        "#SBATCH --signal=B:TERM@120",
    ]
    lines += [f"#SBATCH --gpus={gpus}"] if gpus else []
    lines += [f"#SBATCH --partition={machine['partition']}"] if "partition" in machine else []
    setup = str(machine.get("setup", "")).strip()
    run = shlex.join([*words, "--step", step])
    # Slurm's signal ends the first wait and is passed on; during the second the step stores its results.
    body = [*([setup] if setup else []), f"{run} &", "child=$!", "trap 'kill -TERM \"$child\"' TERM"]
    return "\n".join([*lines, "set -eu", *body, 'wait "$child" || wait "$child"', ""])


def _submit(plan: Plan, steps: Sequence[str]) -> str:
    """Write the script: a step starts when those that it needs have ended well."""
    lines = [
        "#!/bin/bash",
        f"# Submits the steps that study {plan.study.name} owes; each waits for those that it needs.",
        "set -eu",
        'cd "$(dirname "$0")"',
    ]
    for at, step in enumerate(steps, 1):
        needs = [f"$job{steps.index(name) + 1}" for name in _needs(plan, step) if name in steps]
        after = f"--dependency=afterok:{':'.join(needs)} --kill-on-invalid-dep=yes " if needs else ""
        lines += [f"job{at}=$(sbatch --parsable {after}{_name(at, step)})", f'echo "{step}: $job{at}"']
    return "\n".join([*lines, ""])


def _needs(plan: Plan, step: str) -> list[str]:
    by_hash = {one.job.hash: one.job.step for one in plan.planned}
    wanted = [need for one in plan.planned if one.job.step == step for need in one.job.needs]
    return list(dict.fromkeys(by_hash[need] for need in wanted if by_hash[need] != step))


def gpus_of(job: Job) -> int:
    """Return how many GPUs a job, or the server that is launched for it, takes on one node."""
    if job.recipe is not None:
        return job.recipe.gpus if job.recipe.strategy or job.recipe.recipe.precision == "bf16" else 0
    server = job.server
    if server is None or server.base_url is not None or "cpu" in (server.values.get("extra") or ()):
        return 0
    copies = int(server.values.get("dp") or server.values.get("replicas") or 1)
    return copies * int(server.values.get("tp") or 1)


def _clock(seconds: float) -> str:
    minutes = math.ceil(max(_LEAST, seconds * _SLACK) / 60)
    return f"{minutes // 1_440}-{minutes // 60 % 24:02d}:{minutes % 60:02d}:00"
