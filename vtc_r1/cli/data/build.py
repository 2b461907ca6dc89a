"""`vtc-r1 data build`: reasoning traces → examples in Parquet shards."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vtc_r1.cli import completion
from vtc_r1.cli.manual import manual
from vtc_r1.compression import times
from vtc_r1.counted import count
from vtc_r1.errors import PromptError, UnknownName

if TYPE_CHECKING:
    from vtc_r1.renderers import Profile
    from vtc_r1.sft.building.progress import BuildProgress
    from vtc_r1.sft.building.workspace import Workspace

SEGMENTATIONS = ("sound", "inftythink", "lines")
ENGINES = ("local", "ray")
INTERRUPTED = 130
_EVERY = 1.0
"""Seconds between two lines of progress."""


def register(app: typer.Typer) -> None:
    """Add the command to `vtc-r1 data`."""
    app.command("build", epilog=MANUAL)(build)


MANUAL = manual(
    {
        "vtc-r1 data build --source example --segment-tokens 96 --out data/example": "rows that are shipped",
        "vtc-r1 data build --source open-r1/OpenR1-Math-220k --out data/openr1": "again: it resumes",
        "vtc-r1 data build --source rows.jsonl --limit 100 --out data/sample": "rows of your own",
    },
    exits={1: "the hub is not reached, or the folder cannot be written"},
    environment={"HF_TOKEN, HF_HOME": "access token of the hub, and the folder of its cache"},
    files={"OUT/": "Parquet shards, their journal, and the card of the data set"},
)


def build(
    source: Annotated[
        str,
        typer.Option(
            help="Hub id, .parquet or .jsonl file, or a folder of either, as OpenR1-Math-220k; example: "
            "eleven rows that are shipped."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the data set; the same command again resumes it.")],
    subset: Annotated[str | None, typer.Option(help="Configuration of a hub data set.")] = None,
    split: Annotated[str, typer.Option(help="Split of a hub data set.")] = "train",
    revision: Annotated[str | None, typer.Option(help="Branch, tag or commit of a hub data set.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Read at most this many rows.")] = None,
    segmentation: Annotated[
        str, typer.Option(help="sound, inftythink (the paper's rule) or lines.")
    ] = "sound",
    segment_tokens: Annotated[int, typer.Option(min=16, help="Budget of a segment.")] = 4_096,
    segment_lines: Annotated[int, typer.Option(min=1, help="Lines of a segment, with lines.")] = 1,
    memory: Annotated[
        str,
        typer.Option(
            help="The loop's memory policy that examples are for; single is one segment, the whole trace.",
            autocompletion=completion.memory,
        ),
    ] = "optical",
    tokenizer: Annotated[
        str | None, typer.Option(help="Checkpoint's folder or hub id; tokens are estimated without it.")
    ] = None,
    profile: Annotated[
        str,
        typer.Option(
            help="How pages look: a shipped profile, a .toml file or Glyph's .json.",
            autocompletion=completion.profile,
        ),
    ] = "default",
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the profile; repeatable.")
    ] = None,
    styles: Annotated[
        str | None,
        typer.Option(
            help="Draw each trace's profile from a distribution over it: mild, wide, nano, or a .toml.",
            autocompletion=completion.styles,
        ),
    ] = None,
    reading: Annotated[
        float, typer.Option(min=0, max=0.9, help="Share of the examples that are reading tasks.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Of styles and reading tasks.")] = 0,
    prompts: Annotated[
        str,
        typer.Option(
            help="Prompt set that the examples are for, or a folder.", autocompletion=completion.prompts
        ),
    ] = "vtc",
    generations: Annotated[str, typer.Option(help="one good generation of each problem, or all.")] = "one",
    max_segments: Annotated[int, typer.Option(min=1, help="Drop traces of more segments.")] = 8,
    max_tokens: Annotated[int, typer.Option(min=16, help="Drop traces with a longer example.")] = 32_768,
    max_characters: Annotated[int, typer.Option(min=16, help="Drop longer generations.")] = 1_000_000,
    shard_rows: Annotated[int, typer.Option(min=1, help="Rows of the source in one shard.")] = 256,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; one per core by default.")] = None,
    engine: Annotated[str, typer.Option(help="local, or ray for a cluster (needs the extra ray).")] = "local",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Build a data set: rows → segments → pages → examples in Parquet shards.

    Ctrl-C or a crash loses no finished shard: the same command resumes.
    """
    import os

    from vtc_r1.renderers import load_profile
    from vtc_r1.renderers.variants import changed
    from vtc_r1.sft.building.build import build as run
    from vtc_r1.sft.building.workspace import Workspace
    from vtc_r1.sft.sources import open_source
    from vtc_r1.sft.styling import load_styles
    from vtc_r1.tokens import find_tokenizer

    for kind, given, known in (
        ("segmentation", segmentation, SEGMENTATIONS),
        ("engine", engine, ENGINES),
        ("--generations", generations, ("one", "all")),
    ):
        if given not in known:
            raise UnknownName(kind, given, known)
    needs_pyarrow()
    page = changed(load_profile(profile), settings or [])
    found = None if tokenizer is None else find_tokenizer(tokenizer)
    opened = open_source(source, subset=subset, split=split, revision=revision)
    config = _config(
        page,
        prompts,
        tokenizer,
        found,
        source=opened.identity,
        styles=None if styles is None else load_styles(styles),
        reading=reading,
        seed=seed,
        limit=None if limit is None else min(limit, sys.maxsize),
        memory=memory,
        segmentation=segmentation,
        segment_tokens=segment_tokens,
        segment_lines=segment_lines,
        generations=generations,
        max_segments=max_segments,
        max_tokens=max_tokens,
        max_characters=max_characters,
        shard_rows=shard_rows,
    )
    with Workspace(out, config) as workspace:
        say_replaced(workspace, quiet)
        if not workspace.is_finished:
            try:
                progress = run(
                    workspace,
                    opened,
                    tokenizer=found,
                    workers=workers or os.cpu_count() or 1,
                    engine=engine,  # type: ignore[arg-type]  # checked above
                    report=Report(quiet),
                )
            except KeyboardInterrupt as interrupted:
                print("vtc-r1: interrupted; the same command again resumes", file=sys.stderr)
                raise typer.Exit(INTERRUPTED) from interrupted
            if not quiet:
                _say_stages(progress)
    _print_built(out, as_json)


def _config(page: "Profile", prompts: str, tokenizer: str | None, found: Path | None, **fields: Any) -> Any:
    """Put the configuration together; raises PromptError for a set whose answers are not tagged."""
    from vtc_r1.memory import memory_policy
    from vtc_r1.prompts import PromptSet
    from vtc_r1.prompts.reading import ReadingPrompts
    from vtc_r1.sft.building.config import BuildConfig
    from vtc_r1.sft.stopwatch import Stopwatch
    from vtc_r1.sft.styling import Drawing, Wardrobe
    from vtc_r1.tokens import ESTIMATE, fingerprint

    chosen = PromptSet(prompts)
    if chosen.rule != "vtc":
        raise PromptError(
            f"prompt set {prompts}: segments end by the rule {chosen.rule!r}; "
            "examples are written for sets with final = 'vtc'"
        )
    wardrobe = Wardrobe(page, fields["styles"], fields["seed"])
    remember = memory_policy(fields.pop("memory"), trusted=True)
    for style in wardrobe.all:  # what cannot be drawn is told before anything is built
        remember(Drawing(style, Stopwatch()))
    return BuildConfig(
        profile=page,
        memory=remember.name,
        reading_sha256=ReadingPrompts(prompts).sha256 if fields["reading"] else None,
        prompts=prompts,
        prompts_sha256=chosen.sha256,
        tokens=tokenizer or ESTIMATE,
        tokenizer_sha256=None if found is None else fingerprint(found),
        **fields,
    )


class Report:
    """Prints a line of progress now and then.

    Args:
        quiet: it prints nothing.
        rows: what rows are called.
    """

    def __init__(self, quiet: bool, rows: str = "rows") -> None:
        self.quiet, self.rows, self.last = quiet, rows, 0.0

    def __call__(self, progress: "BuildProgress") -> None:
        """Print where a build is, once a second at most."""
        import time

        now = time.monotonic()
        is_last = progress.rows == progress.total
        if self.quiet or (now - self.last < _EVERY and not is_last):
            return
        self.last = now
        print(progress_line(progress, self.rows), file=sys.stderr, flush=True)


def progress_line(progress: "BuildProgress", rows: str = "rows") -> str:
    """Say in one line how far a build is."""
    rate = progress.rows_here / progress.seconds if progress.seconds else 0.0
    of = f" of {progress.total:,}" if progress.total else ""
    parts = [f"{progress.rows:,}{of} {rows}"]
    if rate:
        parts.append(f"{rate:.1f} {rows}/s")
    parts += [f"{progress.examples:,} examples", f"{progress.dropped.total():,} {rows} dropped"]
    if rate and progress.total:
        minutes, seconds = divmod(round((progress.total - progress.rows) / rate), 60)
        parts.append(f"{minutes}:{seconds:02d} left")
    return "  ".join(parts)


def say_replaced(workspace: "Workspace", quiet: bool) -> None:
    """Say so where a failed build gave way."""
    if workspace.replaced and not quiet:
        shards = f"{workspace.replaced} shard{'s' * (workspace.replaced != 1)}"
        said = f"{workspace.folder}: {shards} of a failed build by another configuration gave way to this one"
        print(f"vtc-r1: {said}", file=sys.stderr)


def _say_stages(progress: "BuildProgress") -> None:
    spent = sorted(progress.cpu_seconds.items(), key=lambda item: -item[1])
    stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in spent)
    print(
        f"{progress.rows_here:,} rows in {progress.seconds:.1f} s; processor seconds by stage: {stages}",
        file=sys.stderr,
    )


def _print_built(out: Path, as_json: bool) -> None:
    from vtc_r1.sft.built.dataset import BuiltDataset
    from vtc_r1.sft.built.statistics import report

    found = report(BuiltDataset(out))
    if as_json:
        print(json.dumps({"folder": str(out), **found}, indent=2, ensure_ascii=False))
        return
    ratio = f", compression {times(found['compression_ratio'])}" if found["vision_tokens"] else ""
    print(f"{out}: {count(found['examples'], 'example')} of {count(found['traces'], 'trace')}{ratio}")
    for reason, rows in sorted(found["build"]["dropped"].items(), key=lambda item: -item[1]):
        print(f"dropped {count(rows, 'row')}: {reason}")


def needs_pyarrow() -> None:
    """Refuse to start without what every command of `vtc-r1 data` needs; raises MissingExtra."""
    from importlib.util import find_spec

    from vtc_r1.errors import MissingExtra

    if find_spec("pyarrow") is None:
        raise MissingExtra("pyarrow", "data", "vtc-r1 data")
