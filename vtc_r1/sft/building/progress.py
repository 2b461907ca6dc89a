"""How far a build is: the records of its finished shards, lines of its journal, and their sum."""

from collections import Counter
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field


class ShardRecord(BaseModel):
    """What became of the rows of one shard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: int = Field(description="number of the shard.")
    rows: int = Field(description="rows of the source that it stands for.")
    used: int = Field(description="rows that gave an example.")
    examples: int = Field(description="examples in its file; without any there is no file.")
    bytes: int = Field(description="size of the file.")
    dropped: dict[str, int] = Field(description="rows that gave no example, by reason.")
    generations_dropped: dict[str, int] = Field(
        description="generations of rows that were dropped, by reason."
    )
    seconds: dict[str, float] = Field(description="processor seconds by stage.")


@dataclass
class BuildProgress:
    """State of a build, reported for every finished shard.

    Attributes:
        total: rows of the source, None where that is not known.
        rows: rows done, those of an earlier run too.
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
