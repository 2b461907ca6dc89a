"""Building on this machine, in one process or several, or through Ray Data on a cluster.

The machines of a cluster share the build's folder and the source.
"""

import contextlib
import itertools
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from vtc_r1.errors import DataError, MissingExtra, VtcError, first_line
from vtc_r1.sft.building.config import BuildConfig
from vtc_r1.sft.building.progress import ShardRecord
from vtc_r1.sft.building.row_builder import RowBuilder
from vtc_r1.sft.building.work import ShardJob, build_shard
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.sources.base import Record, Source

Jobs = Iterator[tuple[ShardJob, list[Record]]]


def build_here(
    workspace: Workspace, source: Source, tokenizer: Path | None, workers: int
) -> Iterator[ShardRecord]:
    """Build every shard that is not done yet; yields their records as they finish.

    Rows are read a few shards ahead, so that memory use is constant however many there are. Workers are
    spawned: a script that calls this needs the usual `if __name__ == "__main__":`.

    Raises:
        DataError: a worker process died.
    """
    jobs = owed(workspace, source)
    if workers > 1:
        yield from _spread(workspace.config, jobs, tokenizer, workers)
        return
    builder = RowBuilder(workspace.config, tokenizer)
    for job, rows in jobs:
        yield build_shard(builder, job, rows)


def owed(workspace: Workspace, source: Source) -> Jobs:
    """The shards that are not done yet with their rows, in order."""
    size, limit, done = workspace.config.shard_rows, workspace.config.limit, workspace.done
    shard = next(number for number in itertools.count() if number not in done)
    rows = source.rows(shard * size, limit) if limit is None or shard * size < limit else iter(())
    while batch := list(itertools.islice(rows, size)):
        if shard not in done:
            yield ShardJob.of(workspace, shard), batch
        shard += 1


def _spread(config: BuildConfig, jobs: Jobs, tokenizer: Path | None, workers: int) -> Iterator[ShardRecord]:
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    pending: set[Future[ShardRecord]] = set()
    with ProcessPoolExecutor(workers, context, _prepare, (config, tokenizer, stop)) as pool:
        try:
            for shard, rows in jobs:
                pending.add(pool.submit(_work, shard, rows))
                # One shard more than there are workers: none of them waits, and few rows are in memory.
                while len(pending) > workers:
                    yield from _finished(pending)
            while pending:
                yield from _finished(pending)
        except BrokenProcessPool as error:
            raise DataError(
                "a worker process died, most often because memory ran out; "
                "run the same command again to resume, with fewer --workers if need be"
            ) from error
        finally:
            stop.set()
            for future in pending:
                future.cancel()


def _finished(pending: set[Future[ShardRecord]]) -> Iterator[ShardRecord]:
    """Wait until a shard is done, and yield all that are."""
    done, _ = wait(pending, return_when=FIRST_COMPLETED)
    for future in done:
        pending.discard(future)
        yield future.result()


_builder: RowBuilder
_stop: Event


class _Stopped(Exception):
    """The build was stopped."""


def _prepare(config: BuildConfig, tokenizer: Path | None, stop: Event) -> None:
    """Initialise this worker; it ends when its parent does, however that ends."""
    global _builder, _stop
    # Ctrl-C reaches every process of the terminal; the parent alone decides, and sets `stop`.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):
            signal.signal(number, signal.SIG_IGN)
    # A parent that was killed cannot stop its workers, which would go on writing to its folder.
    threading.Thread(target=_follow_parent, daemon=True).start()
    _builder, _stop = RowBuilder(config, tokenizer), stop


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        with contextlib.suppress(OSError):
            parent.join()
        os._exit(1)


def _work(shard: ShardJob, rows: list[Record]) -> ShardRecord:
    return build_shard(_builder, shard, rows, _check)


def _check() -> None:
    if _stop.is_set():
        raise _Stopped


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
