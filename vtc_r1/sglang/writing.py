"""Checks of generated text: its fields, its stream, and a solve through the loop."""

from vtc_r1.backends.wire.body import messages
from vtc_r1.backends.wire.server import Answer
from vtc_r1.errors import BackendError, VtcError
from vtc_r1.sglang.check import Finding
from vtc_r1.sglang.model_client import QUESTION, ModelClient
from vtc_r1.solver import Solver

_FEW, _SEGMENT = 64, 48


def reasoning(client: ModelClient) -> Finding:
    """Does the text arrive as content? With an Instruct model, a reasoning parser may take all of it."""
    answer = client.post(messages(client.question()), min(_FEW, client.solver.budget.segment_tokens))
    if answer.status != 200:
        return client.refused("a question", answer, "check the server's log")
    thought, content = answer.generated()
    preset = client.solver.preset
    thinks = preset.name == "qwen3-vl-thinking" or "qwen3_vl" not in preset.types  # or it may
    if thought and not content and not thinks:
        return Finding(
            "failed",
            "the whole text arrives as reasoning_content or reasoning, and content is empty",
            "relaunch without --reasoning-parser: this model's template has no thinking mode",
        )
    if not content and not thought:
        return Finding("warning", "the model generated no text", "check the chat template")
    return Finding(
        "ok", "thoughts arrive separately and are merged" if thought else "text arrives as content"
    )


def streaming(client: ModelClient) -> Finding:
    """Do segments arrive as a stream?"""
    body = client.body(messages(client.question()), min(_FEW, client.solver.budget.segment_tokens))
    options = {"stream": True, "stream_options": {"include_usage": True}}
    pieces, tokens = 0, None
    try:
        for event in client.server.stream("/chat/completions", {**body, **options}):
            found = Answer(200, event, "")
            if found.at("error") is not None:
                return Finding("failed", f"the stream broke off: {found.complaint}", "check the server's log")
            pieces += any(found.generated("delta"))
            tokens = found.at("usage", "completion_tokens") or tokens
    except BackendError as error:
        return Finding("failed", str(error), "give --no-stream to solve")
    if not pieces:
        return Finding("failed", "the stream has no text", "give --no-stream to solve")
    return Finding("ok", f"tokens: {tokens if tokens is not None else 'not reported'}, pieces: {pieces}")


def solve(client: ModelClient) -> Finding:
    """Does the loop run: a segment, its page, another segment?"""
    few = min(_SEGMENT, client.solver.budget.segment_tokens)
    tiny = {
        "max_iterations": 2,
        "segment_tokens": few,
        "max_tokens": None,
        "max_seconds": client.server.timeout,
    }
    settings = client.settings.model_copy(update={**tiny, "memory": "optical"})
    try:
        with Solver(**settings.solver_arguments()) as solver:
            trace = solver.solve(QUESTION)
    except VtcError as error:
        return Finding("failed", str(error), "correct the settings")
    pages = sum(len(iteration.pages_sent) for iteration in trace.iterations)
    seen = (
        f"{trace.status} after {len(trace.iterations)} of at most 3 segments, pages sent: {pages}, "
        f"{trace.seconds:.1f} s"
    )
    if trace.status == "failed":
        return Finding("failed", trace.error or seen, "check the server's log")
    if not pages and trace.answer is None:
        return Finding("warning", seen, "the model generated no text that a page could carry")
    return Finding("ok", seen)
