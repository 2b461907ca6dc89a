"""The folder of a report: written atomically, and never over anything that is not a report."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from markupsafe import Markup

from vtc_r1.disk.access import readable, try_folder, writable
from vtc_r1.disk.atomic import atomic_folder
from vtc_r1.errors import StorageError, UsageError
from vtc_r1.eval.pairs import grading_mismatch
from vtc_r1.eval.report.differences import Differences, differences, paired
from vtc_r1.eval.report.document import document
from vtc_r1.eval.report.drawings import write_drawings
from vtc_r1.eval.report.exports import FORMS, WRITERS, Form
from vtc_r1.eval.report.images import Images
from vtc_r1.eval.report.index import index, shown_run
from vtc_r1.eval.report.markdown import markdown
from vtc_r1.eval.report.packing import pack
from vtc_r1.eval.report.plots import legend, plot
from vtc_r1.eval.report.score import score
from vtc_r1.eval.report.section import Section, run_labels, sections
from vtc_r1.eval.report.sheet import write_sheet
from vtc_r1.eval.report.sources import Sources
from vtc_r1.eval.report.table import overview_table
from vtc_r1.eval.runs import RunFolder, find_runs
from vtc_r1.extras import remedy

PAGE_BYTES = 20_000_000
"""Maximum size of `index.html` in bytes."""
_MARKER = ".vtc-r1-report"
_WRITTEN = frozenset((_MARKER, "index.html", "report.csv", "report.md", "data", "pages", "figures", *FORMS))
"""What a report writes into its folder; anything else there is left alone."""


@dataclass
class Written:
    """A summary of the written report.

    Attributes:
        folder: the report's folder.
        runs: number of runs.
        samples: number of samples.
        in_page: samples whose traces are in `index.html` itself.
        page_bytes: size of `index.html`.
        missing_pages: number of page images that no run has.
        notes: warnings, one sentence each.
        differences: for each pair of compared runs: the benchmark, their names, and the ids of the
            problems on which the first or the second is better.
    """

    folder: Path
    runs: int
    samples: int
    in_page: int = 0
    page_bytes: int = 0
    missing_pages: int = 0
    notes: list[str] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the summary as JSON values."""
        return {**asdict(self), "folder": str(self.folder)}


def write_report(
    paths: Sequence[Path],
    out: Path,
    *,
    title: str | None = None,
    figures: bool = True,
    page_bytes: int = PAGE_BYTES,
    diff: tuple[Path, Path] | None = None,
    exports: Sequence[Form] = (),
) -> Written:
    """Write the report of all runs in `paths`.

    Args:
        paths: folders of runs, or of folders of runs.
        out: the report's folder: a new or empty one, or an older report, which is replaced; other files
            in it are kept.
        title: title of the report.
        figures: also draw the figures as PNG files, if matplotlib is installed.
        page_bytes: maximum size of `index.html`.
        diff: folders of two runs; the page then opens with the problems on which they differ.
        exports: formats of other programs to write as well, each into its own folder.

    Raises:
        UsageError: `out` is not a report's folder, or two runs cannot be compared.
        StorageError: there is no run, one cannot be read, or the report cannot be written.
        MissingExtra: a package for an export is not installed.
    """
    _check(out)
    try_folder(out)
    pairs = [] if diff is None else paired(*diff)
    compared = [one for pair in pairs for one in pair]
    below = find_runs(paths) if paths else []
    known = {one.path.resolve() for one in compared}
    sources = Sources.read([*compared, *(one for one in below if one.path.resolve() not in known)])
    if not sources.rows:
        raise StorageError(f"{', '.join(map(str, paths))}: no sample is solved yet; run vtc-r1 eval again")
    with writable(out), atomic_folder(out, keep=lambda name: name not in _WRITTEN) as fresh:
        written = _write(sources, fresh, title or _title(sources), figures, page_bytes, pairs)
        _export(sources, fresh, exports)
    written.folder = out
    return written


def _check(out: Path) -> None:
    with readable(out, UsageError, "choose another --out"):
        if out.is_symlink() or (out.exists() and not out.is_dir()):
            raise UsageError(f"{out}: is not a folder; choose another --out")
        if out.is_dir() and any(out.iterdir()) and not (out / _MARKER).is_file():
            raise UsageError(f"{out}: is neither empty nor a report; choose another --out")


def _write(
    sources: Sources,
    folder: Path,
    title: str,
    figures: bool,
    page_bytes: int,
    pairs: Sequence[tuple[RunFolder, RunFolder]],
) -> Written:
    labels = run_labels(sources)
    apart = differences(sources, labels, pairs)
    written = Written(folder, len(sources.folders), len(sources.rows), notes=list(sources.notes))
    parts = sections(sources, labels)
    written.notes += _grading_mismatches(sources, labels)
    images = Images([one.page_path for one in sources.folders])
    runs = [
        shown_run(one.run, label, str(one.path)) for one, label in zip(sources.folders, labels, strict=True)
    ]
    lead = _lead(sources)
    shown: dict[str, Any] = {"title": title, "lead": lead, "sections": parts, "made": _made()}
    several = [(part.benchmark.title, part.scores, part.benchmark.reference) for part in parts]
    overview = overview_table(several) if len(several) > 1 else None
    shown |= {"plot": plot, "legend": _legend, "overview": overview}

    def page(chunk_of: Sequence[int], notes: Sequence[str], **inside: Any) -> bytes:
        known = index(runs, sources.problems, sources.rows, chunk_of, compared=[one.runs for one in apart])
        return document(index=known, notes=notes, **shown, **inside).encode("utf-8", "replace")

    # A page without traces, but with indices and notes at their longest, tells how many bytes are left.
    empty = page([99_999] * len(sources.rows), [*written.notes, "x" * 200], traces=[], pages={})
    packed = pack(sources, images, folder, page_bytes - len(empty))
    if images.missing:
        written.missing_pages = len(images.missing)
        are = "image is" if len(images.missing) == 1 else "images are"
        written.notes.append(f"{len(images.missing):,} page {are} in no run; a blank frame is shown instead")
    content = page(packed.chunk_of, written.notes, traces=packed.traces, pages=packed.pages)
    (folder / "index.html").write_bytes(content)
    written.in_page, written.page_bytes = len(packed.traces), len(content)
    write_sheet(folder / "report.csv", sources, labels)
    drawn = _drawn(parts, folder, written) if figures else []
    written.differences = [_as_values(one) for one in apart]
    text = markdown(title, lead, written.notes, overview, parts, drawn, apart)
    (folder / "report.md").write_text(text, encoding="utf-8", errors="replace")
    (folder / _MARKER).write_text("A report that vtc-r1 wrote and may replace.\n", encoding="utf-8")
    return written


def _export(sources: Sources, folder: Path, exports: Sequence[Form]) -> None:
    """Write the exports."""
    if not exports:
        return
    labels = run_labels(sources)
    graded = [
        [row for row in sources.rows if row.run == at and row.method is not None] for at in range(len(labels))
    ]
    scores = [
        score(one, label, 0, rows) if rows else None
        for one, label, rows in zip(sources.folders, labels, graded, strict=True)
    ]
    for form in dict.fromkeys(exports):
        WRITERS[form](folder / form, sources, labels, scores)


def _as_values(one: Differences) -> dict[str, Any]:
    return {
        "benchmark": one.benchmark,
        "first": one.labels[0],
        "second": one.labels[1],
        "common": one.common,
        "better": [found.problem.id for found in one.better],
        "worse": [found.problem.id for found in one.worse],
    }


def _grading_mismatches(sources: Sources, labels: Sequence[str]) -> list[str]:
    """Return a note for each benchmark whose runs were graded differently."""
    groups: dict[str, list[tuple[str, RunFolder]]] = {}
    for folder, label in zip(sources.folders, labels, strict=True):
        groups.setdefault(folder.run.fingerprint, []).append((label, folder))
    return [note for runs in groups.values() if (note := grading_mismatch(runs)) is not None]


def _drawn(parts: Sequence[Section], folder: Path, written: Written) -> list[str]:
    try:
        return write_drawings(parts, folder)
    except ImportError:
        shutil.rmtree(folder / "figures", ignore_errors=True)
        written.notes.append(f"figures/*.png need matplotlib: {remedy('report')}")
        return []


def _legend(section: Section) -> Markup:
    return legend([(one.label, one.colour) for one in section.scores])


def _title(sources: Sources) -> str:
    models = list(dict.fromkeys(folder.run.model.name for folder in sources.folders))
    return f"Evaluation of {models[0]}" if len(models) == 1 else f"Evaluation of {len(models)} models"


def _lead(sources: Sources) -> str:
    runs = [folder.run for folder in sources.folders]
    named = {
        "Benchmark": dict.fromkeys(run.benchmark.title for run in runs),
        "Memory": dict.fromkeys(run.memory for run in runs),
        "Model": dict.fromkeys(run.model.name for run in runs),
    }
    named_values = " ".join(f"{name}: {', '.join(values)}." for name, values in named.items())
    return f"{named_values} {len(sources.rows):,} samples of {len(sources.problems):,} problems."


def _made() -> str:
    return f"Made by vtc-r1 {version('vtc-r1')} on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC."
