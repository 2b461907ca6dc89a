"""How well are pages read, at what compression? Tesseract's error: python benchmarks/legibility.py.

Every profile draws plain English (`prose`), solutions with their formulas (`mathematics`), random numbers
(`digits`) and random alphanumeric, hexadecimal and UUID strings (`strings`); tesseract reads the pages at
settings fixed in `vtc_r1/eval/probe/tesseract.py`. A fixed reader ranks layouts; it does not say how
well a model reads them: `vtc-r1 probe` does.
Needs the extra `bench` and `tesseract-ocr`.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import corpus
from needs import require
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from variants import parse_profiles

from vtc_r1.errors import BackendError
from vtc_r1.estimates import tokens
from vtc_r1.eval.metrics import Interval, pooled
from vtc_r1.eval.probe.misreads import Errors, compare
from vtc_r1.eval.probe.tesseract import ALPHABET, recognise
from vtc_r1.renderers import Page, Profile, Renderer

KINDS = ("prose", "mathematics", "digits", "strings")
LONGEST = 2_000_000
NOTE = (
    "Error: edits ÷ characters drawn, white space left out, 95 % bootstrap interval over pages; a character "
    "that tesseract's English model cannot emit (^, √, ·, ≤, Greek, the newline mark) is an error wherever "
    "it stands. Known: the error over the characters that it can emit, what it reads in the place of others "
    "set aside. Compression is an estimate, by the kind of text."
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """One page: what it carries, what it costs, how far its reading is off."""

    characters: int
    text_tokens: float
    vision_tokens: int
    errors: Errors


def source(kind: str, data: corpus.Corpus | None) -> Callable[[int], str]:
    """A function from a number of characters to so much text of a kind, or all there is."""
    if kind in ("digits", "strings"):
        return corpus.digits if kind == "digits" else corpus.strings
    assert data is not None
    text = data.prose if kind == "prose" else data.mathematics
    return lambda characters: text[:characters]


def full_pages(profile: Profile, text: Callable[[int], str], most: int) -> list[Page]:
    """The first `most` pages of a text that is long enough to fill them; fewer where the text ends."""
    renderer, length = Renderer(profile), 4_000 * most
    while True:
        stretch = text(length)
        pages = renderer.render(stretch)
        if len(pages) > most or len(stretch) < length or length > LONGEST:
            return pages[:most]
        length *= 2


def read_page(page: Page) -> Reading:
    found = compare(page.drawn, recognise(page.png), ALPHABET)
    return Reading(len(page.text), tokens(page.text), page.vision_tokens, found)


def summary(profile: Profile, kind: str, pages: list[Reading]) -> Row:
    """The figures of one profile on one kind of text, pooled over its pages."""
    errors = [page.errors for page in pages]
    lengths, known_lengths = [one.length for one in errors], [one.known_length for one in errors]
    everything = pooled([one.edits for one in errors], lengths)
    known = pooled([one.known_edits for one in errors], known_lengths)
    characters = sum(page.characters for page in pages)
    vision_tokens = sum(page.vision_tokens for page in pages)
    return {
        "profile": profile.name,
        "kind": kind,
        "pages": len(pages),
        "characters": characters,
        "error": everything.mean,
        "error_interval": _bounds(everything) if len(pages) > 1 else None,
        "known_error": known.mean,
        "known_error_interval": _bounds(known) if len(pages) > 1 else None,
        "known_share": sum(known_lengths) / sum(lengths),
        "characters_per_vision_token": characters / vision_tokens,
        "compression_ratio": sum(page.text_tokens for page in pages) / vision_tokens,
    }


def _bounds(figure: Interval) -> tuple[float, float]:
    return figure.low, figure.high


def measure(arguments: argparse.Namespace) -> Iterator[Row]:
    """Read every profile's pages of every kind; yield one row each."""
    most = len(arguments.kinds) * len(arguments.profiles) * arguments.pages
    columns = (TextColumn("{task.description}"), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress, ThreadPoolExecutor(2) as readers:
        task = progress.add_task("pages", total=most)
        for kind in arguments.kinds:
            text = source(kind, arguments.corpus)
            for profile in arguments.profiles:
                progress.update(task, description=f"{kind}, {profile.name}")
                found = []
                pages = full_pages(profile, text, arguments.pages)
                for page in readers.map(read_page, pages):
                    found.append(page)
                    progress.advance(task)
                if not progress.console.is_terminal:
                    print(f"{kind}, {profile.name}: {len(found)} pages", file=sys.stderr, flush=True)
                yield summary(profile, kind, found)


def table(rows: list[Row]) -> Table:
    shown = Table(title="What tesseract misreads", caption=NOTE)
    shown.add_column("profile", overflow="fold")
    shown.add_column("kind")
    heads = ("pages", "error %", "interval", "known %", "interval")
    for head in (*heads, "characters a token", "compression"):
        shown.add_column(head, justify="right")
    for row in rows:
        cells = [str(row["pages"])]
        for key in ("error", "known_error"):
            edges = row[f"{key}_interval"]
            cells += [f"{100 * row[key]:.2f}", "–".join(f"{100 * edge:.2f}" for edge in edges or ()) or "–"]
        cells += [f"{row['characters_per_vision_token']:.1f}", f"{row['compression_ratio']:.2f}"]
        shown.add_row(row["profile"], row["kind"], *cells)
    return shown


def plot(rows: list[Row], folder: Path) -> list[Path]:
    """Error against compression, one panel a kind and one marker a profile, as PNG and SVG.

    A hollow marker below a profile's own is its error over the characters that the reader knows.
    """
    from matplotlib.figure import Figure

    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    names = list(dict.fromkeys(row["profile"] for row in rows))
    markers = "os^Dvp*XPh<>"
    figure = Figure(figsize=(1 + 3.4 * len(kinds), 4.2), layout="constrained")
    panels = figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
    for panel, kind in zip(panels, kinds, strict=True):
        for row in (row for row in rows if row["kind"] == kind):
            at = names.index(row["profile"])
            error = 100 * row["error"]
            low, high = (100 * edge for edge in row["error_interval"] or (row["error"],) * 2)
            panel.errorbar(
                row["compression_ratio"],
                error,
                yerr=[[max(0, error - low)], [max(0, high - error)]],
                fmt=markers[at % len(markers)],
                color=f"C{at % 10}",
                capsize=2,
                label=row["profile"],
            )
            if row["known_error"] < row["error"]:
                hollow = {"marker": markers[at % len(markers)], "mec": f"C{at % 10}", "mfc": "none", "ls": ""}
                panel.plot(row["compression_ratio"], 100 * row["known_error"], **hollow)
        panel.set_title(kind)
        panel.set_xlabel("compression ratio (estimated)")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("misread by tesseract, % (hollow: of what it knows)")
    panels[0].set_ylim(bottom=0)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize="small")
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / f"legibility.{kind}" for kind in ("png", "svg")]
    for path in written:
        figure.savefig(path, dpi=150)
    return written


def kinds(text: str) -> list[str]:
    asked = text.split(",")
    if unknown := [kind for kind in asked if kind not in KINDS]:
        raise argparse.ArgumentTypeError(f"no kind {', '.join(unknown)}; there are {', '.join(KINDS)}")
    return asked


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--profiles", help="name[:key=value,…],… (default: all shipped but nano)")
    parser.add_argument("--set", dest="changes", help="key=value,… for every profile")
    parser.add_argument("--kinds", type=kinds, default=list(KINDS), help=f"of {', '.join(KINDS)}")
    parser.add_argument("--pages", type=int, default=4, help="pages of each profile and kind")
    parser.add_argument("--quick", action="store_true", help="one page each")
    parser.add_argument("--data", type=Path, help="MATH500 as JSON lines with `problem` and `solution`")
    parser.add_argument("--out", type=Path, help="folder for the plot (PNG, SVG) and legibility.json")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    arguments = parser.parse_args()
    try:
        modules = ["rapidfuzz", *(["matplotlib"] if arguments.out else [])]
        require(modules, {"tesseract": "tesseract-ocr"})
        arguments.profiles = parse_profiles(arguments.profiles, arguments.changes)
        needs_data = set(arguments.kinds) & {"prose", "mathematics"}
        arguments.corpus = corpus.load(arguments.data) if needs_data else None
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    arguments.pages = 1 if arguments.quick else arguments.pages
    return arguments


def main() -> int:
    arguments = parse_arguments()
    rows: list[Row] = []
    is_complete = False
    try:
        for row in measure(arguments):
            rows.append(row)
        is_complete = True
    except (KeyboardInterrupt, BackendError) as error:
        reason = str(error) or "interrupted"
        print(f"{reason}: what was measured until then follows", file=sys.stderr)
    found = json.dumps({"complete": is_complete, "note": NOTE, "rows": rows}, indent=2)
    if arguments.out and rows:
        for path in plot(rows, arguments.out):
            print(f"wrote {path}", file=sys.stderr)
        (arguments.out / "legibility.json").write_text(found, "utf-8")
    if arguments.json:
        print(found)
    elif rows:
        (Console() if sys.stdout.isatty() else Console(width=180)).print(table(rows))
    return 0 if is_complete else 1


if __name__ == "__main__":
    raise SystemExit(main())
