"""The configuration of a run, everything that determines its results, and its extent."""

from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from vtc_r1.configuration import Configuration
from vtc_r1.eval.benchmark import Benchmark
from vtc_r1.eval.grading.provenance import Grading
from vtc_r1.trace import versions

VERSION = 1  #: version of the folder's layout
_EXTENT = {"benchmark", "revision", "problems", "samples", "created", "versions", "grading"}
"""What may differ between runs of the same configuration; the fingerprint covers the benchmark."""


class Run(Configuration):
    """One benchmark under one configuration.

    Its sampling has no seed, as each sample has its own. The model's revision is known only after a request.

    Attributes:
        version: version of the folder's layout.
        benchmark: the benchmark, with its published references.
        revision: revision of its rows.
        fingerprint: hash of the questions and how they are graded.
        problems: number of problems selected so far.
        samples: solves of each problem.
        seed: base seed from which the seed of every sample is derived; None if sampling is greedy.
        created: time of creation, in UTC.
        versions: versions of everything that can change a result.
        grading: the code and data of its verdicts; None in older runs that do not record it.
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
        """Name the first field that differs in another configuration, with both values; None if none does.

        More problems and more samples extend a run without changing its results.
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
        """Return everything that determines a result, flattened to names such as `sampling.top_p`."""
        values = self.model_dump(mode="json", exclude=_EXTENT)
        flat: dict[str, Any] = {"benchmark": self.benchmark.name}
        for name, value in values.items():
            parts = (
                {f"{name}.{key}": part for key, part in value.items()} if isinstance(value, dict) else None
            )
            flat.update(parts or {name: value})
        return flat
