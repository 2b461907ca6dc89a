"""Progress of a build."""

from collections import Counter
from dataclasses import dataclass, field

from vtc_r1.sft.building.record import ShardRecord


@dataclass
class BuildProgress:
    """State of a build, reported for every finished shard.

    Attributes:
        total: rows of the source, None if that is not known.
        rows: rows done, including those of earlier runs.
        rows_here: rows done in this run.
        examples: examples written.
        dropped: rows that gave no example, by reason.
        generations_dropped: generations that were dropped, by reason.
        bytes: size of the shards.
        cpu_seconds: processor seconds of the workers in this run, by stage.
        seconds: wall time of this run.
    """

    total: int | None
    rows: int = 0
    rows_here: int = 0
    used: int = 0
    examples: int = 0
    bytes: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    generations_dropped: Counter[str] = field(default_factory=Counter)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, record: ShardRecord) -> None:
        """Count one finished shard."""
        self.rows += record.rows
        self.used += record.used
        self.examples += record.examples
        self.bytes += record.bytes
        self.dropped.update(record.dropped)
        self.generations_dropped.update(record.generations_dropped)
