"""Segmentation: a reasoning trace → the segments that the model learns to write one by one."""


def segment_steps(trace: str, *, lines: int) -> list[str]:
    """Cut `trace` after every `lines` lines; a shorter last segment joins the one before.

    The segments joined with a newline equal the trace.
    """
    pieces = trace.split("\n")
    starts = list(range(0, len(pieces), lines))
    if len(starts) > 1 and len(pieces) - starts[-1] < lines:
        starts.pop()
    ends = [*starts[1:], len(pieces)]
    return ["\n".join(pieces[start:end]) for start, end in zip(starts, ends, strict=True)]
