"""HTML of a trace for notebooks: question, segments with the pages that they became, answer."""

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeAlias

from vtc_r1.compression import vision_tokens
from vtc_r1.findings import marked, told, told_in_short

if TYPE_CHECKING:
    from jinja2 import Template


_SMALL = 300  #: pages narrower than this, in pixels, are shown at twice their size
Trace: TypeAlias = Any
Iteration: TypeAlias = Any  #: the records of `vtc_r1.trace`, which imports this file


def trace_html(trace: Trace) -> str:
    """Return a trace as self-contained HTML; all text in it is escaped.

    It inherits the notebook's colours, light or dark. In an untrusted notebook the style is removed, and the
    rest is readable from top to bottom.
    """
    shown = [_iteration(trace, iteration) for iteration in trace.iterations]
    given = [_page(trace, record) for record in (*trace.images, *trace.earlier)]
    return _template().render(trace=trace, given=given, iterations=shown, spent=_spent(trace))


def _iteration(trace: Trace, iteration: Iteration) -> dict[str, Any]:
    changes, pages = iteration.changes, []
    larger = iteration.canaries.redrawn if iteration.canaries else ()
    for record in iteration.pages:
        found = iteration.compression_of(record)
        form = "smaller" if record.sha256 in changes.shrunk else "larger" if record.sha256 in larger else ""
        carries = "" if form else f"{found.text:,} text tokens → "
        rest = f" · this page {found}" if carries else f", an older page, drawn {form}"
        rest = rest if trace.counts_vision or not carries else ""
        pages.append(_page(trace, record, carries, rest))
    notes = [f"exact value: {fact}" for fact in changes.facts]
    notes += [f"asked to see again: {reread.request} ({reread.outcome})" for reread in changes.rereads]
    if changes.dropped:
        notes.append(f"dropped for the budget: {changes.dropped}")
    notes += told(iteration)
    shown = {"read": len(iteration.pages_sent), "pages": pages, "notes": notes}
    return {"record": iteration, "marked": [*marked(iteration)], **shown}


def _page(trace: Trace, record: Any, carries: str = "", rest: str = "") -> dict[str, Any]:
    """Return the HTML of one page, with its picture if it is available."""
    page = trace.pages.get(record.sha256)
    return {
        "source": None if page is None else page.data_uri,
        "width": record.width * (2 if record.width < _SMALL else 1),
        "is_small": record.width < _SMALL,
        "size": f"{record.width}×{record.height} px",
        "cost": f"{carries}{vision_tokens(record.vision_tokens, known=trace.counts_vision)}{rest}",
    }


def _spent(trace: Trace) -> str:
    """Return the cost of the solve in one line."""
    usage, count = trace.usage, len(trace.iterations)
    parts = [
        f"{count} iteration{'s' * (count != 1)}",
        f"{usage.completion_tokens:,} tokens written",
        f"{vision_tokens(usage.vision_tokens, known=trace.counts_vision)} read",
    ]
    if trace.compression.vision > 0:
        parts.append(f"compression {trace.compression}")
    parts += told_in_short(trace)
    loading = f" after {trace.seconds_loading:.1f} s of loading" if trace.seconds_loading else ""
    return " · ".join([*parts, f"{trace.seconds:.1f} s{loading}"])


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    text = (resources.files("vtc_r1") / "notebook.html.jinja").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(text)
