"""Estimates of jobs: seconds, GPU-seconds, bytes on disk and tokens, each None if unknown."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from vtc_r1.errors import VtcError
from vtc_r1.spec import listed
from vtc_r1.study import rates
from vtc_r1.study.jobs import Job, Jobs, Server
from vtc_r1.study.training import NEW_OR_EMBEDDED

UNKNOWN = "unknown"
_SIZES = ("32b", "8b", "4b", "2b")


@dataclass(frozen=True)
class Estimate:
    """An estimate for one job."""

    seconds: float | None = None  #: wall time
    gpu_seconds: float | None = 0.0  #: the same times the GPUs; None if unknown
    disk: float | None = None  #: bytes in the store
    tokens: float | None = None  #: read or written by the model
    basis: str = UNKNOWN  #: the source of the estimate
    too_large: str = ""  #: what does not fit, in words; empty if it fits or is unknown


class Estimator:
    """Estimates jobs, from measurements of like jobs in the store if there are any.

    Args:
        jobs: all jobs of the study.
        machine: the table `machine` of the study.
        records: records of finished jobs in the store.
    """

    def __init__(self, jobs: Jobs, machine: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> None:
        self._jobs, self._machine = jobs, machine
        self._measured: dict[str, list[float]] = {}
        for record in records:
            units, seconds = record.get("units"), record.get("seconds")
            if units and seconds and record.get("begun") == 1:
                self._measured.setdefault(str(record.get("rate")), []).append(seconds / units)
        self._by_hash = {job.hash: job for job in jobs.every}

    def of(self, job: Job) -> Estimate:
        """Estimate a job."""
        try:
            found = getattr(self, f"_{job.kind}", self._unknown)(job)
            units, known = self.units(job), self._measured.get(self.rate(job))
        except (VtcError, TypeError, ValueError):  # the check of the keys reports it
            return Estimate()
        if units and known:
            seconds = units * median(known)
            gpus = self._gpus(job)
            return Estimate(seconds, seconds * gpus, found.disk, found.tokens, "measured in this store")
        return found

    def units(self, job: Job) -> float | None:
        """Return the size of a job, in units of its kind: rows, steps × examples, solves."""
        match job.kind:
            case "data":
                return self._rows(job)
            case "sft":
                steps = job.recipe.recipe.steps if job.recipe else None
                return float(steps * job.recipe.recipe.batch) if steps and job.recipe else None
            case "eval" | "sample":
                return self._solves(job)
        return None

    def rate(self, job: Job) -> str:
        """Return a key that jobs with about the same seconds per unit share."""
        match job.kind:
            case "sft":
                assert job.recipe is not None
                recipe = job.recipe.recipe
                return f"sft {recipe.family} {recipe.curriculum} {recipe.cutoff} {job.recipe.gpus}"
            case "eval" | "sample":
                served = job.server.step if job.server else "here"
                named = job.values.get("benchmarks") or job.values.get("problems")
                return f"{job.kind} {served} {named} {job.values.get('memory')} {job.values.get('limit')}"
        return f"{job.kind} {job.values.get('profile')} {job.values.get('segment_tokens')}"

    def _unknown(self, job: Job) -> Estimate:
        return Estimate()

    def _weights(self, job: Job) -> Estimate:
        return Estimate(rates.TORCH + 10, 0.0, rates.TINY_BYTES / 3, 0.0, "measured rate of the tiny model")

    def _data(self, job: Job) -> Estimate:
        rows = self._rows(job)
        if rows is None:
            return Estimate()
        workers = job.values.get("workers") or min(rows / 64 + 1, os.cpu_count() or 1)
        tokens = rows * rates.ROW_TOKENS
        drawn = 0 if job.values.get("memory") == "single" else rows * rates.ROW_VISION
        disk = drawn / rates.PAGE_TOKENS * rates.PAGE_BYTES + rows * rates.ROW_TOKENS * 4
        basis = f"{rows:,.0f} rows of {rates.ROW} s a core" + (
            "" if rows < 1_000 else ", tokens of arXiv 2601.22069"
        )
        return Estimate(rates.START + rows * rates.ROW / workers, 0.0, disk, tokens + drawn, basis)

    def _sft(self, job: Job) -> Estimate:
        assert job.recipe is not None
        recipe = job.recipe.recipe
        examples = self._examples(recipe.data)
        passes = recipe.accumulation * recipe.batch * job.recipe.gpus
        trained = recipe.steps * passes if recipe.steps else examples and examples * recipe.epochs
        if recipe.model in NEW_OR_EMBEDDED or recipe.family == "nano":
            if trained is None:
                return Estimate(disk=rates.EMBEDDED_BYTES)
            each = rates.EMBEDDED_EXAMPLE
            seconds = rates.TORCH + rates.CHECKPOINT + trained * each
            return Estimate(seconds, 0.0, rates.EMBEDDED_BYTES, None, "measured rate of the embedded model")
        if self._is_tiny(recipe.model) and trained is not None:
            seconds = rates.TORCH + rates.CHECKPOINT + trained * rates.TINY_EXAMPLE
            return Estimate(seconds, 0.0, rates.TINY_BYTES, None, "measured rate of the tiny model")
        shape, gpu = self._shape(recipe.model), self._gpu()
        if shape is None or trained is None:
            return Estimate(gpu_seconds=None)
        states = 0.02 if recipe.lora else 1.0
        disk = shape.weight_bytes + recipe.keep * states * shape.parameters * rates.STATE_BYTES
        tokens = trained * (rates.ROW_TOKENS + rates.ROW_VISION) / rates.ROW_EXAMPLES
        if gpu is None:
            return Estimate(None, None, disk, tokens, "name a GPU: [machine] gpu = …")
        from vtc_r1.sft.training.estimate import estimate

        found = estimate(recipe, None, gpu, job.recipe.gpus)
        share = trained / (found.steps * passes)  # of the examples that are assumed without data
        seconds = 3_600 * found.run_hours * min(1.0, share)
        fits = (
            ""
            if found.fits
            else f"{found.bytes / 1e9:,.0f} GB on each {gpu.name}, of {found.room / 1e9:,.0f}"
        )
        basis = f"vtc-r1 train --estimate, {found.source}"
        return Estimate(seconds, seconds * job.recipe.gpus, disk, tokens, basis, fits)

    def _eval(self, job: Job) -> Estimate:
        solves = self._solves(job)
        if solves is None:
            return Estimate(gpu_seconds=None)
        disk = solves * rates.SAMPLE_BYTES
        if job.server is None:
            iterations = float(job.values.get("max_iterations") or 4)
            seconds = rates.START + rates.TORCH + solves * iterations * rates.EMBEDDED_SEGMENT
            return Estimate(seconds, 0.0, disk, None, "measured rate of the embedded model")
        return self._served(job, job.server, solves, disk)

    def _sample(self, job: Job) -> Estimate:
        return self._eval(job)

    def _served(self, job: Job, server: Server, solves: float, disk: float) -> Estimate:
        """Estimate solves by a served model, by the planner's roofline."""
        from vtc_r1.memory import memory_policy
        from vtc_r1.sglang.plan import Load, estimate
        from vtc_r1.sglang.roofline import Roofline

        if self._is_tiny(server.model):
            seconds = rates.START + solves * rates.TINY_SOLVE
            return Estimate(seconds, 0.0, disk, None, "measured rate of the tiny model")
        shape, gpu = self._shape(server.model), self._gpu()
        length = int(self._machine.get("reasoning_tokens", rates.REASONING))
        tokens = solves * length
        if shape is None or gpu is None:
            return Estimate(
                None,
                None,
                disk,
                tokens if shape else None,
                "name a GPU: [machine] gpu = …" if shape else "unknown",
            )
        kind = memory_policy(listed(str(job.values.get("memory") or "optical"))[0], trusted=True).kind
        policy = "single" if kind.max_iterations == 1 else "optical" if kind.draws else "text"
        load = Load(concurrency=int(job.values.get("concurrency") or 8))
        found = estimate(Roofline(shape, gpu), load, policy, length)
        copies = int(server.values.get("dp") or server.values.get("replicas") or 1)
        gpus = copies * int(server.values.get("tp") or 1)
        seconds = rates.START + solves / (found.solves_a_second * gpus)
        basis = f"vtc-r1 plan, {length:,} tokens a solve: an assumption"
        return Estimate(seconds, seconds * gpus, disk, tokens, basis)

    def _probe(self, job: Job) -> Estimate:
        pages = job.values.get("pages")
        if job.server is not None or pages is None:
            return Estimate(gpu_seconds=None if job.server else 0.0)
        return Estimate(rates.TORCH + pages * rates.PROBE_PAGE * 7, 0.0, 1e6, None, "measured rate")

    def _report(self, job: Job) -> Estimate:
        return Estimate(rates.START, 0.0, 5e6, 0.0, "measured")

    def _rows(self, job: Job) -> float | None:
        source, limit = job.values.get("source"), job.values.get("limit")
        known = rates.ROWS.get(str(source))
        path = Path(str(source))
        if known is None and path.is_file() and path.suffix == ".jsonl":
            with path.open("rb") as file:
                known = sum(1 for _ in file)
        if known is None:
            return None if limit is None else float(limit)
        return float(known if limit is None else min(known, limit))

    def _examples(self, folders: Sequence[str]) -> float | None:
        """Return how many examples data sets of this study will have, None if one is from elsewhere."""
        made = {str(self._jobs.result(job)): job for job in self._jobs.every}
        total = 0.0
        for folder in folders:
            job = made.get(folder)
            rows = self._rows(job) if job is not None and job.kind == "data" else None
            if job is None or rows is None:
                return None
            total += rows * (1.0 if job.values.get("memory") == "single" else rates.ROW_EXAMPLES)
        return total

    def _solves(self, job: Job) -> float | None:
        from vtc_r1.eval.benchmark import benchmark

        limit = job.values.get("limit")
        (name,) = job.values.get("benchmarks") or [job.values.get("problems") or ""]
        if not name:
            return None if limit is None else float(limit * (job.values.get("n") or 1))
        found = benchmark(name) if job.kind == "eval" else None
        size = _SIZE.get(Path(name).stem)
        problems = min(limit, size) if limit and size else limit or size
        if found is not None and found.generated is not None:
            drawn = getattr(found.generated, "problems", None)
            problems = min(limit, drawn) if limit and drawn else limit or drawn
        if problems is None:
            return None
        greedy = job.values.get("temperature") == 0
        samples = (
            1
            if greedy
            else job.values.get("samples") or job.values.get("n") or (found.samples if found else 1)
        )
        policies = len(listed(str(job.values.get("memory", "")))) + 1 if job.values.get("equal_tokens") else 1
        return float(problems * samples * policies)

    def _is_tiny(self, model: str) -> bool:
        """Tell whether a model is, or is trained from, one of few random weights."""
        job = next((job for job in self._jobs.every if model == str(self._jobs.result(job))), None)
        if job is None or job.recipe is None:
            return job is not None and job.kind == "weights"
        return self._is_tiny(job.recipe.recipe.model)

    def _shape(self, model: str) -> Any:
        """Return the shape of a known model, also of one that the study trains from it; None if unknown."""
        from vtc_r1.sglang.shapes import SHAPES

        for job in self._jobs.every:
            if job.recipe is not None and model == str(self._jobs.result(job)):
                return self._shape(job.recipe.recipe.model)
        name = model.rsplit("/", 1)[-1].lower()
        size = next((size for size in _SIZES if f"qwen3-vl-{size}" in name), None)
        return SHAPES.get(f"qwen3-vl-{size}")

    def _gpu(self) -> Any:
        from vtc_r1.sglang.gpus import gpu_named

        return gpu_named(self._machine["gpu"]) if "gpu" in self._machine else None

    def _gpus(self, job: Job) -> int:
        if "gpu" not in self._machine:
            return 0
        if job.recipe is not None:
            return job.recipe.gpus
        if job.server is not None and job.server.base_url is None:
            return int(job.server.values.get("tp") or 1) * int(job.server.values.get("dp") or 1)
        return 0


_SIZE = {"gsm8k": 1_319, "math500": 500, "aime24": 30, "aime25": 30, "amc23": 40, "gpqa-diamond": 198}
"""Problems of the paper's benchmarks."""
