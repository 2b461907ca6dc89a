"""The legibility objective: pages of controlled texts, read by any reader of the probe."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from vtc_r1.errors import BackendError
from vtc_r1.eval.probe import Probe, ProbeFolder, ProbeResult, Reader, TextKind
from vtc_r1.eval.tune.objective import Evaluation, Watch
from vtc_r1.portal import Portal
from vtc_r1.renderers import Profile


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
