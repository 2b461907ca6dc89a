"""An existing Ray cluster: reaching it, what it has, and whether its nodes can do the jobs of a study."""

import importlib.util
import logging
import os
import signal
import socket
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from vtc_r1.counted import count
from vtc_r1.errors import MissingExtra, UsageError, first_line
from vtc_r1.study.jobs import Job
from vtc_r1.study.plan import Plan
from vtc_r1.study.slurm import gpus_of
from vtc_r1.study.store import MARKER, PACKAGE

AUTO = "auto"
SHARE = "run the study in a folder of a file system that all nodes share"  #: remedy if a node lacks it
_CONNECTS, _SPEAKS = 5.0, 60.0
"""Seconds in which a cluster's port must accept a connection, and then answer; Ray would try for minutes."""
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""What a gRPC client sends first (RFC 9113, 3.4): the preface, and an empty SETTINGS frame."""
_SETTINGS = 4  #: type of the frame that a gRPC server sends first
_NEAR = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Cluster:
    """A cluster to which this process is connected."""

    address: str  #: as the user gave it
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
        signal.signal(signal.SIGTERM, ours)  # Ray's own would end this process without cancelling its tasks
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
        with socket.create_connection((split.hostname, split.port), _CONNECTS) as connection:
            if os.environ.get("RAY_USE_TLS", "0") != "1" and not _speaks_grpc(connection):
                raise UsageError(f"no Ray cluster at {address}: something else listens there; {remedy}")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"no Ray cluster at {address}: {why}; {remedy}") from error


def _speaks_grpc(connection: socket.socket) -> bool:
    """Tell whether a gRPC server, such as a cluster's, has accepted a connection; raises OSError."""
    connection.settimeout(_SPEAKS)
    connection.sendall(_PREFACE)
    said = b""
    while len(said) < _SETTINGS and (more := connection.recv(16)):
        said += more
    return said[3:4] == bytes([_SETTINGS])


def unfit(plan: Plan, cluster: Cluster, only: str | None = None) -> list[str]:
    """Return why a cluster cannot do the owed jobs, each reason with its remedy."""
    found = dict[str, None]()
    for job in (one.job for one in plan.owed if only in (None, one.job.step)):
        cpus, gpus = cpus_of(job, cluster), gpus_of(job)
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


def unlike(plan: Plan) -> list[str]:
    """Return why nodes of the cluster cannot do a study's jobs, each reason with its remedy.

    One task per node checks this first: a node that fails its tasks at once would attract all the others.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    marker = plan.store.path.absolute() / MARKER
    asked = {}
    for node in ray.nodes():
        if node["Alive"]:
            there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            look = ray.remote(max_retries=0, num_cpus=0, scheduling_strategy=there)(_look)
            asked[look.remote(str(Path.cwd()), str(marker))] = (
                f"{node['NodeID'][:8]} ({node['NodeManagerHostname']})"
            )
    found = []
    for answer, node in asked.items():
        try:
            lacks, other = ray.get(answer)
        except (ray.exceptions.NodeDiedError, ray.exceptions.TaskUnschedulableError):
            continue  # it has left the cluster
        except ray.exceptions.RayError as error:
            reason = first_line(getattr(error, "cause", None) or error)
            found.append(f"node {node}: cannot run vtc-r1 ({reason}): install vtc-r1 {PACKAGE} on it")
            continue
        if other != PACKAGE:
            found.append(
                f"node {node}: has vtc-r1 {other}, and this is {PACKAGE}: install the same on all nodes"
            )
        if lacks is not None and (lacks != str(marker) or marker.is_file()):
            found.append(f"node {node}: {lacks} is not there: {SHARE}")
    return found


def _look(folder: str, marker: str) -> tuple[str | None, str]:
    """Return which of two paths is not there, and the version of the package; runs on a node."""
    lacks = folder if not Path(folder).is_dir() else None if Path(marker).is_file() else marker
    return lacks, PACKAGE


def cpus_of(job: Job, cluster: Cluster) -> int:
    """Return how many CPUs a job claims: what its command uses, so that nodes are not overcommitted."""
    if job.kind == "data":
        if job.values.get("engine") == "ray":
            return 0  # its own tasks claim what they use; to claim more here could keep them waiting for it
        return int(job.values.get("workers") or cluster.cpus)
    return max(1, gpus_of(job))
