"""The set-up of the VTC-R1 paper (arXiv 2601.22069), and where a study differs from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vtc_r1.study.commands import Command
from vtc_r1.study.jobs import Job, Jobs

SOURCE = "arXiv 2601.22069"
_DATA = {
    "source": "open-r1/OpenR1-Math-220k",
    "limit": None,
    "segmentation": "inftythink",
    "segment_tokens": 4_096,
    "profile": "paper",
    "styles": None,
    "reading": 0,
}
_TRAINING = {
    "learning_rate": 1e-5,
    "schedule": "cosine",
    "warmup": 0.1,
    "epochs": 1.0,
    "steps": None,
    "cutoff": 32_768,
    "freeze_vision": True,
    "freeze_projector": True,
    "lora": None,
    "optimizer": "adamw",
}
_SOLVES = {
    "temperature": 0.6,
    "top_p": 0.95,
    "max_iterations": 8,
    "segment_tokens": 8_192,
    "limit": None,
    "profile": "paper",
}
_MODELS = ("Qwen/Qwen3-VL-8B-Instruct", "zai-org/Glyph")
_MEMORIES = ("optical", "forget", "single")
_BENCHMARKS = ("gsm8k", "math500", "aime25", "amc23", "gpqa-diamond")
_SAMPLES = {"aime25": 16, "amc23": 16}


@dataclass(frozen=True)
class Difference:
    """One way in which a study is not the paper's."""

    step: str  #: where
    what: str  #: the key, or what it is about
    here: str  #: what the study has
    paper: str  #: what the paper has


def differences(jobs: Jobs, commands: Mapping[str, Command]) -> list[Difference]:
    """Return what differs from the paper's set-up, each once for every step."""
    found: dict[Difference, None] = {}
    for job in jobs.every:
        for one in _of(job, jobs, commands):
            found[one] = None
    return list(found)


def _of(job: Job, jobs: Jobs, commands: Mapping[str, Command]) -> list[Difference]:
    match job.kind:
        case "data":
            return _compared(job, _DATA, _whole(job, commands))
        case "sft":
            assert job.recipe is not None
            values = job.recipe.recipe.model_dump(mode="json")
            model = values["model"]
            found = _compared(job, _TRAINING, values)
            made = {str(jobs.result(one)) for one in jobs.every}
            if model not in _MODELS and model not in made:
                found.append(Difference(job.step, "model", str(model), " or ".join(_MODELS)))
            examples = values["batch"] * values["accumulation"] * job.recipe.gpus
            if not values["curriculum"] and values["batch"] * values["accumulation"] != 8:
                found.append(Difference(job.step, "examples a step", str(examples), "8 on each GPU"))
            if values["curriculum"]:
                found.append(Difference(job.step, "data", "a generated curriculum", "OpenR1-Math-220K"))
            return found
        case "grpo" | "sample":
            return [Difference(job.step, "step", f"a step of kind {job.kind}", "none")]
        case "eval":
            return _evaluation(job, commands)
    return []


def _evaluation(job: Job, commands: Mapping[str, Command]) -> list[Difference]:
    values = _whole(job, commands)
    found = [one for one in _compared(job, _SOLVES, values) if values.get(one.what) is not None]
    for name in values.get("benchmarks") or ("rows of a file",):
        if name not in _BENCHMARKS:
            found.append(Difference(job.step, "benchmark", str(name), "not evaluated"))
        elif (samples := values.get("samples")) is not None and samples != _SAMPLES.get(name, 1):
            found.append(Difference(job.step, f"samples of {name}", str(samples), str(_SAMPLES.get(name, 1))))
    memory = str(values.get("memory") or "optical")
    if memory.split(":")[0] not in _MEMORIES:
        found.append(Difference(job.step, "memory", memory, "not evaluated"))
    if values.get("equal_tokens"):
        found.append(Difference(job.step, "equal tokens", "yes", "not evaluated"))
    return found


def _whole(job: Job, commands: Mapping[str, Command]) -> dict[str, Any]:
    """Return a job's keys with the defaults of its command."""
    return {**{key: flag.default for key, flag in commands[job.kind].flags.items()}, **job.values}


def _compared(job: Job, paper: Mapping[str, Any], here: Mapping[str, Any]) -> list[Difference]:
    return [
        Difference(job.step, key, _said(here.get(key)), _said(value))
        for key, value in paper.items()
        if here.get(key) != value
    ]


def _said(value: object) -> str:
    return (
        "none"
        if value is None
        else f"{value:,}"
        if isinstance(value, int) and not isinstance(value, bool)
        else str(value)
    )
