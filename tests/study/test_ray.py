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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.cli.command import Result, arguments, environment, vtc
from tests.cli.test_equal_causes import ABSENT
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
for _ in range(1, int(sys.argv[1])):
    cluster.add_node(**node())
cluster.wait_for_nodes(timeout=3_600)
print("\\naddress", cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
"""
PATIENT = {
    "RAY_worker_niceness": "0",
    "RAY_memory_monitor_refresh_ms": "0",
    "RAY_raylet_start_wait_time_s": "3600",
    "RAY_agent_register_timeout_ms": "3600000",
    "RAY_worker_register_timeout_seconds": "3600",
    "RAY_health_check_initial_delay_ms": "3600000",
    "RAY_health_check_timeout_ms": "3600000",
}
"""On a busy machine processes of Ray may start late and have little memory: that is no failure."""
_TRIES = 3  #: to start a cluster: another program may take a port between its choice and its use
SEVEN = Reply("So <answer>7</answer> \\boxed{7}.")
_VARIES = re.compile(r"seconds|latency|_at$|started|created")


@contextmanager
def started(nodes: int, **more: str) -> Iterator[str]:
    """A cluster of nodes with one CPU each, which ends with this process; its address."""
    pytest.importorskip("ray")
    pytest.importorskip("pyarrow")
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # a socket's path must be short
    try:
        for _ in range(_TRIES):
            process = subprocess.Popen(
                [sys.executable, "-c", CLUSTER, str(nodes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=environment(**PATIENT, **more, RAY_TMPDIR=folder),
            )
            with process:
                assert process.stdin is not None and process.stdout is not None
                address = next(
                    (line.split()[1] for line in process.stdout if line.startswith("address ")), None
                )
                if address is not None:
                    yield address
                    return
        pytest.fail("the cluster did not start")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    with started(2) as address:
        yield address


def ran(*words: str | Path, cwd: Path) -> Result:
    """Run a command to its end, however long it takes."""
    done = subprocess.run(arguments(*words), cwd=cwd, env=environment(), capture_output=True, check=False)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def test_two_nodes_come_to_what_one_process_does(cluster: str, serve: Serve, tmp_path: Path) -> None:
    both = threading.Barrier(2)

    def answer(_: object) -> Reply:
        with suppress(threading.BrokenBarrierError):
            both.wait()  # until the other evaluation asks too: with one CPU, it is on the other node
            both.abort()
        return SEVEN

    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    server = serve(answer)
    file = declare(here, DATA + EVAL, server)
    shutil.copytree(here, there)
    done = ran("study", file, "--on", "ray", "--ray", cluster, cwd=there)
    both.abort()
    assert done.code == 0, done.err
    assert done.err.count(": submitted") == 4 and done.err.count(": done on node") == 4, done.err
    alone = ran("study", file, cwd=here)
    assert alone.code == 0, alone.err
    assert (result(there), done.out) == (result(here), alone.out)
    assert _lasting(there) == _lasting(here)
    spent = json.loads((there / "studies" / "small" / "result.json").read_bytes())["spent"]
    assert len({spent[f"eval · {memory}"].pop("node") for memory in ("optical", "forget")}) == 2
    again = ran("study", file, "--on", "ray", "--ray", cluster, "--plan", cwd=there)
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
    done = ran(*words, cwd=tmp_path)
    assert done.code == 0, done.err
    spent = json.loads((tmp_path / "studies" / "small" / "result.json").read_bytes())["spent"]
    assert (len(killed), spent["eval · forget"]["begun"]) == (1, 2)
    assert [row["problems"] for row in result(tmp_path)["table"]] == [3]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_an_ended_study_ends_its_tasks_and_goes_on(
    cluster: str, serve: Serve, tmp_path: Path, ending: signal.Signals
) -> None:
    asked: list[int] = []
    second, go_on = threading.Event(), threading.Event()

    def answer(_: object) -> Reply:
        asked.append(len(asked))
        if len(asked) == 2:
            second.set()
            go_on.wait()
        return SEVEN

    file = declare(tmp_path, EVAL, serve(answer))
    words = ("study", file, "--set", "eval.memory=forget", "--on", "ray", "--ray", cluster)
    study = subprocess.Popen(
        arguments(*words), cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True
    )
    with study:
        while not second.wait(0.1):
            assert study.poll() is None, study.communicate()[1]
        study.send_signal(ending)
        said = study.communicate()[1]
    assert (study.returncode, _worker(tmp_path)) == (130, 0), said
    assert said.endswith("study: stopping 1 task; each stores what it has\nvtc-r1: interrupted\n"), said
    store = tmp_path / "studies" / "store"
    assert not [*store.glob("eval-*/done.json")] and not [*tmp_path.rglob("*.tmp")]
    (samples,) = store.glob("eval-*/out/*/*/samples.jsonl")
    statuses = [json.loads(line)["trace"]["status"] for line in samples.read_text("utf-8").splitlines()]
    assert statuses == ["answered"], "what was finished is stored, and nothing else"
    go_on.set()
    done = ran(*words, cwd=tmp_path)
    assert done.code == 0, done.err
    assert [row["problems"] for row in result(tmp_path)["table"]] == [3]
    assert len(asked) == 4, "the problem that was solved before is not solved again"


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
    found = reasons(ran("study", file, "--on", "ray", "--ray", cluster, cwd=tmp_path))
    assert found == [
        f"data: needs 3 CPUs on one node, and {largest} 1: lower workers",
        f"the server of serve, beside eval: needs 2 GPUs on one node, and {largest} none: add such a node; "
        "or lower tp or dp, or give base_url of a server",
    ]


def test_nodes_that_lack_something_are_refused_at_once(tmp_path: Path) -> None:
    other = tmp_path / "other" / "vtc_r1-0.0.1.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.4\nName: vtc-r1\nVersion: 0.0.1\n", "utf-8")
    file = declare(tmp_path, DATA)
    with started(1, PYTHONPATH=str(other.parent)) as cluster:
        words = ("study", file, "--on", "ray", "--ray", cluster)
        own = "/proc/self/cwd/store"  # for every process another folder, like one that is not shared
        version, shared = reasons(ran(*words, "--store", own, cwd=tmp_path))
        planned = ran(*words, "--plan", cwd=tmp_path)
    node = r"node [0-9a-f]{8} \(.+\)"
    now = re.escape(metadata.version("vtc-r1"))
    differs = f"{node}: has vtc-r1 0.0.1, and this is {now}: install the same on all nodes"
    assert re.fullmatch(differs, version)
    remedy = "run the study in a folder of a file system that all nodes share"
    assert re.fullmatch(f"{node}: {own}/vtc-r1-store.json is not there: {remedy}", shared)
    assert (planned.code, not (tmp_path / "studies").exists()) == (2, True), planned.err
    assert re.fullmatch(f"vtc-r1: study small cannot start: {differs}\n", planned.err)


def test_no_cluster_is_told_with_the_remedy(serve: Serve, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    file = declare(tmp_path, DATA)
    remedy = "start one (ray start --head), or name its address by --ray"
    done = ran("study", file, "--on", "ray", "--ray", "127.0.0.1:9", cwd=tmp_path)
    assert done.code == 2 and f"no Ray cluster at 127.0.0.1:9: Connection refused; {remedy}" in done.error
    address = urlsplit(serve(lambda _: SEVEN).base_url).netloc
    done = ran("study", file, "--on", "ray", "--ray", address, cwd=tmp_path)
    assert done.code == 2
    assert f"no Ray cluster at {address}: something else listens there; {remedy}" in done.error
    done = ran("study", file, "--on", "ray", "--ray", "somewhere", cwd=tmp_path)
    assert done.code == 2 and "--ray 'somewhere': give HOST:PORT" in done.error


def test_what_ray_needs_is_told_without_it(tmp_path: Path) -> None:
    file = declare(tmp_path, DATA)
    done = vtc("study", file, "--ray", "127.0.0.1:9", cwd=tmp_path)
    assert done.code == 2 and "--ray 127.0.0.1:9: is for --on ray" in done.error
    (tmp_path / "sitecustomize.py").write_text(ABSENT, encoding="utf-8")
    done = vtc("study", file, "--on", "ray", cwd=tmp_path, PYTHONPATH=str(tmp_path), ABSENT="ray")
    assert done.code == 2 and "--on ray needs ray, which is not installed: " in done.error
    assert "[ray]" in done.error, "the extra"


def _worker(folder: Path) -> int:
    """Return the process of Ray whose task runs a study in a folder; 0 if there is none."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            named = b"vtc_r1.cli.study.node" in (process / "cmdline").read_bytes()
            if named and (process / "cwd").readlink() == folder:
                stat = (process / "stat").read_text("utf-8")
                return int(stat.rpartition(")")[2].split()[1])
    return 0


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
