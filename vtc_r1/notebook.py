"""A trace as a notebook shows it: question, segments with the pages that they became, answer."""

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from jinja2 import Template


_SMALL = 300
"""Pages less wide than this, in pixels, are shown twice as large."""
Trace: TypeAlias = Any
Iteration: TypeAlias = Any
"""The records of `vtc_r1.trace`, which imports this file."""


def trace_html(trace: Trace) -> str:
    """Write a trace as HTML that stands by itself; all text in it is escaped.

    Colours are the notebook's own, so it is light or dark as the notebook is. Where a notebook is not
    trusted its style is taken out, and what remains reads from top to bottom.
    """
    shown = [_iteration(trace, iteration) for iteration in trace.iterations]
    return _template().render(trace=trace, iterations=shown, spent=_spent(trace))


def _iteration(trace: Trace, iteration: Iteration) -> dict[str, Any]:
    pages = []
    for record in iteration.pages:
        page, text_tokens = trace.pages.get(record.sha256), iteration.text_tokens(record)
        ratio = f" · {text_tokens / record.vision_tokens:.1f}×" if record.vision_tokens else ""
        pages.append(
            {
                "source": None if page is None else page.data_uri,
                "zoom": 2 if record.width < _SMALL else 1,
                "width": record.width,
                "size": f"{record.width}×{record.height} px",
                "cost": f"{text_tokens:,} text tokens → {record.vision_tokens:,} vision tokens{ratio}",
            }
        )
    return {"record": iteration, "read": len(iteration.pages_sent), "pages": pages}


def _spent(trace: Trace) -> str:
    """Say what the solve cost, in one line."""
    usage, count = trace.usage, len(trace.iterations)
    parts = [
        f"{count} iteration{'s' * (count != 1)}",
        f"{usage.completion_tokens:,} tokens written",
        f"{usage.vision_tokens:,} vision tokens read",
    ]
    if trace.compression_ratio:
        parts.append(f"compression {trace.compression_ratio:.1f}×")
    return " · ".join([*parts, f"{trace.seconds:.1f} s"])


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    text = (resources.files("vtc_r1") / "notebook.html.jinja").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(text)
