"""The log of a solve as server-sent events with JSON, for the page."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from vtc_r1.compression import Compression
from vtc_r1.events import (
    Answered,
    DocumentsShown,
    Finished,
    IterationFinished,
    IterationStarted,
    Overflowed,
    PagesRendered,
    SegmentFinished,
    SegmentRestarted,
    Started,
    TextDelta,
)
from vtc_r1.findings import doubts, told, told_in_short
from vtc_r1.iteration import Iteration
from vtc_r1.renderers.page import Page
from vtc_r1.serve.failure import public, reason
from vtc_r1.serve.solve import BackendWaiting, Entry, LogEvent, Waiting
from vtc_r1.trace import Trace


def encode(entries: Sequence[Entry]) -> bytes:
    """Encode entries; adjacent pieces of one segment become one event."""
    lines = []
    for entry in _joined(entries):
        data = json.dumps({"at": entry.seconds, **event_fields(entry.event)}, separators=(",", ":"))
        lines.append(f"id: {entry.number}\ndata: {data}\n\n")
    return "".join(lines).encode()


def event_fields(event: LogEvent) -> dict[str, Any]:
    """Return the JSON object of an event."""
    match event:
        case Waiting(ahead):
            return {"type": "waiting", "ahead": ahead}
        case BackendWaiting(why):
            return {"type": "held", "why": why and public(why)}
        case Started(trace):
            return {"type": "started", **_settings(trace)}
        case DocumentsShown(documents):
            shown = [{"name": each.document.name, "pages": _shown(each.pages)} for each in documents]
            return {"type": "documents", "documents": shown}
        case IterationStarted(index, pages, forced):
            return {"type": "iteration", "index": index, "forced": forced, "pages": _shown(pages)}
        case TextDelta(index, text):
            return {"type": "text", "index": index, "text": text}
        case SegmentRestarted(index, why):
            return {"type": "restarted", "index": index, "reason": public(why)}
        case Overflowed(index, tokens, pages):
            return {"type": "overflowed", "index": index, "tokens": tokens, "pages": _shown(pages)}
        case SegmentFinished(index, text, finish, usage):
            segment = {"index": index, "text": text, "finish": finish, "usage": usage.model_dump()}
            return {"type": "segment", **segment}
        case PagesRendered(index, pages):
            return {"type": "pages", "index": index, "pages": _shown(pages)}
        case Answered(index, answer):
            return {"type": "answered", "index": index, "answer": answer}
        case IterationFinished(iteration, compression):
            seconds = iteration.seconds.model_dump()
            carried = {"carried": iteration.memory_text_tokens, "attempts": iteration.attempts}
            texts = {page.sha256: iteration.text_tokens(page) for page in iteration.pages}
            fields = {"index": iteration.index, "seconds": seconds, "page_texts": texts, **carried}
            found = {"void": iteration.is_void, "told": told(iteration), "doubts": doubts(iteration)}
            found |= {"checks": _checks(iteration)}
            return {"type": "remembered", **fields, **found, **_compressed(compression)}
        case Finished(trace):
            return {"type": "finished", **_result(trace)}


def replay(trace: Trace) -> list[Entry]:
    """Return the log of a stored trace, without pieces of segments."""
    events: list[LogEvent] = [Started(trace)]
    for at, iteration in enumerate(trace.iterations, 1):
        sent = tuple(trace.pages[sha256] for sha256 in iteration.pages_sent if sha256 in trace.pages)
        events.append(IterationStarted(iteration.index, sent, iteration.forced))
        whole = (iteration.index, iteration.text, iteration.finish_reason, iteration.usage)
        events.append(SegmentFinished(*whole))
        if iteration is trace.iterations[-1] and trace.answer is not None:
            events.append(Answered(iteration.index, trace.answer))
        else:
            added = (trace.pages[page.sha256] for page in iteration.pages if page.sha256 in trace.pages)
            events.append(PagesRendered(iteration.index, tuple(added)))
        so_far = trace.compression_of(trace.iterations[:at])
        events.append(IterationFinished(iteration, so_far))
    events.append(Finished(trace))
    return [Entry(at, trace.seconds, event) for at, event in enumerate(events, 1)]


def _joined(entries: Sequence[Entry]) -> Iterable[Entry]:
    last: Entry | None = None
    for entry in entries:
        if last is not None:
            before, event = last.event, entry.event
            if isinstance(before, TextDelta) and isinstance(event, TextDelta):
                last = Entry(entry.number, entry.seconds, TextDelta(event.index, before.text + event.text))
                continue
            yield last
        last = entry
    if last is not None:
        yield last


def _shown(pages: Iterable[Page]) -> list[dict[str, Any]]:
    return [
        {
            "sha256": page.sha256,
            "width": page.width,
            "height": page.height,
            "tokens": page.vision_tokens,
            "text": page.text,
        }
        for page in pages
    ]


def source(trace: Trace) -> str:
    """Return what a recording was made from: a model, or a script in its place."""
    if trace.model.backend == "script":
        return "recorded from a script, pages are real"
    return f"recorded from {trace.model.name}"


def _checks(iteration: Iteration) -> dict[str, Any]:
    """Return the results of the checks: canaries, values, and parts that were read again."""
    codes, values = iteration.canaries, iteration.quotes
    again = [{"request": one.request, "outcome": one.outcome} for one in iteration.changes.rereads]
    return {
        "canaries": codes and {"right": codes.right, "wrong": codes.wrong, "missing": codes.missing},
        "values": values and {"exact": values.exact, "new": values.absent},
        "rereads": again,
    }


def _settings(trace: Trace) -> dict[str, Any]:
    return {
        "question": trace.question,
        "model": trace.model.name,
        "source": source(trace),
        "memory": trace.memory,
        "profile": trace.profile.name,
        "seed": trace.sampling.seed,
        "temperature": trace.sampling.temperature,
        "budget": trace.budget.model_dump(),
        "warnings": trace.warnings,
    }


def _compressed(compression: Compression) -> dict[str, Any]:
    return {"compression": compression.ratio, "as_text": compression.text, "as_pages": compression.vision}


def _result(trace: Trace) -> dict[str, Any]:
    return {
        "status": trace.status,
        "exhausted": trace.exhausted,
        "answer": trace.answer,
        "error": reason(trace),
        "usage": trace.usage.model_dump(),
        **_compressed(trace.compression),
        "seconds": trace.seconds,
        "warnings": trace.warnings,
        "iterations": len(trace.iterations),
        "told": told_in_short(trace),
    }
