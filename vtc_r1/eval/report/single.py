"""The page of a single trace, all in one file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vtc_r1.eval.grading import Grade
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.report.detail import detail, page_hashes
from vtc_r1.eval.report.document import document, script_json
from vtc_r1.eval.report.index import index, shown_run, shown_trace
from vtc_r1.eval.report.packing import Images
from vtc_r1.eval.report.row import Row
from vtc_r1.eval.runs import RunFolder, Sample
from vtc_r1.trace import Trace

_LONGEST_TITLE = 80


@dataclass(frozen=True)
class Viewed:
    """A trace to be viewed."""

    trace: Trace  #: the record of the solve
    page_path: Callable[[str], Path]  #: returns the path of the image with a hash
    folder: RunFolder | None = None  #: the run that it belongs to, if any
    problem: Problem | None = None  #: the problem that was solved, if it belongs to a run
    sample: int = 0  #: number of the sample within its problem
    grade: Grade | None = None  #: its grade, if any


def trace_page(viewed: Viewed) -> tuple[str, int]:
    """Return the page of one trace, and the number of missing page images."""
    trace, images = viewed.trace, Images([viewed.page_path])
    problem = viewed.problem or Problem(id="trace", question=trace.question, answer="")
    sample = Sample(problem=problem.id, sample=viewed.sample, trace=trace)
    row = Row.of(sample, viewed.grade, run=0, problem=0, start=0, size=0)
    values = trace.model_dump(mode="json")
    pages = {sha256: images.encoded(sha256) for sha256 in page_hashes(values) if images.has(sha256)}
    run = shown_trace(trace)
    if viewed.folder is not None:
        run = shown_run(viewed.folder.run, trace.memory, str(viewed.folder.path))
    asked = " ".join(trace.question.split())
    page = document(
        title=asked if len(asked) <= _LONGEST_TITLE else f"{asked[: _LONGEST_TITLE - 1]}…",
        index=index([run], [(run["benchmark"], problem)], [row], [0], single=True),
        traces=[(0, script_json(detail(values, viewed.grade, images.has)))],
        pages=pages,
        made="",
    )
    return page, len(images.missing)
