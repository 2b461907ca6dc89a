"""A study on a Ray cluster that exists: every job that is owed as a task, which runs it on its node.

A task plans the study again on its node, which checks what is there, and does its jobs as one machine does:
the same commands, the same store, on a file system that all nodes share, and the same locks. Ray chooses the
node and starts a task again where its worker or node is lost; the job then goes on where it was. Jobs that
ask one launched server are one task, beside that server.
"""

import importlib.util
import json
import logging
import os
import signal
import socket
import subprocess
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vtc_r1.counted import count
from vtc_r1.errors import MissingExtra, UsageError, first_line
from vtc_r1.study.jobs import Job
from vtc_r1.study.lines import program
from vtc_r1.study.plan import Plan
from vtc_r1.study.process import StepFailed, start
from vtc_r1.study.running import INTERRUPTED, Say
from vtc_r1.study.slurm import gpus_of
from vtc_r1.study.store import MARKER, Store

AUTO, LOGS = "auto", "ray"
_RETRIES = 3  #: times that a task is started again after its worker or node was lost
_ANSWER = 5.0  #: seconds in which a cluster's port must answer; Ray itself would try for many minutes
_GRACE = 600.0  #: seconds that tasks may take to store what they have, after an interrupt
_POLL = 0.2
_TAKEN_ALONG = ("VTC_", "HF_")  #: variables of the environment that tasks get, besides the study's secrets
_NEAR = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Cluster:
    """A cluster to which this process is connected."""

    address: str  #: as it was asked for
    nodes: tuple[tuple[int, int], ...]  #: CPUs and GPUs of each node that is alive
    elsewhere: bool  #: some node is on another host than this process

    @property
    def gpus(self) -> int:
        """The most GPUs that one node has."""
        return max((gpus for _, gpus in self.nodes), default=0)

    @property
    def cpus(self) -> int:
        """The most CPUs that one node has."""
        return max((cpus for cpus, _ in self.nodes), default=0)

    def __str__(self) -> str:
        """Say what the cluster has."""
        kinds = Counter(self.nodes)
        listed = ", ".join(
            f"{many} with {count(cpus, 'CPU')} and {count(gpus, 'GPU')}"
            for (cpus, gpus), many in kinds.items()
        )
        return f"Ray cluster at {self.address}, {count(len(self.nodes), 'node')}: {listed}"


def connect(address: str | None) -> Cluster:
    """Connect to a cluster; raises UsageError, MissingExtra.

    Args:
        address: HOST:PORT, or None for RAY_ADDRESS, else a cluster with a node on this host.
    """
    if importlib.util.find_spec("ray") is None:
        raise MissingExtra("ray", "ray", "--on ray")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "error")
    import ray

    wanted = address or os.environ.get("RAY_ADDRESS") or AUTO
    remedy = "start one (ray start --head), or name its address by --ray"
    if wanted != AUTO:
        _reach(wanted, remedy)
    ours = signal.getsignal(signal.SIGTERM)
    try:
        with warnings.catch_warnings(action="ignore"):
            ray.init(address=wanted, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as error:
        found = "there is none here" if wanted == AUTO else first_line(error)
        raise UsageError(f"no Ray cluster at {wanted}: {found}; {remedy}") from error
    finally:
        signal.signal(signal.SIGTERM, ours)  # Ray sets its own, which would end this without a cancellation
    alive = [node for node in ray.nodes() if node["Alive"]]
    sizes = [tuple(int(node["Resources"].get(name, 0)) for name in ("CPU", "GPU")) for node in alive]
    hosts = {node["NodeManagerHostname"] for node in alive}
    return Cluster(wanted, tuple((cpus, gpus) for cpus, gpus in sizes), hosts != {socket.gethostname()})


def _reach(address: str, remedy: str) -> None:
    """Raise UsageError unless something listens at an address."""
    split = urlsplit(f"//{address}")
    try:
        if "://" in address or not split.hostname or not split.port:
            raise UsageError(f"--ray {address!r}: give HOST:PORT, such as 10.0.0.1:6379")
        socket.create_connection((split.hostname, split.port), _ANSWER).close()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"no Ray cluster at {address}: {why}; {remedy}") from error


def unfit(plan: Plan, cluster: Cluster, only: str | None = None) -> list[str]:
    """Return why a cluster cannot do the jobs that are owed, each reason with its remedy."""
    found = dict[str, None]()
    for job in (one.job for one in plan.owed if only in (None, one.job.step)):
        cpus, gpus = _cpus(job, cluster), gpus_of(job)
        if gpus > cluster.gpus:
            server = job.server if job.recipe is None else None
            where = f"the server of {server.step}, beside {job.step}" if server else job.step
            more = "lower tp or dp, or give base_url of a server" if server else "lower gpus"
            has = f"the largest node of the cluster at {cluster.address} has {cluster.gpus or 'none'}"
            found[f"{where}: needs {gpus} GPUs on one node, and {has}: add such a node; or {more}"] = None
        elif cpus > cluster.cpus:
            has = f"the largest node of the cluster at {cluster.address} has {cluster.cpus}"
            found[f"{job.step}: needs {cpus} CPUs on one node, and {has}: lower workers"] = None
        address = job.server.base_url if job.server else job.values.get("base_url")
        if cluster.elsewhere and address and urlsplit(str(address)).hostname in _NEAR:
            name = job.server.step if job.server else job.step
            found[
                f"{name}: base_url = {address} is another server on every node of the cluster: give the name "
                "by which all nodes reach it"
            ] = None
    return list(found)


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
                needs = {"num_cpus": max(_cpus(job, cluster) for job in jobs), "num_gpus": gpus_of(jobs[0])}
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


def _cpus(job: Job, cluster: Cluster) -> int:
    """Return how many CPUs a job claims: what its command uses, so that nodes are not overcommitted."""
    if job.kind == "data":
        if job.values.get("engine") == "ray":
            return 0  # its own tasks claim what they use; to claim more here could keep them waiting for it
        return int(job.values.get("workers") or cluster.cpus)
    return max(1, gpus_of(job))


def _ended(ended: Any, jobs: Sequence[Job], store: Store, say: Say) -> str | None:
    """Tell of a task that has ended; return why it failed, None if it did not."""
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

    node = ray.get_runtime_context().get_node_id()
    folder = Path(request["folder"])
    store = folder / request["store"]
    if not (store / MARKER).is_file():
        shared = "run the study in a folder of a file system that all nodes share"
        return {"code": 2, "said": f"{store} is not there on node {socket.gethostname()}: {shared}"}
    os.chdir(folder)
    (store / LOGS).mkdir(exist_ok=True)
    log = store / LOGS / request["log"]
    asked = {name: request[name] for name in ("study", "settings", "store", "jobs")}
    words = [*program(request["words"]), json.dumps({**asked, "node": node})]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored if who started the node ignores it
    with log.open("ab") as out:
        child = start(words, out.fileno(), (), request["environment"], out.fileno())
        code = _wait(child)
    said = [line for line in log.read_text("utf-8", "replace").splitlines() if line.startswith("vtc-r1: ")]
    last = said[-1].removeprefix("vtc-r1: ") if said else f"ended with exit code {code}"
    return {"code": code, "said": f"{last}; its log is {log}"}


def _wait(child: "subprocess.Popen[bytes]") -> int:
    """Wait for a process; a cancelled task passes the interrupt on, and waits until all is stored."""
    deadline: float | None = None
    try:
        while True:
            try:
                while child.poll() is None and (deadline is None or time.monotonic() < deadline):
                    time.sleep(_POLL)  # and not a wait of the system, which a cancellation does not end
                return INTERRUPTED if child.returncode is None else child.returncode
            except KeyboardInterrupt:
                if deadline is None:  # Ray may say it again
                    child.send_signal(signal.SIGINT)
                deadline = deadline or time.monotonic() + _GRACE
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
