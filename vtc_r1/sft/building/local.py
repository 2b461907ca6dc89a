"""Building on this machine, in this process or in several."""

import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.synchronize import Event
from pathlib import Path

from vtc_r1.errors import DataError
from vtc_r1.sft.building.config import BuildConfig
from vtc_r1.sft.building.record import ShardRecord
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
