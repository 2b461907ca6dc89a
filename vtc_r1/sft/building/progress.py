"""How far a build is: the records of its finished shards, lines of its journal, and their sum."""

from collections import Counter
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from vtc_r1.sft.building.glyphs import GlyphCount


class ShardRecord(BaseModel):
    """The outcome of the rows of one shard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: int = Field(description="number of the shard.")
    rows: int = Field(description="number of its rows of the source.")
    used: int = Field(description="rows that gave an example.")
    examples: int = Field(description="examples in its file; without examples there is no file.")
    bytes: int = Field(description="size of the file.")
    dropped: dict[str, int] = Field(description="rows that gave no example, by reason.")
    generations_dropped: dict[str, int] = Field(
        description="generations of rows that were dropped, by reason."
    )
    seconds: dict[str, float] = Field(description="processor seconds by stage.")
    characters: int = Field(0, description="characters on the pages of its traces.")
    missing_glyphs: int = Field(0, description="characters of these that have no legible glyph.")
    scripts: list[str] = Field([], description="scripts of those characters.")


@dataclass
class BuildProgress:
    """State of a build, reported for every finished shard."""

    total: int | None  #: rows of the source, None if that is not known
    rows: int = 0  #: rows done, including those of earlier runs
    rows_here: int = 0  #: rows done in this run
    used: int = 0
    examples: int = 0  #: examples written
    bytes: int = 0  #: size of the shards
    dropped: Counter[str] = field(default_factory=Counter)  #: rows that gave no example, by reason
    #: generations that were dropped, by reason
    generations_dropped: Counter[str] = field(default_factory=Counter)
    glyphs: GlyphCount = field(default_factory=GlyphCount)  #: characters on the pages
    #: processor seconds of the workers in this run, by stage
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0  #: wall time of this run

    def add(self, record: ShardRecord) -> None:
        """Count one finished shard."""
        self.rows += record.rows
        self.used += record.used
        self.examples += record.examples
        self.bytes += record.bytes
        self.dropped.update(record.dropped)
        self.generations_dropped.update(record.generations_dropped)
        self.glyphs.add(record.characters, record.missing_glyphs, record.scripts)
