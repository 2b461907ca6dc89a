"""A study on an existing Ray cluster: every owed job is a task, which runs on a node.

A task plans the study again on its node, which checks what is there, and does its jobs as one machine does:
the same commands, the same store, on a file system that all nodes share, and the same locks. Ray chooses the
node and starts a task again if its worker or node is lost; the job then continues where it was. Jobs that
ask the same launched server are one task, on the node of that server.
"""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from vtc_r1.counted import count
from vtc_r1.errors import first_line
from vtc_r1.study.cluster import SHARE, Cluster, cpus_of
from vtc_r1.study.jobs import Job
from vtc_r1.study.lines import program
from vtc_r1.study.plan import Plan
from vtc_r1.study.process import StepFailed, start
from vtc_r1.study.running import INTERRUPTED, Say
from vtc_r1.study.slurm import gpus_of
from vtc_r1.study.store import MARKER, Store

LOGS = "ray"
_RETRIES = 3  #: times that a task is started again after its worker or node was lost
_GRACE = 600.0  #: seconds that tasks may take to store what they have, after an interrupt
_POLL = 0.2
_TAKEN_ALONG = ("VTC_", "HF_")  #: variables of the environment that tasks get, besides the study's secrets


def run_on_ray(
    plan: Plan,
    cluster: Cluster,
    words: Sequence[str],
    settings: Sequence[str],
    name: str,
    say: Say,
    *,
    only: str | None = None,
) -> None:
    """Do every job that is owed on a cluster; raises StepFailed if one failed, when all others have ended.

    Args:
        plan: of the study.
        cluster: from `connect`.
        words: the command of a task, which takes its request as one word of JSON.
        settings: `STEP.KEY=VALUE` each.
        name: of the study, or its file.
        say: prints a line.
        only: do the jobs of this step alone.
    """
    import ray

    plan.check()
    plan.store.make()
    left = {one.job.hash: one.job for one in plan.owed if only in (None, one.job.step)}
    done = {one.job.hash for one in plan.planned if one.done is not None}
    secrets = {one: os.environ[one] for one in plan.study.secrets}
    taken = {one: value for one, value in os.environ.items() if one.startswith(_TAKEN_ALONG)}
    request = {
        "study": name,
        "settings": list(settings),
        "store": str(plan.store.path),
        "folder": str(Path.cwd()),
        "words": list(words),
        "environment": {**taken, **secrets, "RAY_ADDRESS": ray.get_runtime_context().gcs_address},
    }
    remote = ray.remote(max_retries=_RETRIES, scheduling_strategy="SPREAD")(_work)
    running: dict[Any, list[Job]] = {}
    failed: list[str] = []
    try:
        while True:
            busy = {job.server.hash for jobs in running.values() for job in jobs if job.server}
            for jobs in _tasks([one for one in left.values() if done.issuperset(one.needs)], busy):
                needs = {"num_cpus": max(cpus_of(job, cluster) for job in jobs), "num_gpus": gpus_of(jobs[0])}
                label = f"{plan.study.name}: {', '.join(job.label for job in jobs)}"
                task = {**request, "jobs": [job.hash for job in jobs], "log": f"{jobs[0].place}.log"}
                running[remote.options(name=label, **needs).remote(task)] = jobs
                for job in jobs:
                    del left[job.hash]
                    say(f"{job.label}: submitted")
            if not running:
                break
            for ended in ray.wait(list(running), num_returns=1)[0]:
                jobs = running.pop(ended)
                why = _ended(ended, jobs, plan.store, say)
                done |= {job.hash for job in jobs if plan.store.done(job) is not None}
                failed += [why] if why else []
    except BaseException:
        _cancel(list(running), say)
        raise
    if failed:
        raise StepFailed(failed[0])
    if left:
        job = next(iter(left.values()))
        raise StepFailed(f"{job.step}: a step that it needs is not done; run the study without --step")


def _tasks(ready: Iterable[Job], busy: set[str]) -> list[list[Job]]:
    """Divide jobs into tasks: those of a launched server together, unless it runs; each other one alone."""
    tasks, launched = [], dict[str, list[Job]]()
    for job in ready:
        if job.server is None or job.server.base_url is not None:
            tasks.append([job])
        elif job.server.hash not in busy:
            launched.setdefault(job.server.hash, []).append(job)
    return [*tasks, *launched.values()]


def _ended(ended: Any, jobs: Sequence[Job], store: Store, say: Say) -> str | None:
    """Report that a task has ended; return why it failed, None if it did not."""
    import ray

    try:
        outcome = ray.get(ended)
    except ray.exceptions.RayError as error:
        reason = first_line(getattr(error, "cause", None) or error)
        why = f"{jobs[0].label}: Ray gave up ({reason}); the same command goes on with it"
    else:
        for job in jobs:
            if (record := store.done(job)) is not None:
                say(f"{job.label}: done on node {record.get('node', '')[:8]} in {record['seconds']:.1f} s")
        if outcome["code"] == 0:
            return None
        why = f"{jobs[0].label}: {outcome['said']}"
    say(why)
    return why


def _cancel(running: list[Any], say: Say) -> None:
    """Cancel tasks, and wait until each has stored what it has."""
    import ray

    if running:
        say(f"stopping {count(len(running), 'task')}; each stores what it has")
        for one in running:
            ray.cancel(one, force=False)
        ray.wait(running, num_returns=len(running), timeout=_GRACE)


def _work(request: dict[str, Any]) -> dict[str, Any]:
    """Do the jobs of a task, on its node: the command as a process; return its exit code and what it said."""
    import ray

    context = ray.get_runtime_context()
    # Ray interrupts a cancelled task at any point, so `_wait` checks instead. The child gets the signals.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    folder = Path(request["folder"])
    store = folder / request["store"]
    if not (store / MARKER).is_file():
        return {"code": 2, "said": f"{store} is not there on node {socket.gethostname()}: {SHARE}"}
    os.chdir(folder)
    (store / LOGS).mkdir(exist_ok=True)
    log = store / LOGS / request["log"]
    asked = {name: request[name] for name in ("study", "settings", "store", "jobs")}
    words = [*program(request["words"]), json.dumps({**asked, "node": context.get_node_id()})]
    with log.open("ab") as out:
        child = start(words, out.fileno(), (), request["environment"], out.fileno())
        code = _wait(child, context.is_canceled)
    said = [line for line in log.read_text("utf-8", "replace").splitlines() if line.startswith("vtc-r1: ")]
    last = said[-1].removeprefix("vtc-r1: ") if said else f"ended with exit code {code}"
    return {"code": code, "said": f"{last}; its log is {log}"}


def _wait(child: "subprocess.Popen[bytes]", is_cancelled: Callable[[], bool]) -> int:
    """Wait for a process; if the task is cancelled, interrupt it, and wait until all is stored."""
    ends: float | None = None
    try:
        while child.poll() is None and (ends is None or time.monotonic() < ends):
            if ends is None and is_cancelled():
                child.send_signal(signal.SIGINT)
                ends = time.monotonic() + _GRACE
            time.sleep(_POLL)
        return INTERRUPTED if child.returncode is None else child.returncode
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
