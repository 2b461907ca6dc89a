"""What the page shows of one trace: a compact form of its record."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from vtc_r1.compression import of_prompts
from vtc_r1.eval.grading import Grade
from vtc_r1.findings import doubts, told
from vtc_r1.iteration import Iteration
from vtc_r1.segments import keep

_HASH = re.compile(r"[0-9a-f]{64}")
Values = Mapping[str, Any]


def detail(trace: Values, grade: Grade | None, has_page: Callable[[str], bool]) -> dict[str, Any]:
    """Return what the page shows of a trace.

    Args:
        trace: the JSON of a valid trace.
        grade: its grade, None if it has none yet.
        has_page: tells whether the image of a page is available.

    Returns:
        Values for JSON. `pages` holds [sha256, width, height, vision tokens, is missing] for each page, and
        iterations refer to pages by index. The text of pages is left out, as the segments contain it.
    """
    pages = _pages(trace)
    places = {sha256: at for at, sha256 in enumerate(pages)}
    return {
        "status": trace["status"],
        "exhausted": trace.get("exhausted"),
        "answer": trace.get("answer"),
        "error": trace.get("error"),
        "warnings": list(trace.get("warnings", ())),
        "loading": trace.get("seconds_loading", 0.0),
        "seed": trace["sampling"].get("seed"),
        "ratio": _compression_ratio(trace),
        "grade": None if grade is None else grade.model_dump(mode="json"),
        "pages": [[sha256, *shown, int(not has_page(sha256))] for sha256, shown in pages.items()],
        "iterations": [_iteration(values, places) for values in trace["iterations"]],
    }


def page_hashes(trace: Values) -> list[str]:
    """Return the hashes of all pages of a trace, each once."""
    return list(_pages(trace))


def _pages(trace: Values) -> dict[str, tuple[int, int, int]]:
    """Return width, height and vision tokens of pages by hash; names that are not hashes are ignored."""
    iterations = trace["iterations"]
    parts = (*trace.get("documents", ()), *iterations)
    added = [page for part in parts for page in part.get("pages", ())]
    pages = {
        page["sha256"]: (page["width"], page["height"], page["vision_tokens"])
        for page in (*trace.get("earlier", ()), *added)
    }
    for iteration in iterations:
        for sha256 in iteration.get("pages_sent", ()):
            pages.setdefault(sha256, (0, 0, 0))
    return {sha256: shown for sha256, shown in pages.items() if _HASH.fullmatch(sha256)}


def _iteration(values: Values, places: dict[str, int]) -> dict[str, Any]:
    text, kept = values["text"], values.get("kept")
    usage, seconds = values.get("usage", {}), values.get("seconds", {})
    carried, changes = values.get("carried", {}), values.get("changes", {})
    counted = ("prompt_tokens", "vision_tokens", "completion_tokens", "cached_tokens")
    return {
        "index": values["index"],
        "text": text,
        "kept": _kept(text, kept),
        "finish": values["finish_reason"],
        "forced": values.get("forced", False),
        "sent": [places[sha256] for sha256 in values.get("pages_sent", ()) if sha256 in places],
        "added": [places[page["sha256"]] for page in values.get("pages", ()) if page["sha256"] in places],
        "shrunk": [places[sha256] for sha256 in changes.get("shrunk", ()) if sha256 in places],
        "dropped": changes.get("dropped", 0),
        "facts": list(changes.get("facts", ())),
        **_checked(values, places),
        "rereads": [[one["request"], one["outcome"], one["tokens"]] for one in changes.get("rereads", ())],
        "carried": [carried.get(name, 0) for name in ("vision", "text", "re_prefill")],
        "maxTokens": values.get("max_tokens"),
        "attempts": values.get("attempts", 1),
        "shed": values.get("shed", 0),
        "usage": [usage.get(name, 0) for name in counted],
        "seconds": [seconds.get("render", 0.0), seconds.get("first_token"), seconds.get("generate", 0.0)],
    }


def _checked(values: Values, places: dict[str, int]) -> dict[str, Any]:
    """Return the findings of the checks whether the pages were read right."""
    if not (values.get("canaries") or values.get("quotes")):
        return {"redrawn": [], "isVoid": False, "doubts": [], "told": []}
    made = Iteration.model_validate(values)
    redrawn = made.canaries.redrawn if made.canaries else ()
    return {
        "redrawn": [places[sha256] for sha256 in redrawn if sha256 in places],
        "isVoid": made.is_void,
        "doubts": doubts(made),
        "told": told(made),
    }


def _kept(text: str, kept: str | None) -> int | str | None:
    """Return the offset up to which the memory kept a segment, tags aside; the kept text if not a prefix."""
    if not kept:
        return kept
    start = text.find(kept)
    if start < 0 or keep(text[:start], cut=False):
        return len(text) if keep(text, cut=False) == kept else kept
    end = start + len(kept)
    return end if keep(text[end:], cut=False) else len(text)


def _compression_ratio(trace: Values) -> float | None:
    read = (
        (part.get("memory_text_tokens", 0), part.get("usage", {}).get("vision_tokens", 0))
        for part in trace["iterations"]
    )
    return of_prompts(read, sum(image["vision_tokens"] for image in trace.get("images", ()))).ratio
