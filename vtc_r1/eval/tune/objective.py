"""Objectives, which measure profiles, and their evaluations.

Legibility: pages of controlled texts, read by any reader of the probe. Accuracy: problems solved with
pages of a profile as memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Protocol

from pydantic import Field

from vtc_r1.configuration import Record
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.errors import BackendError
from vtc_r1.eval.evaluation import evaluate
from vtc_r1.eval.load import LoadedBenchmark
from vtc_r1.eval.probe import Probe, ProbeFolder, ProbeResult, Reader, TextKind
from vtc_r1.eval.setup import RunRequest, Selection
from vtc_r1.interface import CONCURRENCY
from vtc_r1.portal import Portal
from vtc_r1.renderers import Profile
from vtc_r1.renderers.profile_toml import profile_toml
from vtc_r1.settings import Settings

Key = tuple[str, int]
"""The profile's hash and the size of the measurement."""


class Evaluation(Record):
    """The measurement of one profile: two figures to minimise."""

    profile: str = Field(description="hash of the profile.")
    size: int = Field(description="size of the measurement: pages of every kind of text, or problems.")
    error: float = Field(description="share of characters misread, or of problems not solved.")
    cost: float = Field(description="cost in vision tokens.")
    parts: dict[str, float] = Field(
        default_factory=dict, description="the error by kind of text, or by benchmark."
    )

    @property
    def key(self) -> Key:
        """Identifies what was measured."""
        return self.profile, self.size


Watch = Callable[[int, int], None]  #: called with how much of a measurement is done, and the total


class Objective(Protocol):
    """Measures profiles.

    Attributes:
        units: names of error and cost.
        identity: what determines a measurement besides the profile and the size.
    """

    units: tuple[str, str]

    @property
    def identity(self) -> dict[str, str]:
        """What determines a measurement besides the profile and the size."""

    def measure(self, profiles: Sequence[Profile], size: int, watch: Watch) -> list[Evaluation]:
        """Measure profiles, one evaluation each; earlier measurements are reused.

        Raises VtcError if a profile cannot be measured.
        """


class Legibility:
    """Character error against vision tokens per 1,000 characters, each averaged over kinds of text.

    If the reader's alphabet is known, only its characters count.

    Args:
        texts: kinds of text.
        reader: the reader; neither opened nor closed here.
        folder: stores every page that was read.
        seed: seed of the texts.
        portal: runs the reader.
        concurrency: pages read at once; by default the reader's own number.
    """

    units = ("characters misread", "vision tokens per 1,000 characters")

    def __init__(
        self,
        texts: Sequence[TextKind],
        reader: Reader,
        folder: Path,
        *,
        seed: int = 0,
        portal: Portal | None = None,
        concurrency: int | None = None,
    ) -> None:
        self._texts, self._reader, self._folder, self._seed = texts, reader, folder, seed
        self._portal, self._concurrency = portal or Portal(), concurrency

    @property
    def identity(self) -> dict[str, str]:
        """Reader, prompt, kinds of text and seed."""
        return {
            "objective": "legibility",
            "reader": f"{self._reader.backend}/{self._reader.model}",
            "prompt": self._reader.prompt.sha256 if self._reader.prompt else "",
            "kinds": ",".join(f"{kind.name}{kind.identity and ':' + kind.identity}" for kind in self._texts),
            "texts": str(self._seed),
        }

    def measure(self, profiles: Sequence[Profile], size: int, watch: Watch) -> list[Evaluation]:
        """Read `size` pages of every kind; raises BackendError if the reader failed on a page."""
        with ProbeFolder(self._folder) as folder:
            probe = Probe(
                self._texts,
                profiles,
                self._reader,
                scales=(1.0,),
                pages=size,
                seed=self._seed,
                concurrency=self._concurrency,
                folder=folder,
                watch=lambda progress: watch(progress.done, progress.total),
            )
            result = self._portal.call(probe.run())
        if not result.complete:
            raise BackendError(
                f"{self._reader.model} failed on {result.failed} pages; repeat the command to retry"
            )
        return [self._evaluation(profile, size, result) for profile in profiles]

    def _evaluation(self, profile: Profile, size: int, result: ProbeResult) -> Evaluation:
        drawn = profile.replace(fit_sizes=())
        points = [point for kind in self._texts if (point := result.find(drawn, kind.name))]
        parts = {point.kind: (point.known_error or point.error).mean for point in points}
        return Evaluation(
            profile=profile.sha256,
            size=size,
            error=fmean(parts.values()),
            cost=fmean(1_000 * point.vision_tokens / point.characters for point in points),
            parts=parts,
        )


@dataclass(eq=False)
class Accuracy:
    """Share of unsolved problems against vision tokens per solve."""

    units = ("problems not solved", "vision tokens per solve")

    #: settings of the solves, including the seed; the profile is replaced by those measured
    settings: Settings
    loaded: LoadedBenchmark  #: the benchmark
    folder: Path  #: stores a run for every profile
    concurrency: int = CONCURRENCY  #: number of solves in flight

    @property
    def identity(self) -> dict[str, str]:
        """The benchmark, and every setting of a solve except the profile."""
        settings = self.settings.model_dump_json(exclude={"profile", "base_url", "server_wait"})
        return {"objective": "accuracy", "benchmark": self.loaded.benchmark.name, "settings": settings}

    def measure(self, profiles: Sequence[Profile], size: int, watch: Watch) -> list[Evaluation]:
        """Solve the first `size` problems with every profile; raises BackendError if a solve failed."""
        watch(0, len(profiles))
        found = []
        for profile in profiles:
            found.append(self._measured(profile, size))
            watch(len(found), len(profiles))
        return found

    def _measured(self, profile: Profile, size: int) -> Evaluation:
        out = self.folder / profile.sha256[:16]
        out.mkdir(parents=True, exist_ok=True)
        file = out / f"{profile.name}.toml"
        write_atomic(file, profile_toml(profile).encode())
        wanted = RunRequest(
            self.settings.model_copy(update={"profile": str(file)}), out / "runs", Selection(limit=size)
        )
        (setup,) = wanted.setups([self.loaded])
        try:
            summary = evaluate(setup, concurrency=self.concurrency, retry_failed=True).summary
        finally:
            setup.solver.close()
        if summary.failed or summary.accuracy is None:
            raise BackendError(f"{summary.failed} solves failed; repeat the command to retry")
        error = 1 - summary.accuracy.mean
        return Evaluation(
            profile=profile.sha256,
            size=size,
            error=error,
            cost=summary.tokens.vision,
            parts={summary.benchmark: error},
        )
