"""Building through Ray Data, on a cluster that shares the folder of the build and the source."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vtc_r1.errors import DataError, MissingExtra, VtcError, first_line
from vtc_r1.sft.building.local import job
from vtc_r1.sft.building.row_builder import RowBuilder
from vtc_r1.sft.building.work import build_shard
from vtc_r1.sft.building.workspace import ShardRecord, Workspace
from vtc_r1.sft.sources.base import Source


class _Worker:
    """An actor that reads the rows of a shard from the source itself and builds it."""

    def __init__(self, config: Any, source: Source, tokenizer: Path | None) -> None:
        self.config, self.source = config, source
        self.builder = RowBuilder(config, tokenizer)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        shard = row["job"]
        stop = shard.start + self.config.shard_rows
        if self.config.limit is not None:
            stop = min(stop, self.config.limit)
        try:
            record = build_shard(self.builder, shard, self.source.rows(shard.start, stop))
        except VtcError as error:
            return {"record": None, "error": str(error)}
        return {"record": record.model_dump_json(), "error": None}


def build_on_ray(
    workspace: Workspace, source: Source, tokenizer: Path | None, workers: int
) -> Iterator[ShardRecord]:
    """Build every shard that is not done yet through Ray Data; yields their records as they finish.

    Connects to the cluster that Ray finds, or starts one on this machine.

    Raises:
        MissingExtra: Ray is not installed.
        DataError: a worker gave up.
    """
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingExtra("ray[data]", "ray", "--engine ray") from error
    size, limit = workspace.config.shard_rows, workspace.config.limit
    count = count_rows(source) if source.count is None else source.count
    count = count if limit is None else min(count, limit)
    owed = [
        {"job": job(workspace, shard)} for shard in range(-(-count // size)) if shard not in workspace.done
    ]
    if not owed:
        return
    ray.init(ignore_reinit_error=True, log_to_driver=False, logging_level=logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
    arguments = (workspace.config, source, tokenizer)
    done = ray.data.from_items(owed, override_num_blocks=len(owed)).map(
        _Worker, fn_constructor_args=arguments, concurrency=workers
    )
    try:
        for row in done.iter_rows():
            if row["error"]:
                raise DataError(row["error"])
            yield ShardRecord.model_validate(json.loads(row["record"]))
    except ray.exceptions.RayError as error:
        raise DataError(f"Ray gave up: {first_line(error)}; the same command again resumes") from error


def count_rows(source: Source) -> int:
    """Count the rows of a source that does not know how many it has, by reading them."""
    return sum(1 for _ in source.rows(0))
