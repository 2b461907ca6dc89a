"""`vtc-r1 study --on ray`, on a cluster of two nodes of one CPU each, which are processes on this machine."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import arguments, environment, vtc
from tests.conftest import Serve
from tests.loopback import Reply
from tests.study.declared import DATA, EVAL, declare, reasons, result

pytestmark = pytest.mark.process

CLUSTER = """
import socket, sys
from ray.cluster_utils import Cluster

def node():
    names = ["metrics_agent", "metrics_export", "dashboard_agent_listen", "runtime_env_agent"]
    probes = {name: socket.socket() for name in names}
    for probe in probes.values():
        probe.bind(("127.0.0.1", 0))
    ports = {f"{name}_port": probe.getsockname()[1] for name, probe in probes.items()}
    for probe in probes.values():
        probe.close()
    own = {"num_cpus": 1, "num_gpus": 0, "object_store_memory": 80_000_000, "include_log_monitor": False}
    return {**own, **ports}  # where Ray chose ports itself, it would wait 15 s for its agents, and not longer

cluster = Cluster(initialize_head=True, head_node_args={
    "include_dashboard": False, "no_monitor": True, **node(),
})
cluster.add_node(**node())
cluster.wait_for_nodes()
print("\\naddress", cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
"""
PATIENT = {
    "RAY_raylet_start_wait_time_s": "600",
    "RAY_agent_register_timeout_ms": "600000",
    "RAY_worker_register_timeout_seconds": "600",
    "RAY_health_check_initial_delay_ms": "600000",
    "RAY_health_check_timeout_ms": "600000",
}
"""On a busy machine processes of Ray may start late: that is no failure."""
SEVEN = Reply("So <answer>7</answer> \\boxed{7}.")
LONGEST = 120.0  #: seconds that a test waits for what must come
_VARIES = re.compile(r"seconds|latency|_at$|started|created")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """A cluster; its address. It ends with this process."""
    pytest.importorskip("ray")
    pytest.importorskip("pyarrow")
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # a socket's path must be short
    process = subprocess.Popen(
        [sys.executable, "-c", CLUSTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(**PATIENT, RAY_TMPDIR=folder),
    )
    assert process.stdin is not None and process.stdout is not None
    address = next((line.split()[1] for line in process.stdout if line.startswith("address ")), None)
    try:
        assert address is not None, "the cluster did not start"
        yield address
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def test_two_nodes_come_to_what_one_process_does(cluster: str, serve: Serve, tmp_path: Path) -> None:
    both = threading.Barrier(2)

    def answer(_: object) -> Reply:
        with suppress(threading.BrokenBarrierError):
            both.wait(LONGEST)  # until the other evaluation asks too: with one CPU, it is on the other node
        both.abort()
        return SEVEN

    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    server = serve(answer)
    file = declare(here, DATA + EVAL, server)
    shutil.copytree(here, there)
    done = vtc("study", file, "--on", "ray", "--ray", cluster, cwd=there)
    assert done.code == 0, done.err
    assert done.err.count(": submitted") == 4 and done.err.count(": done on node") == 4, done.err
    alone = vtc("study", file, cwd=here)
    assert alone.code == 0, alone.err
    assert (result(there), done.out) == (result(here), alone.out)
    assert _lasting(there) == _lasting(here)
    spent = json.loads((there / "studies" / "small" / "result.json").read_bytes())["spent"]
    assert len({spent[f"eval · {memory}"].pop("node") for memory in ("optical", "forget")}) == 2
    again = vtc("study", file, "--on", "ray", "--ray", cluster, "--plan", cwd=there)
    assert again.code == 0 and "4 of 4 jobs done" in again.out
    assert again.out.endswith(f"Ray cluster at {cluster}, 2 nodes: 2 with 1 CPU and 0 GPUs\n")


def test_a_worker_that_is_killed_loses_nothing(cluster: str, serve: Serve, tmp_path: Path) -> None:
    killed: list[int] = []

    def answer(_: object) -> Reply:
        if not killed:
            killed.append(_worker(tmp_path))
            os.kill(killed[0], signal.SIGKILL)
        return SEVEN

    file = declare(tmp_path, EVAL, serve(answer))
    words = ("study", file, "--set", "eval.memory=forget", "--on", "ray", "--ray", cluster)
    done = vtc(*words, cwd=tmp_path)
    assert done.code == 0, done.err
    spent = json.loads((tmp_path / "studies" / "small" / "result.json").read_bytes())["spent"]
    assert (len(killed), spent["eval · forget"]["begun"]) == (1, 2)
    assert [row["problems"] for row in result(tmp_path)["table"]] == [3]


def test_an_interrupt_stops_the_tasks(cluster: str, serve: Serve, tmp_path: Path) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def answer(_: object) -> Reply:
        asked.set()
        go_on.wait(LONGEST)
        return SEVEN

    file = declare(tmp_path, EVAL, serve(answer))
    words = arguments("study", file, "--set", "eval.memory=forget", "--on", "ray", "--ray", cluster)
    study = subprocess.Popen(words, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True)
    assert asked.wait(LONGEST)
    study.send_signal(signal.SIGINT)
    assert study.stderr is not None
    said = ""
    while "stopping" not in said and (line := study.stderr.readline()):
        said += line
    go_on.set()
    said += study.communicate(timeout=LONGEST)[1]
    assert study.returncode == 130 and "study: stopping 1 task; each stores what it has" in said, said
    assert _worker(tmp_path, wait=False) == 0, "the task has ended"
    assert not [*(tmp_path / "studies" / "store").glob("eval-*/done.json")]


def test_what_a_cluster_cannot_do_is_refused_at_once(cluster: str, tmp_path: Path) -> None:
    launched = """
[steps.data]
source = "example"
workers = 3

[steps.serve]
model = "@weights"
tp = 2

[steps.weights]

[steps.eval]
server = "@serve"
file = "sums.jsonl"
"""
    file = declare(tmp_path, launched)
    largest = f"the largest node of the cluster at {cluster} has"
    found = reasons(vtc("study", file, "--on", "ray", "--ray", cluster, cwd=tmp_path))
    assert found == [
        f"data: needs 3 CPUs on one node, and {largest} 1: lower workers",
        f"the server of serve, beside eval: needs 2 GPUs on one node, and {largest} none: add such a node; "
        "or lower tp or dp, or give base_url of a server",
    ]


def test_no_cluster_is_told_with_the_remedy(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    file = declare(tmp_path, DATA)
    done = vtc("study", file, "--on", "ray", "--ray", "127.0.0.1:9", cwd=tmp_path)
    remedy = "start one (ray start --head), or name its address by --ray"
    assert done.code == 2 and f"no Ray cluster at 127.0.0.1:9: Connection refused; {remedy}" in done.error
    done = vtc("study", file, "--on", "ray", "--ray", "somewhere", cwd=tmp_path)
    assert done.code == 2 and "--ray 'somewhere': give HOST:PORT" in done.error
    done = vtc("study", file, "--ray", "127.0.0.1:9", cwd=tmp_path)
    assert done.code == 2 and "--ray 127.0.0.1:9: is for --on ray" in done.error


def _worker(folder: Path, *, wait: bool = True) -> int:
    """Return the process of Ray whose task runs a study in a folder; 0 if there is none."""
    deadline = time.monotonic() + LONGEST
    while True:
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                named = b"vtc_r1.cli.study.node" in (process / "cmdline").read_bytes()
                if named and (process / "cwd").readlink() == folder:
                    stat = (process / "stat").read_text("utf-8")
                    return int(stat.rpartition(")")[2].split()[1])
        if not wait or time.monotonic() > deadline:
            return 0
        time.sleep(0.05)


def _lasting(folder: Path) -> dict[str, Any]:
    """Return the rows and traces of a store by file, without what the clock decides."""
    found = {}
    for path in sorted((folder / "studies" / "store").glob("*/out/**/*.jsonl")):
        lines = path.read_text("utf-8").splitlines()
        found[str(path.relative_to(folder))] = [_without_times(json.loads(line)) for line in lines]
    assert found
    return found


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_times(one) for key, one in value.items() if not _VARIES.search(key)}
    return [_without_times(one) for one in value] if isinstance(value, list) else value
