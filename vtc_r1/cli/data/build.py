"""`vtc-r1 data build`: reasoning traces → examples in Parquet shards."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vtc_r1.cli import completion, options
from vtc_r1.cli.manual import manual
from vtc_r1.cli.options import flag, record
from vtc_r1.compression import times
from vtc_r1.counted import count
from vtc_r1.errors import PromptError, UnknownName, require

if TYPE_CHECKING:
    from vtc_r1.renderers import Profile
    from vtc_r1.sft.building.config import BuildConfig
    from vtc_r1.sft.building.progress import BuildProgress
    from vtc_r1.sft.building.workspace import Workspace

SEGMENTATIONS = ("sound", "inftythink", "lines")
ENGINES = ("local", "ray")
INTERRUPTED = 130
_EVERY = 1.0  #: seconds between two lines of progress


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


@record
class BuildFlags:
    """The flags of the command."""

    source: str = flag(
        "Hub id, .parquet or .jsonl file, or a folder of either, as OpenR1-Math-220k; example: "
        "eleven rows that are shipped.",
        default=...,
    )
    out: Path = flag("Folder of the data set; run the same command again to resume it.", default=...)
    subset: str | None = flag("Configuration of a hub data set.")
    split: str = flag("Split of a hub data set.", default="train")
    revision: str | None = flag("Branch, tag or commit of a hub data set.")
    limit: int | None = flag("Read at most this many rows.", min=1)
    segmentation: str = flag("sound, inftythink (the paper's rule) or lines.", default="sound")
    segment_tokens: int = flag("Budget of a segment.", min=16, default=4_096)
    segment_lines: int = flag("Lines of a segment, with lines.", min=1, default=1)
    memory: str = flag(
        "The loop's memory policy that examples are for; single is one segment, the whole trace.",
        autocompletion=completion.memory,
        default="optical",
    )
    tokenizer: str | None = flag("Checkpoint's folder or hub id; tokens are estimated without it.")
    profile: str = flag(
        "How pages look: a shipped profile, a .toml file or Glyph's .json.",
        autocompletion=completion.profile,
        default="default",
    )
    settings: list[str] | None = flag("Change the profile; repeatable.", None, "--set", metavar="KEY=VALUE")
    styles: str | None = flag(
        "Draw each trace's profile from a distribution over it: mild, wide, nano, or a .toml.",
        autocompletion=completion.styles,
    )
    reading: float = flag("Share of the examples that are reading tasks.", min=0, max=0.9, default=0)
    seed: int = flag("Of styles and reading tasks.", default=0)
    prompts: str = flag(
        "Prompt set that the examples are for, or a folder.", autocompletion=completion.prompts, default="vtc"
    )
    generations: str = flag("one good generation of each problem, or all.", default="one")
    max_segments: int = flag("Drop traces of more segments.", min=1, default=8)
    max_tokens: int = flag("Drop traces with a longer example.", min=16, default=32_768)
    max_characters: int = flag("Drop longer generations.", min=16, default=1_000_000)
    max_missing: float = flag(
        "Drop traces with a larger share of characters on pages that have no legible glyph.",
        min=0,
        max=1,
        default=0.01,
    )
    shard_rows: int = flag("Rows of the source in one shard.", min=1, default=256)
    workers: int | None = flag("Processes; one per core by default.", min=1)
    engine: str = flag("local, or ray for a cluster (needs the extra ray).", default="local")
    as_json: bool = flag("Print the result as JSON.", None, "--json", default=False)
    quiet: bool = flag("No progress.", None, "--quiet", "-q", default=False)


def build(asked: BuildFlags) -> None:
    """Build a data set: rows → segments → pages → examples in Parquet shards.

    Ctrl-C or a crash loses no finished shard: the same command resumes.
    """
    import os

    from vtc_r1.renderers import load_profile
    from vtc_r1.renderers.variants import changed
    from vtc_r1.sft.building.build import build as run
    from vtc_r1.sft.building.workspace import Workspace
    from vtc_r1.sft.sources import open_source
    from vtc_r1.tokens import find_tokenizer

    for kind, given, known in (
        ("segmentation", asked.segmentation, SEGMENTATIONS),
        ("engine", asked.engine, ENGINES),
        ("--generations", asked.generations, ("one", "all")),
    ):
        if given not in known:
            raise UnknownName(kind, given, known)
    needs_pyarrow()
    page = changed(load_profile(asked.profile), asked.settings or [])
    found = None if asked.tokenizer is None else find_tokenizer(asked.tokenizer)
    opened = open_source(asked.source, subset=asked.subset, split=asked.split, revision=asked.revision)
    config = _config(asked, page, found, opened.identity)
    with Workspace(asked.out, config) as workspace:
        say_replaced(workspace, asked.quiet)
        if not workspace.is_finished:
            try:
                progress = run(
                    workspace,
                    opened,
                    tokenizer=found,
                    workers=asked.workers or os.cpu_count() or 1,
                    engine=asked.engine,  # type: ignore[arg-type]  # checked above
                    report=Report(asked.quiet),
                )
            except KeyboardInterrupt as interrupted:
                print("vtc-r1: interrupted; run the same command again to resume", file=sys.stderr)
                raise typer.Exit(INTERRUPTED) from interrupted
            if not asked.quiet:
                _say_stages(progress)
    if built := print_built(asked.out, asked.as_json):
        print_drops(built["dropped"], "row")


register = options.added("build", build, MANUAL)


def _config(asked: BuildFlags, page: "Profile", found: Path | None, source: dict[str, Any]) -> "BuildConfig":
    """Put the configuration together; raises PromptError for a set whose answers are not tagged."""
    from vtc_r1.memory import memory_policy
    from vtc_r1.prompts import PromptSet
    from vtc_r1.prompts.reading import ReadingPrompts
    from vtc_r1.sft.building.config import BuildConfig
    from vtc_r1.sft.building.glyphs import fonts_of
    from vtc_r1.sft.stopwatch import Stopwatch
    from vtc_r1.sft.styling import Drawing, StyleSet, load_styles
    from vtc_r1.tokens import ESTIMATE, fingerprint

    styles, chosen = None if asked.styles is None else load_styles(asked.styles), PromptSet(asked.prompts)
    if chosen.rule != "vtc":
        raise PromptError(
            f"prompt set {asked.prompts}: segments end by the rule {chosen.rule!r}; "
            "examples are written for sets with final = 'vtc'"
        )
    remember = memory_policy(asked.memory, trusted=True)
    chosen.check_templates(remember.name, remember.kind.templates)
    drawn = StyleSet(page, styles, asked.seed).all
    for style in drawn:  # what cannot be drawn is told before it is built
        remember(Drawing(style, Stopwatch()))
    given = {name: value for name, value in vars(asked).items() if name in BuildConfig.model_fields}
    made = {
        "source": source,
        "limit": None if asked.limit is None else min(asked.limit, sys.maxsize),
        "profile": page,
        "styles": styles,
        "memory": remember.name,
        "reading_sha256": ReadingPrompts(asked.prompts).sha256 if asked.reading else None,
        "prompts_sha256": chosen.sha256,
        "fonts": fonts_of(style.profile for style in drawn),
        "tokens": asked.tokenizer or ESTIMATE,
        "tokenizer_sha256": None if found is None else fingerprint(found),
    }
    return BuildConfig(**{**given, **made})


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
    """Say in one line progress of a build."""
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
    """Report that a failed build was replaced."""
    if workspace.replaced and not quiet:
        shards = f"{workspace.replaced} shard{'s' * (workspace.replaced != 1)}"
        note = f"{workspace.folder}: {shards} of a failed build by another configuration replaced by this one"
        print(f"vtc-r1: {note}", file=sys.stderr)


def _say_stages(progress: "BuildProgress") -> None:
    spent = sorted(progress.cpu_seconds.items(), key=lambda item: -item[1])
    stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in spent)
    print(
        f"{progress.rows_here:,} rows in {progress.seconds:.1f} s; processor seconds by stage: {stages}",
        file=sys.stderr,
    )


def print_built(out: Path, as_json: bool, trace: str = "trace") -> dict[str, Any] | None:
    """Print what a data set holds, its traces called `trace`; return what its build says, unless as JSON."""
    from vtc_r1.sft.built.dataset import BuiltDataset
    from vtc_r1.sft.built.statistics import report

    found = report(BuiltDataset(out))
    if as_json:
        print(json.dumps({"folder": str(out), **found}, indent=2, ensure_ascii=False))
        return None
    ratio = f", compression {times(found['compression_ratio'])}" if found["vision_tokens"] else ""
    print(f"{out}: {count(found['examples'], 'example')} of {count(found['traces'], trace)}{ratio}")
    build: dict[str, Any] = found["build"]
    return build


def print_drops(dropped: dict[str, int], noun: str) -> None:
    """Print how many rows or solves were dropped, by reason."""
    for reason, number in sorted(dropped.items(), key=lambda item: -item[1]):
        print(f"dropped {count(number, noun)}: {reason}")


def needs_pyarrow() -> None:
    """Refuse to start without what every command of `vtc-r1 data` needs; raises MissingExtra."""
    require("pyarrow", extra="data", what="vtc-r1 data")
