"""What a run is: everything that decides its results, and how far it goes."""

from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from vtc_r1.configuration import Configuration
from vtc_r1.eval.benchmark import Benchmark
from vtc_r1.eval.grading.provenance import Grading
from vtc_r1.trace import versions

VERSION = 1
"""Version of the folder's layout."""
_EXTENT = {"benchmark", "revision", "problems", "samples", "created", "versions", "grading"}
"""What may differ between two runs of one configuration; the fingerprint speaks for the benchmark."""


class Run(Configuration):
    """One benchmark under one configuration.

    Its sampling has no seed: each sample has its own. The model's revision is known once it was reached.

    Attributes:
        version: of the folder's layout.
        benchmark: what is asked, with its published references.
        revision: where its rows came from.
        fingerprint: hash of all that is asked and how it is graded.
        problems: problems selected so far.
        samples: solves of each problem.
        seed: that the seed of every sample is derived from; None where sampling is greedy.
        created: when, in UTC.
        versions: of what can change a result.
        grading: what its verdicts were made with; None in runs from before that was on record.
    """

    version: int = VERSION
    benchmark: Benchmark
    revision: str
    fingerprint: str
    problems: int = Field(ge=0)
    samples: int = Field(ge=1)
    seed: int | None = None
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    versions: dict[str, str] = Field(default_factory=versions)
    grading: Grading | None = None

    def difference(self, other: "Run") -> str | None:
        """Name the first field in which another configuration differs, with both values; None if in none.

        More problems and more samples extend a run, and change nothing of what it holds.
        """
        ours, theirs = self._identity(), other._identity()
        if not (ours["model.revision"] and theirs["model.revision"]):
            del ours["model.revision"]
        return next(
            (
                f"{name}: {ours[name]!r} there, {theirs[name]!r} now"
                for name in ours
                if ours[name] != theirs[name]
            ),
            None,
        )

    def _identity(self) -> dict[str, Any]:
        """Everything that decides a result, flat: `sampling.top_p` and so on."""
        values = self.model_dump(mode="json", exclude=_EXTENT)
        flat: dict[str, Any] = {"benchmark": self.benchmark.name}
        for name, value in values.items():
            parts = (
                {f"{name}.{key}": part for key, part in value.items()} if isinstance(value, dict) else None
            )
            flat.update(parts or {name: value})
        return flat
