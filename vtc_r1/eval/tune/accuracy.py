"""The accuracy objective: problems solved with pages of a profile as memory."""

from collections.abc import Sequence
from pathlib import Path

from vtc_r1.disk.atomic import write_atomic
from vtc_r1.errors import BackendError
from vtc_r1.eval.evaluation import evaluate
from vtc_r1.eval.load import LoadedBenchmark
from vtc_r1.eval.setup import RunRequest, Selection
from vtc_r1.eval.tune.objective import Evaluation, Watch
from vtc_r1.interface import CONCURRENCY
from vtc_r1.renderers import Profile
from vtc_r1.renderers.profile_toml import profile_toml
from vtc_r1.settings import Settings


class Accuracy:
    """Share of unsolved problems against vision tokens per solve.

    Args:
        settings: settings of the solves, including the seed; the profile is replaced by those measured.
        loaded: the benchmark.
        folder: stores a run for every profile.
        concurrency: number of solves in flight.
    """

    units = ("problems not solved", "vision tokens per solve")

    def __init__(
        self,
        settings: Settings,
        loaded: LoadedBenchmark,
        folder: Path,
        *,
        concurrency: int = CONCURRENCY,
    ) -> None:
        self._settings, self._loaded = settings, loaded
        self._folder, self._concurrency = folder, concurrency

    @property
    def identity(self) -> dict[str, str]:
        """The benchmark, and every setting of a solve except the profile."""
        settings = self._settings.model_dump_json(exclude={"profile", "base_url", "server_wait"})
        return {"objective": "accuracy", "benchmark": self._loaded.benchmark.name, "settings": settings}

    def measure(self, profiles: Sequence[Profile], size: int, watch: Watch) -> list[Evaluation]:
        """Solve the first `size` problems with every profile; raises BackendError if a solve failed."""
        watch(0, len(profiles))
        found = []
        for profile in profiles:
            found.append(self._measured(profile, size))
            watch(len(found), len(profiles))
        return found

    def _measured(self, profile: Profile, size: int) -> Evaluation:
        out = self._folder / profile.sha256[:16]
        out.mkdir(parents=True, exist_ok=True)
        file = out / f"{profile.name}.toml"
        write_atomic(file, profile_toml(profile).encode())
        wanted = RunRequest(
            self._settings.model_copy(update={"profile": str(file)}), out / "runs", Selection(limit=size)
        )
        (setup,) = wanted.setups([self._loaded])
        try:
            summary = evaluate(setup, concurrency=self._concurrency, retry_failed=True).summary
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
