"""Checks of how a server writes: its text, its stream, and a solve through the loop."""

from vtc_r1.backends.wire.body import messages
from vtc_r1.errors import BackendError, VtcError
from vtc_r1.sglang.asking import QUESTION, Asking
from vtc_r1.sglang.check import Finding
from vtc_r1.sglang.server import Answer
from vtc_r1.solver import Solver

_FEW, _SEGMENT = 64, 48


def reasoning(asking: Asking) -> Finding:
    """Does the text arrive as content? A reasoning parser can take all of it on an Instruct model."""
    answer = asking.post(messages(asking.question()), min(_FEW, asking.solver.budget.segment_tokens))
    if answer.status != 200:
        return asking.refused("a question", answer, "look at its log")
    thought, content = answer.spoken()
    thinks = asking.solver.preset.name == "qwen3-vl-thinking"
    if thought and not content and not thinks:
        return Finding(
            "failed",
            "the whole text arrives as thoughts (reasoning_content or reasoning), content is empty",
            "relaunch without --reasoning-parser: this model's template has no thinking mode",
        )
    if not content and not thought:
        return Finding("warning", "the model wrote nothing", "does the chat template suit the model?")
    return Finding("ok", "reasoning arrives apart and is put back" if thought else "text arrives as content")


def streaming(asking: Asking) -> Finding:
    """Do segments arrive as they grow?"""
    body = asking.body(messages(asking.question()), min(_FEW, asking.solver.budget.segment_tokens))
    options = {"stream": True, "stream_options": {"include_usage": True}}
    pieces, tokens = 0, None
    try:
        for event in asking.server.stream("/chat/completions", {**body, **options}):
            found = Answer(200, event, "")
            if found.at("error") is not None:
                return Finding("failed", f"the stream breaks: {found.complaint}", "look at its log")
            pieces += any(found.spoken("delta"))
            tokens = found.at("usage", "completion_tokens") or tokens
    except BackendError as error:
        return Finding("failed", str(error), "give --no-stream to solve")
    if not pieces:
        return Finding("failed", "nothing comes through a stream", "give --no-stream to solve")
    return Finding("ok", f"tokens: {tokens if tokens is not None else 'not counted'}, pieces: {pieces}")


def solve(asking: Asking) -> Finding:
    """Does the loop run: a segment, its page, another segment?"""
    few = min(_SEGMENT, asking.solver.budget.segment_tokens)
    tiny = {
        "max_iterations": 2,
        "segment_tokens": few,
        "max_tokens": None,
        "max_seconds": asking.server.timeout,
    }
    settings = asking.settings.model_copy(update={**tiny, "memory": "optical"})
    try:
        with Solver(**settings.solver_arguments()) as solver:
            trace = solver.solve(QUESTION)
    except VtcError as error:
        return Finding("failed", str(error), "correct the settings")
    pages = sum(len(iteration.pages_sent) for iteration in trace.iterations)
    seen = (
        f"{trace.status} after {len(trace.iterations)} of at most 3 segments, pages read: {pages}, "
        f"{trace.seconds:.1f} s"
    )
    if trace.status == "failed":
        return Finding("failed", trace.error or seen, "look at its log")
    if not pages and trace.answer is None:
        return Finding("warning", seen, "the model wrote nothing that a page could carry")
    return Finding("ok", seen)
