"""One unit of work: the rows of one shard → its file, its list of drops, its record."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, Self, TypeVar

from vtc_r1.disk.access import writable
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.errors import DataError, VtcError, first_line
from vtc_r1.sft.building.example import BuiltExample, Drop, RowResult
from vtc_r1.sft.building.glyphs import GlyphCount
from vtc_r1.sft.building.progress import ShardRecord
from vtc_r1.sft.building.shard import write_shard
from vtc_r1.sft.building.workspace import RESUME, Workspace
from vtc_r1.sft.stopwatch import Stopwatch

R_contra = TypeVar("R_contra", contravariant=True)
R = TypeVar("R")


class Builder(Protocol[R_contra]):
    """Makes examples of rows."""

    watch: Stopwatch  #: processor time by stage
    glyphs: GlyphCount  #: characters on the pages of the traces that gave examples

    def build(self, number: int, row: R_contra) -> RowResult:
        """Build row `number`."""


@dataclass(frozen=True)
class ShardJob:
    """The job of building one shard."""

    shard: int  #: number of the shard
    start: int  #: number of its first row in the source
    data: Path  #: file of the examples
    drops: Path  #: file of what was dropped

    @classmethod
    def of(cls, workspace: Workspace, shard: int) -> Self:
        """Return the job for a shard in `workspace`."""
        start = shard * workspace.config.shard_rows
        return cls(shard, start, workspace.shard_path(shard), workspace.drops_path(shard))


def build_shard(
    builder: Builder[R], job: ShardJob, rows: Iterable[R], between: Callable[[], None] = lambda: None
) -> ShardRecord:
    """Build one shard; its files are written atomically.

    Args:
        builder: the per-row function.
        job: which shard.
        rows: its rows.
        between: called before every row; may raise.

    Raises:
        StorageError: the files cannot be written.
        DataError: a row cannot be built for a reason that no row should have.
    """
    builder.watch.seconds.clear()
    builder.glyphs = GlyphCount()
    tally = _Tally()
    with builder.watch.stage("write"), writable(job.data, RESUME):
        count, size = write_shard(job.data, tally.examples(builder, job, rows, between))
        lines = (json.dumps(asdict(drop), ensure_ascii=False) + "\n" for drop in tally.drops)
        write_atomic(job.drops, "".join(lines).encode("utf-8", "replace"))
    return ShardRecord(
        shard=job.shard,
        rows=tally.rows,
        used=tally.used,
        examples=count,
        bytes=size,
        dropped=dict(tally.dropped),
        generations_dropped=dict(tally.generations_dropped),
        characters=builder.glyphs.characters,
        missing_glyphs=builder.glyphs.missing,
        scripts=sorted(builder.glyphs.scripts),
        seconds={stage: round(spent, 4) for stage, spent in builder.watch.seconds.items()},
    )


class _Tally:
    """Counts the outcomes of rows while their examples are written."""

    def __init__(self) -> None:
        self.rows = self.used = 0
        self.drops: list[Drop] = []
        self.dropped: Counter[str] = Counter()
        self.generations_dropped: Counter[str] = Counter()

    def examples(
        self, builder: Builder[R], job: ShardJob, rows: Iterable[R], between: Callable[[], None]
    ) -> Iterator[BuiltExample]:
        for number, row in enumerate(rows, job.start):
            between()
            try:
                result = builder.build(number, row)
            except VtcError:
                raise
            except Exception as error:
                raise DataError(
                    f"row {number}: {type(error).__name__}: {first_line(error)}; please report it"
                ) from error
            self.rows += 1
            self.used += bool(result.examples)
            self.drops += result.drops
            if not result.examples:
                self.dropped[result.drops[0].reason] += 1
            self.generations_dropped.update(
                drop.reason for drop in result.drops if drop.generation is not None
            )
            yield from result.examples
