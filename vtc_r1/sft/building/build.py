"""A build from its configuration to a published data set."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from vtc_r1.errors import DataError
from vtc_r1.sft.building.card import card, most_frequent
from vtc_r1.sft.building.engines import build_here, build_on_ray
from vtc_r1.sft.building.progress import BuildProgress, ShardRecord
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.sources.base import Source
from vtc_r1.sft.styling import StyleSet
from vtc_r1.tokens import TokenCounter

Engine = Literal["local", "ray"]


def build(
    workspace: Workspace,
    source: Source,
    *,
    tokenizer: Path | None = None,
    workers: int = 1,
    engine: Engine = "local",
    report: Callable[[BuildProgress], None] = lambda progress: None,
) -> BuildProgress:
    """Build the missing shards of an opened workspace, and publish it.

    Raises:
        CheckpointError: the tokenizer cannot be read.
        DataError: no row gave an example, or a worker gave up.
        SourceError: the source cannot be read any further.
        StorageError: the folder cannot be written, for instance because the disk is full.
        MissingExtra: Ray is not installed.
    """
    limit = workspace.config.limit
    total = source.count if limit is None or source.count is None else min(source.count, limit)
    TokenCounter(tokenizer)  # a damaged one is reported here, once
    run = build_on_ray if engine == "ray" else build_here
    return assemble(workspace, run(workspace, source, tokenizer, workers), total, report)


def assemble(
    workspace: Workspace,
    records: Iterable[ShardRecord],
    total: int | None,
    report: Callable[[BuildProgress], None] = lambda progress: None,
    facts: Mapping[str, Any] | None = None,
) -> BuildProgress:
    """Record the missing shards of a workspace as they are built, and publish it.

    Args:
        workspace: an opened one.
        records: builds a shard and yields its record, one after another.
        total: rows in all, None if that is not known.
        report: is called with every shard.
        facts: other facts for the manifest.

    Raises:
        DataError: no row gave an example.
        StorageError: the folder cannot be written.
    """
    progress, began = BuildProgress(total), time.monotonic()
    for record in workspace.done.values():
        progress.add(record)
    if progress.rows:
        report(progress)
    for record in records:
        workspace.add(record)
        progress.add(record)
        progress.rows_here += record.rows
        for stage, spent in record.seconds.items():
            progress.cpu_seconds[stage] = progress.cpu_seconds.get(stage, 0.0) + spent
        progress.seconds = time.monotonic() - began
        report(progress)
    if not progress.examples:
        rows, why = workspace.config.rows, _reasons(progress.dropped + progress.generations_dropped)
        raise DataError(
            f"none of {progress.rows} {rows} gave an example ({why}); see {workspace.work / 'drops'}"
        )
    manifest = {**_manifest(workspace, progress), **(facts or {})}
    workspace.publish(manifest, card(workspace.folder, workspace.config, progress))
    return progress


def _manifest(workspace: Workspace, progress: BuildProgress) -> dict[str, Any]:
    config = workspace.config
    return {
        "config": config.model_dump(mode="json"),
        "config_sha256": config.sha256,
        "profile_sha256": config.profile.sha256,
        "styles": StyleSet(config.profile, config.styles, config.seed).described(),
        "rows": progress.rows,
        "rows_used": progress.used,
        "examples": progress.examples,
        "dropped": dict(sorted(progress.dropped.items())),
        "glyphs": {
            "characters": progress.glyphs.characters,
            "missing": progress.glyphs.missing,
            "scripts": sorted(progress.glyphs.scripts),
        },
        "generations_dropped": dict(sorted(progress.generations_dropped.items())),
    }


def _reasons(counts: Counter[str]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in most_frequent(counts)) or "the source is empty"
