"""What must be there before a study starts: packages, weights, data, GPUs, disk, secrets, free ports."""

import os
import shutil
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from vtc_r1.errors import VtcError, require
from vtc_r1.study.identity import HUB_ID, cached_commit, hub_cache
from vtc_r1.study.jobs import Job, Jobs, Server
from vtc_r1.study.process import leaking
from vtc_r1.study.refusals import Refusals
from vtc_r1.study.serving import port_is_free, sglang_python
from vtc_r1.study.study import Study
from vtc_r1.study.training import NEW_OR_EMBEDDED

_GATED = {"gpqa-diamond"}  #: benchmarks whose rows need a token of the hub
_ROOM = 1.1  #: factor by which the free disk space must exceed the estimate


class Machine:
    """What this machine has; a test or a plan for another one replaces it."""

    def gpus(self) -> int:
        """Return the number of NVIDIA GPUs that programs may use here."""
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        if visible is not None:
            return len([one for one in visible.split(",") if one.strip() and one.strip() != "-1"])
        return len(list(Path("/proc/driver/nvidia/gpus").glob("*")))

    def free(self, path: Path) -> int:
        """Return the free bytes of the file system that holds a path, which need not exist yet."""
        while not path.exists():
            path = path.parent
        return shutil.disk_usage(path).free


def check_ready(
    study: Study,
    jobs: Jobs,
    owed: Iterable[Job],
    refusals: Refusals,
    *,
    disk: float,
    here: bool = True,
    machine: Machine | None = None,
) -> None:
    """Record everything that the owed jobs need and do not have.

    Args:
        study: the study.
        jobs: its jobs.
        owed: those that are to be done.
        refusals: takes what is missing.
        disk: bytes that they will need.
        here: they run on this machine; False where they are submitted to another one, whose GPUs, ports and
            packages are not known.
        machine: what this machine has.
    """
    machine, wanted = machine or Machine(), list(owed)
    for name in study.secrets:
        if not os.environ.get(name):
            refusals.add("", f"the secret {name} is not set: export {name}=…")
    for name in leaking():
        refusals.add(
            "", f"{name} is set and would change solves: unset it, and write its value into the study"
        )
    if Path("vtc.toml").is_file():
        refusals.add("", "vtc.toml in this folder would change solves: run the study from another folder")
    hub = Hub()
    servers = {job.server.step: job.server for job in wanted if job.server is not None}
    for server in servers.values():
        if server.base_url is not None:
            _check_address(server, refusals)
        else:
            _check_weights(server.step, server.model, jobs, hub, refusals)
            if here:
                _check_launch(server, refusals)
    for job in wanted:
        _check_inputs(job, jobs, hub, refusals)
        if here:
            with refusals.of(job.step):
                _require(job)
    if here:
        _check_gpus(study, wanted, list(servers.values()), machine, refusals)
        free = machine.free(jobs.store.absolute())
        if disk * _ROOM > free:
            need, there = f"{disk / 1e9:,.0f} GB", f"{free / 1e9:,.0f} GB"
            refusals.add(
                "", f"the store needs about {need} and {jobs.store} has {there} free: name another --store"
            )


class Hub:
    """Whether the hub of models and data sets can be reached, asked once and only if need be."""

    def __init__(self) -> None:
        self._asked = False
        self._why: str | None = None

    def why_not(self) -> str | None:
        """Return why it cannot be reached, None if it can."""
        if not self._asked:
            self._asked = True
            if find_spec("huggingface_hub") is None:
                self._why = "huggingface_hub is not installed"
            elif os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON"):
                self._why = "HF_HUB_OFFLINE is set"
            else:
                from vtc_r1.hub import unreachable

                self._why = unreachable()
        return self._why


def _require(job: Job) -> None:
    """Raise MissingExtra for a package that a job needs."""
    what = f"a step of kind {job.kind}"
    match job.kind:
        case "data":
            require("pyarrow", extra="data", what=what)
            if job.values.get("engine") == "ray":
                require("ray", extra="ray", what="engine = ray")
        case "sft":
            assert job.recipe is not None
            recipe = job.recipe.recipe
            needed = ["torch", "transformers", "accelerate", *(["peft"] if recipe.lora else [])]
            require(*needed, *([] if recipe.curriculum else ["pyarrow"]), extra="train", what=what)
            if job.recipe.strategy == "zero3":
                require("deepspeed", extra="deepspeed", what="strategy = zero3")
        case "grpo":
            require("torch", "transformers", extra="train", what=what)
        case "sample":
            require("pyarrow", extra="data", what=what)
    is_here = job.server is None and "base_url" not in job.values
    if is_here and job.kind in ("eval", "sample", "probe") and job.values.get("reader", "model") == "model":
        require("torch", "transformers", extra="local", what="a model in this process")
    if job.kind == "eval":
        from vtc_r1.eval.benchmark import benchmark

        for name in job.values.get("benchmarks") or ():
            if benchmark(name).grader.startswith("mathematics"):
                require("math_verify", "pebble", extra="eval", what=f"benchmark {name}")


def _check_inputs(job: Job, jobs: Jobs, hub: Hub, refusals: Refusals) -> None:
    """Record weights and data that a job takes and that are not there."""
    if job.recipe is not None:
        _check_weights(job.step, job.recipe.recipe.model, jobs, hub, refusals)
        made = {str(jobs.result(one)) for one in jobs.every}
        for folder in job.recipe.recipe.data:
            if folder not in made and not Path(folder).is_dir():
                refusals.add(
                    job.step, f"data = {folder}: there is no such folder; vtc-r1 data build makes it"
                )
    elif job.grpo is not None:
        _check_weights(job.step, job.grpo.recipe.model, jobs, hub, refusals)
    elif job.server is None and "base_url" not in job.values and "model" in job.values:
        _check_weights(job.step, str(job.values["model"]), jobs, hub, refusals)
    if isinstance(tokenizer := job.values.get("tokenizer"), str) and not tokenizer.startswith("http"):
        _check_weights(job.step, tokenizer, jobs, hub, refusals)
    for key in ("file", "legibility", "system_file"):
        value = job.values.get(key)
        if isinstance(value, str) and not Path(value).exists() and str(jobs.store) not in value:
            refusals.add(job.step, f"{key} = {value}: there is no such file")
    if job.kind == "data":
        _check_source(job, hub, refusals)
    if job.kind == "eval" and "file" not in job.values:
        for name in job.values.get("benchmarks") or ():
            _check_benchmark(job.step, name, hub, refusals)


def _check_weights(step: str, model: str, jobs: Jobs, hub: Hub, refusals: Refusals) -> None:
    if model in NEW_OR_EMBEDDED or model in {str(jobs.result(job)) for job in jobs.every}:
        return
    if Path(model).is_dir():
        if not (Path(model) / "config.json").is_file():
            refusals.add(step, f"{model}: holds no checkpoint (config.json is missing)")
    elif not HUB_ID.fullmatch(model):
        refusals.add(
            step,
            f"{model}: there is no such folder, and it is not a hub id such as Qwen/Qwen3-VL-8B-Instruct",
        )
    elif cached_commit(model) is None:
        refusals.add(step, f"the weights of {model} are not in {hub_cache()}: hf download {model}")


def _check_source(job: Job, hub: Hub, refusals: Refusals) -> None:
    from vtc_r1.sft.sources.opening import EXAMPLE

    source = str(job.values.get("source"))
    if source == EXAMPLE or Path(source).exists():
        return
    if not HUB_ID.fullmatch(source):
        refusals.add(job.step, f"source = {source}: there is no such file, and it is not a hub id")
    elif (why := hub.why_not()) is not None:
        get = f"hf download --repo-type dataset {source} --local-dir FOLDER where there is a network"
        refusals.add(job.step, f"source = {source} is on the hub, and {why}: {get}, then source = FOLDER")


def _check_benchmark(step: str, name: str, hub: Hub, refusals: Refusals) -> None:
    from vtc_r1.eval.benchmark import benchmark

    with refusals.of(step):
        dataset = benchmark(name).dataset
        if dataset is None:
            return
        require("datasets", extra="eval", what=f"benchmark {name}")
        if name in _GATED and not _has_token():
            refusals.add(
                step,
                f"benchmark {name}: its rows are gated: accept their terms on the hub and export HF_TOKEN=…",
            )
        if not _has_rows(dataset) and (why := hub.why_not()) is not None:
            refusals.add(
                step,
                f"benchmark {name}: {dataset} is not in the cache, and {why}: load it once where there is a "
                "network and copy HF_HOME here, or give its rows by file = …",
            )


def _has_token() -> bool:
    home = os.environ.get("HF_HOME")
    kept = Path(home) if home else Path.home() / ".cache" / "huggingface"
    return bool(os.environ.get("HF_TOKEN")) or (kept / "token").is_file()


def _has_rows(dataset: str) -> bool:
    """Tell whether the library `datasets` has a data set in its cache."""
    home = os.environ.get("HF_HOME")
    base = Path(home) if home else Path.home() / ".cache" / "huggingface"
    cache = Path(os.environ.get("HF_DATASETS_CACHE") or base / "datasets")
    return (cache / dataset.replace("/", "___")).is_dir() or (
        cache / dataset.replace("/", "___").lower()
    ).is_dir()


def _check_address(server: Server, refusals: Refusals) -> None:
    from vtc_r1.backends.wire.server import Server as Wire

    assert server.base_url is not None
    try:
        answer = Wire(server.base_url, timeout=5).get("/models")
    except VtcError as error:
        refusals.add(
            server.step,
            f"{server.base_url} does not answer ({error}): start it, or give model alone to have it launched",
        )
        return
    names = [one.get("id") for one in answer.at("data") or () if isinstance(one, dict)]
    if answer.status in (401, 403):
        refusals.add(server.step, f"{server.base_url} rejects the key: export VTC_API_KEY=…")
    elif server.model not in names:
        refusals.add(
            server.step,
            f"{server.base_url} does not serve {server.model}, but {', '.join(map(str, names)) or 'nothing'}",
        )


def _check_launch(server: Server, refusals: Refusals) -> None:
    from vtc_r1.sglang.interpreter import interpreter

    port = server.values.get("port")
    if isinstance(port, int) and not port_is_free(port, str(server.values.get("host", "127.0.0.1"))):
        refusals.add(server.step, f"port {port} is in use: give another port, or none for a free one")
    routed = bool(server.values.get("router"))
    with refusals.of(server.step):
        interpreter(
            server.values.get("python") or sglang_python(),
            ("sglang", "sglang_router") if routed else ("sglang",),
        )


def _check_gpus(
    study: Study, jobs: list[Job], servers: list[Server], machine: Machine, refusals: Refusals
) -> None:
    needs: list[tuple[str, int]] = []
    for job in jobs:
        if job.recipe is not None and (job.recipe.strategy or job.recipe.recipe.precision == "bf16"):
            needs.append((job.step, job.recipe.gpus))
    for server in servers:
        cpu = any(word == "cpu" for word in server.values.get("extra") or ())
        if server.base_url is None and not cpu:
            copies = int(server.values.get("dp") or server.values.get("replicas") or 1)
            needs.append((server.step, copies * int(server.values.get("tp") or 1)))
    there = machine.gpus() if needs else 0
    for step, number in dict(needs).items():
        if number > there:
            refusals.add(
                step,
                f"needs {number} GPU{'s' * (number > 1)}, and this machine has {there or 'none'}: "
                "run it where they are, or write a cluster's batch files by --on slurm",
            )
