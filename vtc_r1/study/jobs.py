"""The jobs of a study: every step as one command or several, each with a hash of all that determines it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vtc_r1.errors import UsageError
from vtc_r1.spec import listed
from vtc_r1.study.commands import Command, check_keys
from vtc_r1.study.identity import HUB_ID, Hashes, cached_commit, digest
from vtc_r1.study.kinds import KINDS
from vtc_r1.study.refusals import Refusals
from vtc_r1.study.study import MARK, Step, Study
from vtc_r1.study.training import (
    NEW_OR_EMBEDDED,
    LoadedGrpo,
    LoadedRecipe,
    load_grpo,
    load_step,
    recipe_keys,
)

FORMAT = 1  #: incremented when the same keys begin to give another result
_TAKES = {
    "data": {"data", "sample"},
    "model": {"sft", "grpo", "weights"},
    "server": {"serve"},
    "folders": {"eval"},
    "legibility": {"probe"},
    "tokenizer": {"sft", "grpo", "weights"},
}
"""The kinds of steps that a key may name."""
_HEX = 16  #: digits of a hash in the name of a folder
Values = dict[str, Any]


@dataclass(frozen=True)
class Server:
    """A model server that jobs ask."""

    step: str  #: the step that declares it
    hash: str  #: of all that determines its answers
    values: Values  #: its keys
    base_url: str | None = None  #: of a server that already runs; None for one to be launched
    needs: tuple[str, ...] = ()  #: hashes of the jobs that make its weights

    @property
    def model(self) -> str:
        """The name under which it serves its model."""
        return str(self.values["model"])


@dataclass(frozen=True)
class Job:
    """One command, done once."""

    step: str  #: the step that it belongs to
    kind: str  #: its kind
    label: str  #: for people
    hash: str  #: of all that determines its result
    values: Values  #: its keys, with the folders of other jobs in place of their steps
    identity: Values  #: what was hashed
    needs: tuple[str, ...] = ()  #: hashes of the jobs whose results it takes
    server: Server | None = None  #: the server that it asks
    recipe: LoadedRecipe | None = field(default=None, compare=False)  #: of a training on examples
    grpo: LoadedGrpo | None = field(default=None, compare=False)  #: of a training by reinforcement

    @property
    def place(self) -> str:
        """Name of its folder in the store."""
        return f"{self.kind}-{self.hash[:_HEX]}"


@dataclass
class Jobs:
    """All jobs of a study, in an order in which they can be done."""

    store: Path
    every: list[Job] = field(default_factory=list)
    servers: dict[str, Server] = field(default_factory=dict)  #: by step
    #: paths of local inputs, by step; for what must be there before the start
    files: dict[str, list[Path]] = field(default_factory=dict)

    def of(self, step: str) -> list[Job]:
        """Return the jobs of a step."""
        return [job for job in self.every if job.step == step]

    def folder(self, job: Job) -> Path:
        """Return the folder that a job's command writes."""
        return self.store / job.place / "out"

    def result(self, job: Job) -> Path:
        """Return what other jobs take from a job."""
        return self.folder(job) / KINDS[job.kind].makes


def keys_of(kind: str, commands: Mapping[str, Command]) -> set[str]:
    """Return the keys of a kind of step."""
    own = KINDS[kind]
    if kind in ("sft", "grpo"):
        return recipe_keys(kind) | own.more
    return {key for key in commands[kind].flags if key not in own.without} | own.more


def make_jobs(
    study: Study, store: Path, commands: Mapping[str, Command], hashes: Hashes, refusals: Refusals
) -> Jobs:
    """Make the jobs of a study; what is wrong with a step is recorded, and its jobs are left out."""
    jobs = Jobs(store)
    for step in study.steps:
        wrong = check_keys(step.name, step.kind, step.keys, keys_of(step.kind, commands))
        for error in wrong:
            refusals.add(step.name, error)
        if wrong or not _fits(step, study, refusals):
            continue
        with refusals.of(step.name):
            _add(step, study, jobs, commands[step.kind], hashes)
    return jobs


def _fits(step: Step, study: Study, refusals: Refusals) -> bool:
    """Record references that a key does not take; return whether there are none."""
    fits, kinds = True, {one.name: one.kind for one in study.steps}
    for key, name in step.references():
        if name not in kinds:  # reading the file reported it
            fits = False
            continue
        taken, kind = _TAKES.get(key, set()), kinds[name]
        if kind not in taken:
            steps = f"a step of kind {' or '.join(sorted(taken))}" if taken else "no step"
            refusals.add(
                step.name, f"{key} = {MARK}{name}: {key} takes {steps}, and {name} is of kind {kind}"
            )
            fits = False
    return fits


def _add(step: Step, study: Study, jobs: Jobs, command: Command, hashes: Hashes) -> None:
    """Make the jobs of one step; raises UsageError."""
    keys = dict(step.keys)
    if step.kind == "report" and not keys.get("folders"):
        keys["folders"] = [f"{MARK}{one.name}" for one in study.steps if one.kind == "eval"]
    if step.kind == "serve":
        jobs.servers[step.name] = _server(step, keys, jobs, hashes)
        return
    for label, values in _cells(step, keys):
        jobs.every.append(_job(step, label, values, jobs, command, hashes))


def _cells(step: Step, keys: Values) -> list[tuple[str, Values]]:
    """Divide an evaluation into its benchmarks, memory policies and seeds; other steps are one job."""
    if step.kind != "eval":
        return [(step.name, keys)]
    seeds = keys.pop("seeds", [0])
    if not (isinstance(seeds, list) and seeds and all(isinstance(one, int) for one in seeds)):
        raise UsageError(f"seeds = {seeds!r}: give a list of whole numbers, such as [0, 1, 2]")
    benchmarks = _listed(keys.pop("benchmarks", [])) or [""]
    memories = _memories(keys.pop("memory", None))
    if keys.get("equal_tokens"):
        memories = [",".join(one for one in memories if one)]
    cells = []
    for benchmark in benchmarks:
        for memory in memories:
            for seed in seeds:
                values = {**keys, "seed": seed}
                values |= {"benchmarks": [benchmark]} if benchmark else {}
                values |= {"memory": memory} if memory else {}
                parts = [step.name, Path(benchmark).stem, memory]
                parts += [f"seed {seed}"] if len(seeds) > 1 else []
                cells.append((" · ".join(part for part in parts if part), values))
    return cells


def _listed(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return value
    raise UsageError(f"benchmarks = {value!r}: give a list of names")


def _memories(value: object) -> list[str]:
    """Return memory policies in their full form; [""] leaves the choice to the command."""
    from vtc_r1.memory import memory_policy

    if value is None:
        return [""]
    given = listed(value) if isinstance(value, str) else value
    if not (isinstance(given, list) and given and all(isinstance(one, str) for one in given)):
        raise UsageError(f"memory = {value!r}: give policies, such as optical,text")
    return list(dict.fromkeys(memory_policy(one, trusted=True).name for one in given))


def _server(step: Step, keys: Values, jobs: Jobs, hashes: Hashes) -> Server:
    address = keys.get("base_url")
    if not isinstance(keys.get("model"), str):
        raise UsageError("model is missing: say what is served")
    if address is not None:
        for key in keys:
            if key not in ("base_url", "model"):
                raise UsageError(f"{key} is for a server that is launched: drop it, or base_url")
        return Server(step.name, digest({"served": keys["model"]}), keys, str(address))
    values, identity, needs = _resolved(step, keys, jobs, hashes)
    return Server(step.name, digest({"launched": identity}), values, None, needs)


def _job(step: Step, label: str, keys: Values, jobs: Jobs, command: Command, hashes: Hashes) -> Job:
    server = None
    if (name := keys.pop("server", None)) is not None:
        server = _named_server(step, name, keys, jobs)
    values, identity, needs = _resolved(step, keys, jobs, hashes)
    recipe = grpo = None
    if step.kind == "grpo":
        grpo = load_grpo(values)
        hashed_grpo = load_grpo({**values, **({"model": identity["model"]} if "model" in identity else {})})
        identity = {**hashed_grpo.recipe.model_dump(mode="json"), "files": identity["files"]}
    elif step.kind == "sft":
        recipe = load_step(values)
        hashed = load_step({**values, **{key: identity[key] for key in ("data", "model") if key in identity}})
        parallel: Values = {key: identity[key] for key in ("gpus", "strategy") if key in identity}
        identity = {**hashed.recipe.model_dump(mode="json"), **parallel, "files": identity["files"]}
    elif step.kind in ("eval", "sample", "probe") and server is None and "model" not in keys:
        identity["files"] = {**identity["files"], "model": _embedded(keys, hashes)}
    if server is not None:
        identity["server"] = server.hash
        needs += server.needs
    whole = {"format": FORMAT, "kind": step.kind, **_without_defaults(identity, command)}
    needed = tuple(dict.fromkeys(needs))
    return Job(step.name, step.kind, label, digest(whole), values, whole, needed, server, recipe, grpo)


def _embedded(keys: Values, hashes: Hashes) -> str:
    from vtc_r1.backends.embedded import checkpoint

    return str(keys["base_url"]) if "base_url" in keys else hashes.of(checkpoint())


def _named_server(step: Step, name: object, keys: Values, jobs: Jobs) -> Server:
    if not (isinstance(name, str) and name.startswith(MARK)):
        raise UsageError(f"server = {name!r}: name a step of kind serve, such as @serve, or give base_url")
    for key in ("base_url", "model"):
        if key in keys:
            raise UsageError(f"{key} and server are both given: keep one")
    server = jobs.servers.get(name.removeprefix(MARK))
    if server is None:
        raise UsageError(f"server = {name}: that step cannot be done, see there")
    return server


def _resolved(step: Step, keys: Values, jobs: Jobs, hashes: Hashes) -> tuple[Values, Values, tuple[str, ...]]:
    """Return keys as a command takes them, as they are hashed, and the jobs that they need."""
    kind, needs = KINDS[step.kind], list[str]()
    values: Values = {}
    identity: Values = {}
    files: dict[str, Any] = {}
    for key, value in keys.items():
        values[key] = _filled(step, value, jobs, needs)
        if key in kind.aside:
            continue
        identity[key] = _filled(step, value, jobs, [], hashed=True)
        if key in kind.files and (found := _content(step, key, value, jobs, hashes)):
            files[key] = found
    identity["files"] = files
    return values, identity, tuple(needs)


def _filled(step: Step, value: object, jobs: Jobs, needs: list[str], *, hashed: bool = False) -> Any:
    """Put the folders of jobs, or their hashes, in place of the steps that a value names."""
    if isinstance(value, list):
        filled = [_filled(step, one, jobs, needs, hashed=hashed) for one in value]
        return [one for part in filled for one in (part if isinstance(part, list) else [part])]
    if not (isinstance(value, str) and value.startswith(MARK)):
        return value
    found = jobs.of(value.removeprefix(MARK))
    if not found:
        raise UsageError(f"{value}: that step cannot be done, see there")
    needs += [job.hash for job in found]
    names = [MARK + job.hash if hashed else str(jobs.result(job)) for job in found]
    return names[0] if len(names) == 1 else names


def _content(step: Step, key: str, value: object, jobs: Jobs, hashes: Hashes) -> object:
    """Return what identifies the contents that a value names: hashes of files, commits of the hub."""
    found = []
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, str) or one.startswith(MARK):
            continue
        path = Path(one).expanduser()
        if path.exists() and one not in NEW_OR_EMBEDDED:
            jobs.files.setdefault(step.name, []).append(path)
            found.append(hashes.of(path))
        elif key in ("model", "tokenizer") and HUB_ID.fullmatch(one):
            found.append(cached_commit(one) or "not in the hub's cache")
    return found


def _without_defaults(identity: Values, command: Command) -> Values:
    """Leave out keys that have their default values, so that spelling out a default repeats no job."""
    flags = command.flags
    return {
        key: value
        for key, value in identity.items()
        if not (key in flags and value == flags[key].default) and value is not None and value != {}
    }
