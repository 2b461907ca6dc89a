"""Rounds of sampling on the small benchmark, with a model in this process that says what it is told to."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.eval.small import NAMES, OPEN, loaded
from tests.scripted import Scripted, Segment
from vtc_r1.backends.base import Request
from vtc_r1.eval.load import LoadedBenchmark
from vtc_r1.eval.runs import RunFolder, Sample
from vtc_r1.eval.setup import EVERYTHING, RunRequest, sample_seed
from vtc_r1.renderers import Page
from vtc_r1.settings import Settings
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.sampling.sample import build_solves, solve
from vtc_r1.sft.sampling.setup import Sampled, prepare

SEED = 7
SAMPLES = 3
Place = tuple[str, int, int]
"""A problem, one of its samples, and an iteration of it."""
Script = Callable[[str, int, int], Segment]
"""What the model says there."""


class Model(Scripted):
    """Knows where in which solve it is asked; keeps what it was asked there.

    Attributes:
        asked: the requests by problem, sample and iteration.
    """

    def __init__(self, script: Script) -> None:
        super().__init__(self._say)
        self.revision, self.script = "loaded", script
        self.asked: dict[Place, Request] = {}
        self._iterations: defaultdict[str, int] = defaultdict(int)

    def _say(self, request: Request) -> Segment:
        name = str(request.prompt.content[0]).split()[0]
        assert request.sampling.seed is not None
        sample = SEEDS[name, request.sampling.seed]
        place = name, sample, self._iterations[request.solve]
        self._iterations[request.solve] += 1
        self.asked[place] = request
        return self.script(*place)


SEEDS = {(name, sample_seed(SEED, name, sample)): sample for name in NAMES for sample in range(SAMPLES)}


def digit(name: str) -> str:
    """The right answer."""
    return f"\\boxed{{{NAMES.index(name) + 1}}}"


def counting(name: str, sample: int, iteration: int) -> Segment:
    """Three sittings, then the right answer."""
    return f"Sitting {iteration} of sample {sample} on {name}.\n" if iteration < 3 else digit(name)


def prepared(
    out: Path,
    model: Scripted,
    *,
    benchmark: LoadedBenchmark | None = None,
    samples: int = SAMPLES,
    options: dict[str, Any] | None = None,
    **settings: Any,
) -> Sampled:
    """What a command would put together."""
    wanted = RunRequest(Settings(**{"seed": SEED, **settings}), out.with_name("solves"), EVERYTHING, samples)
    usual = {"choose": "all", "shard_rows": 4}
    made = prepare(wanted, benchmark or loaded(), out, backend=model, **{**usual, **(options or {})})
    OPEN.append(made.setup.solver)
    return made


def sampled(out: Path, model: Scripted, *, drop_failed: bool = False, **options: Any) -> BuiltDataset:
    """One round, from problems to a data set."""
    made = prepared(out, model, **options)
    with Workspace(out, made.config) as workspace:
        build_solves(workspace, made, solve(made, drop_failed=drop_failed))
    return BuiltDataset(out)


def drops(data: BuiltDataset) -> list[tuple[str, int | None, str]]:
    """Problem, sample and reason of everything that was dropped."""
    import json

    lines = map(json.loads, (data.folder / "drops.jsonl").read_text("utf-8").splitlines())
    return [(line["uuid"], line["generation"], line["reason"]) for line in lines]


def shown(parts: Sequence[str | Page]) -> list[str]:
    """Content of a prompt in a form that can be compared: texts, and what tells pages apart."""
    return [part.sha256 if isinstance(part, Page) else part for part in parts]


def stored(out: Path) -> list[Sample]:
    """The solves of a round."""
    (folder,) = out.with_name("solves").glob("*/*/run.json")
    return [*RunFolder(folder.parent).samples()]
