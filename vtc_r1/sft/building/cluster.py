"""Building through Ray Data, on a cluster whose machines share the build's folder and the source."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vtc_r1.errors import DataError, MissingExtra, VtcError, first_line
from vtc_r1.sft.building.config import BuildConfig
from vtc_r1.sft.building.record import ShardRecord
from vtc_r1.sft.building.row_builder import RowBuilder
from vtc_r1.sft.building.work import ShardJob, build_shard
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.sources.base import Source


def build_on_ray(
    workspace: Workspace, source: Source, tokenizer: Path | None, workers: int
) -> Iterator[ShardRecord]:
    """Build every shard that is not done yet through Ray Data; yields their records as they finish.

    Connects to the cluster that Ray finds, or starts one on this machine. Every worker reads the rows
    of its shards from the source itself.

    Raises:
        MissingExtra: Ray is not installed.
        DataError: a worker gave up.
    """
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingExtra("ray[data]", "ray", "--engine ray") from error
    jobs = _owed(workspace, source)
    if not jobs:
        return
    was_running = ray.is_initialized()
    if not was_running:
        ray.init(log_to_driver=False, logging_level=logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
    worker: Any = _Worker
    done = ray.data.from_items(jobs, override_num_blocks=len(jobs)).map(
        worker,
        fn_constructor_args=(workspace.config, source, tokenizer),
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers),
    )
    try:
        for row in done.iter_rows():
            if row["error"]:
                raise DataError(row["error"])
            yield ShardRecord.model_validate_json(row["record"])
    except ray.exceptions.RayError as error:
        raise DataError(f"Ray gave up: {first_line(error)}; run the same command again to resume") from error
    finally:
        if not was_running:
            ray.shutdown()


class _Worker:
    """An actor that builds shards."""

    def __init__(self, config: BuildConfig, source: Source, tokenizer: Path | None) -> None:
        self.config, self.source = config, source
        self.builder = RowBuilder(config, tokenizer)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        job = ShardJob(row["shard"], row["start"], Path(row["data"]), Path(row["drops"]))
        stop = job.start + self.config.shard_rows
        if self.config.limit is not None:
            stop = min(stop, self.config.limit)
        try:
            record = build_shard(self.builder, job, self.source.rows(job.start, stop))
        except VtcError as error:
            return {"record": None, "error": str(error)}
        return {"record": record.model_dump_json(), "error": None}


def _owed(workspace: Workspace, source: Source) -> list[dict[str, Any]]:
    """The shards that are not done yet, as rows of a Ray data set."""
    config = workspace.config
    count = sum(1 for _ in source.rows(0)) if source.count is None else source.count
    count = count if config.limit is None else min(count, config.limit)
    return [
        {
            "shard": shard,
            "start": shard * config.shard_rows,
            "data": str(workspace.shard_path(shard).resolve()),
            "drops": str(workspace.drops_path(shard).resolve()),
        }
        for shard in range(-(-count // config.shard_rows))
        if shard not in workspace.done
    ]
