"""How fast do pages come, how small, how dense? Side by side: python benchmarks/render.py.

Segments of MATH500 solutions are drawn by a reportlab + poppler pipeline of the VTC-R1 paper's geometry
(`baseline`; `lean` with its font registered once a process), by plain Pillow, by Skia and Cairo where they
are installed (`pip install skia-python cairocffi`), and by every profile, in turn segment by segment, each
pipeline in a process of its own that drew another text first. Times run from text to PNG bytes; read the
ratios.
Needs the extra `bench` and `poppler-utils`.
"""

import argparse
import importlib.util
import json
import platform
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import corpus
import numpy as np
from bootstrap import interval, ratio_of_medians
from needs import require
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from variants import parse_profiles
from workers import Worker

from vtc_r1.renderers import Profile
from vtc_r1.tokens import TokenCounter, find_tokenizer

NOTE = (
    "Text tokens are counted with --tokenizer, else estimated by kind of text. Times are medians, and "
    "speed-ups ratios of medians over the baseline of this run with 95 % bootstrap intervals: by wall time, "
    "and by processor time, which a busy machine disturbs less."
)
Row = dict[str, Any]


def page_texts(worker: Worker, trial: str, text: str, most: int) -> list[str]:
    """Stretches of `text` that fill one page of the worker's pipeline, as long as `trial` says."""
    length = max(1, round(worker.capacity(trial) * 0.97))
    return [text[at : at + length] for at in range(0, len(text) - length + 1, length)][:most]


def measure_pages(
    names: list[str | Profile], trial: str, text: str, most: int, progress: Progress
) -> dict[str, Row]:
    """Milliseconds of one-page texts for each pipeline, in turn and in fresh processes."""
    task = progress.add_task("one-page texts", total=None)
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(name, trial)) for name in names]
        texts = [page_texts(worker, trial, text, most) for worker in workers]
        progress.update(task, total=sum(map(len, texts)))
        for at in range(max(map(len, texts))):
            for worker, own in zip(workers, texts, strict=True):
                if at < len(own):
                    worker.measure(own[at])
                    progress.advance(task)
        return {worker.name: page_row(worker) for worker in workers}


def page_row(worker: Worker) -> Row:
    single = [timing for timing in worker.timings if timing.pages == 1]
    return {
        "page_ms": median(1000 * timing.seconds for timing in single) if single else None,
        "page_characters": median(timing.characters for timing in single) if single else None,
        "pages_timed": len(single),
    }


def measure_segments(
    names: list[str | Profile], texts: list[str], warm: str, tokens: int, how: str, progress: Progress
) -> Iterator[list[Row]]:
    """Draw every segment by every pipeline in turn; yield the rows so far after each segment."""
    task = progress.add_task(f"{tokens}-token segments", total=len(texts) * len(names))
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(name, warm)) for name in names]
        for text in texts:
            for worker in workers:
                worker.measure(text)
                progress.advance(task)
            yield [segment_row(worker, workers[0], tokens, how) for worker in workers]


def speeds(seconds: NDArray[np.float64], prefix: str) -> Row:
    """Median and speed-up from pairs of (baseline, this) seconds."""
    return {
        f"{prefix}segment_ms": 1000 * float(np.median(seconds[:, 1])),
        f"{prefix}speed_up": ratio_of_medians(seconds),
        f"{prefix}speed_up_interval": interval(seconds, ratio_of_medians) if len(seconds) > 1 else None,
    }


def segment_row(worker: Worker, baseline: Worker, tokens: int, how: str) -> Row:
    """The figures of one pipeline on the segments of one length."""
    timings = worker.timings
    both = list(zip(baseline.timings, timings, strict=True))
    wall = np.array([[first.seconds, second.seconds] for first, second in both])
    cpu = np.array([[first.cpu_seconds, second.cpu_seconds] for first, second in both])
    characters = sum(timing.characters for timing in timings)
    vision = sum(timing.qwen3_tokens for timing in timings)
    own = [timing.own_tokens for timing in timings if timing.own_tokens is not None]
    own_total = sum(own) if own else vision
    text_tokens = tokens * len(timings)
    return {
        "tokens": tokens,
        "pipeline": worker.name,
        "segments": len(timings),
        **speeds(wall, ""),
        **speeds(cpu, "cpu_"),
        "png_bytes": median(timing.png_bytes for timing in timings),
        "pages": sum(timing.pages for timing in timings) / len(timings),
        "text_tokens_are": how,
        "qwen3_vl_tokens": vision / len(timings),
        "own_family_tokens": sum(own) / len(timings) if own else None,
        "compression_ratio": text_tokens / own_total,
        "characters_per_vision_token": characters / own_total,
        "timings": [asdict(timing) for timing in timings],
    }


def batches(names: list[str | Profile], texts: list[str], warm: str) -> dict[str, float]:
    """Milliseconds a segment by `render_many`, all segments at once; only if the renderer has it."""
    found = {}
    for name in (name for name in names if isinstance(name, Profile)):
        with Worker(name, warm) as worker:
            seconds = worker.batch(texts)
        if seconds is not None:
            found[name.name] = 1000 * seconds / len(texts)
    return found


def drawers() -> list[str]:
    """Pipelines of other drawing libraries, as far as those are installed."""
    modules = {"skia": "skia", "cairo": "cairocffi"}
    return [name for name, module in modules.items() if importlib.util.find_spec(module)]


def measure(
    arguments: argparse.Namespace, data: corpus.Corpus, rows: list[Row], pages: dict[str, Row]
) -> None:
    """Fill `rows` and `pages` as measurements come, so that an interrupt leaves what there is."""
    names: list[str | Profile] = ["baseline", "lean", "pillow", *drawers(), *arguments.profiles]
    problems = "\n\n".join(data.problems)
    warm = problems[:12_000]
    counter = TokenCounter(find_tokenizer(arguments.tokenizer) if arguments.tokenizer else None)
    how = counter.how(data.mathematics)
    columns = (TextColumn("{task.description}"), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        for tokens in arguments.tokens:
            texts = corpus.segments(data.mathematics, tokens, arguments.segments, counter)
            if not texts:
                progress.console.print(f"the data holds no segment of {tokens} tokens")
                continue
            before = list(rows)
            for measured in measure_segments(names, texts, warm, tokens, how, progress):
                rows[:] = before + measured
            for row in rows[len(before) :]:
                row["many_ms"] = None
            for name, milliseconds in batches(names, texts, warm).items():
                next(row for row in rows[len(before) :] if row["pipeline"] == name)["many_ms"] = milliseconds
        pages.update(measure_pages(names, problems, data.mathematics, arguments.segments, progress))


def table(rows: list[Row], pages: dict[str, Row], tokens: int) -> Table:
    chosen = [row for row in rows if row["tokens"] == tokens]
    first = chosen[0]
    title = f"{first['segments']} distinct segments of {tokens} text tokens ({first['text_tokens_are']})"
    shown = Table(title=title, caption=NOTE)
    shown.add_column("pipeline")
    heads = ["ms", "speed-up", "interval", "CPU ms", "speed-up", "interval", "ms a page", "kB", "pages"]
    heads += ["tokens at Qwen3-VL", "own family", "compression", "characters a token"]
    has_many = any(row.get("many_ms") for row in chosen)
    for head in [*heads, *(["render_many ms"] if has_many else [])]:
        shown.add_column(head, justify="right")
    for row in chosen:
        page, own = pages.get(row["pipeline"], {}).get("page_ms"), row["own_family_tokens"]
        cells = [cell for prefix in ("", "cpu_") for cell in speed_cells(row, prefix)]
        cells += [f"{page:.1f}" if page else "–", f"{row['png_bytes'] / 1000:.0f}", f"{row['pages']:.1f}"]
        cells += [f"{row['qwen3_vl_tokens']:.0f}", f"{own:.0f}" if own is not None else "–"]
        cells += [f"{row['compression_ratio']:.2f}", f"{row['characters_per_vision_token']:.1f}"]
        cells += [f"{row['many_ms']:.1f}" if row.get("many_ms") else "–"] if has_many else []
        shown.add_row(row["pipeline"], *cells)
    return shown


def speed_cells(row: Row, prefix: str) -> list[str]:
    edges = "–".join(f"{edge:.1f}" for edge in row[f"{prefix}speed_up_interval"] or ()) or "–"
    return [f"{row[f'{prefix}segment_ms']:.1f}", f"{row[f'{prefix}speed_up']:.1f}×", edges]


def report(rows: list[Row], pages: dict[str, Row], is_complete: bool, as_json: bool) -> None:
    """Print the tables, or everything as JSON, to stdout."""
    if as_json:
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        found = {"complete": is_complete, "note": NOTE, **machine, "segments": rows, "pages": pages}
        print(json.dumps(found, indent=2))
        return
    console = Console() if sys.stdout.isatty() else Console(width=180)
    for tokens in dict.fromkeys(row["tokens"] for row in rows):
        console.print(table(rows, pages, tokens))


def counts(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="MATH500 as JSON lines with `problem` and `solution`")
    parser.add_argument("--tokens", type=counts, default=[4096, 16384], help="segment lengths in tokens")
    parser.add_argument("--tokenizer", help="checkpoint's folder or hub id, which counts the tokens")
    parser.add_argument("--profiles", help="name[:key=value,…],… (default: all shipped but nano)")
    parser.add_argument("--set", dest="changes", help="key=value,… for every profile")
    parser.add_argument("--segments", type=int, default=20, help="at most so many segments of each length")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    arguments = parser.parse_args()
    try:
        require(["reportlab", "pdf2image"], {"pdftoppm": "poppler-utils"})
        arguments.profiles = parse_profiles(arguments.profiles, arguments.changes)
        arguments.corpus = corpus.load(arguments.data)
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    return arguments


def main() -> int:
    arguments = parse_arguments()
    rows: list[Row] = []
    pages: dict[str, Row] = {}
    is_complete = False
    try:
        measure(arguments, arguments.corpus, rows, pages)
        is_complete = True
    except KeyboardInterrupt:
        print("interrupted: what was measured until then follows", file=sys.stderr)
    report(rows, pages, is_complete, arguments.json)
    return 0 if is_complete else 1


if __name__ == "__main__":
    raise SystemExit(main())
