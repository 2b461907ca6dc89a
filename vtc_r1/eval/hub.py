"""Rows of a data set on the hub, and their revision."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtc_r1.errors import BenchmarkError, MissingExtra, first_line
from vtc_r1.eval.benchmark import Benchmark
from vtc_r1.eval.rows import Row
from vtc_r1.hub import away, from_hub

if TYPE_CHECKING:
    from datasets import Dataset

_COMMIT = re.compile(r"/([0-9a-f]{40})/")


def hub_rows(benchmark: Benchmark) -> tuple[str, Iterator[tuple[str, Row]]]:
    """Load the data set of `benchmark`, with all its tasks; return its revision (a commit) and its rows.

    The newest revision is loaded. If the hub cannot be reached, the cached copy and its revision are used.

    Raises:
        BenchmarkError: the data set is not available; the message says how to get it offline.
        MissingExtra: `datasets` is not installed.
    """
    try:
        import datasets
    except ImportError as error:
        raise MissingExtra(error.name or "datasets", "eval", f"benchmark {benchmark.name}") from error
    why_not = None
    try:
        with from_hub(benchmark.dataset or ".") as why_not:
            commit = _newest(benchmark.dataset or "")
            loaded = [
                datasets.load_dataset(benchmark.dataset, config, split=benchmark.split, revision=commit)
                for config in (*benchmark.tasks,) or (benchmark.config,)
            ]
    except Exception as error:  # the libraries underneath raise whatever their transports raise
        failure = BenchmarkError(_unreachable(benchmark, error))
        raise (failure if why_not is None else away(failure)) from error
    revision = _loaded_revision(loaded[0]) or commit or "unknown"
    tasks = benchmark.tasks and tuple(benchmark.tasks)
    rows = (
        (f"{tasks[at]} row {number}" if tasks else f"row {number}", {**_named(benchmark, at), **row})
        for at, part in enumerate(loaded)
        for number, row in enumerate(part, 1)
    )
    return revision, rows


def _named(benchmark: Benchmark, at: int) -> Row:
    """Return the column that names the task, for rows without one."""
    named = benchmark.fields.task
    column = named if named is None or isinstance(named, str) else named[0]
    return {column: list(benchmark.tasks)[at]} if benchmark.tasks and column else {}


def _newest(dataset: str) -> str | None:
    """Ask the hub for the newest commit; None if it does not answer."""
    from huggingface_hub import HfApi

    try:
        return HfApi().dataset_info(dataset, timeout=20).sha
    except Exception:  # whatever keeps the hub from answering, the cache may still hold a copy
        return None


def _loaded_revision(loaded: "Dataset") -> str | None:
    """Read the commit from the paths of the loaded files: the cache has a folder for each commit."""
    files: list[dict[str, Any]] = loaded.cache_files
    found = {match[1] for file in files if (match := _COMMIT.search(Path(file["filename"]).as_posix()))}
    return found.pop() if len(found) == 1 else None


def _unreachable(benchmark: Benchmark, error: Exception) -> str:
    reason = f"{type(error).__name__}: {first_line(error)}"[:300]
    if "gated" in f"{type(error).__name__} {error}".lower():
        remedy = "accept its terms on the hub and set HF_TOKEN, or pass its rows with --file"
    else:
        remedy = (
            "load it once on a machine with network access and copy the folder HF_HOME here, "
            f"or pass its rows with --file, with the columns that {benchmark.name}.toml names"
        )
    return f"benchmark {benchmark.name}: cannot load {benchmark.dataset} ({reason}): {remedy}"
