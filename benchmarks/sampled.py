"""Where processor time goes, by a look at the stack now and then: shares that no tracing distorts."""

import signal
from collections import Counter
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from vtc_r1.errors import VtcError

_EVERY = 0.002
"""Processor seconds between two looks; kernels round it up to their tick."""


def _under(*names: str) -> Callable[[str, str], bool]:
    return lambda file, function: any(name in file for name in names)


def _named(*names: str) -> Callable[[str, str], bool]:
    return lambda file, function: function in names


_OURS = "/vtc_r1/"
_OPENAI, _TRANSPORT = (
    "/openai/",
    ("/aiohttp/", "/httpx", "/httpcore", "/h11/", "/anyio/", "/sniffio/", "/httptools"),
)
PARTS: dict[str, Callable[[str, str], bool]] = {
    "pages": _under(f"{_OURS}renderers/"),
    "prompts": _under(f"{_OURS}prompts/", "/jinja2/"),
    "records": _under(f"{_OURS}trace.py", "/pydantic"),
    "transport": _under(*_TRANSPORT),
    "SDK": _under(_OPENAI),
    "backend": _under(f"{_OURS}backends/"),
    "loop and solver": _under(_OURS),
    "event loop": _under("/asyncio/", "selectors.py"),
}
"""What a frame belongs to; the first that fits counts. What no part claims goes to the frame's caller."""
REQUESTS = _named("arguments", "messages", "data_uri", "_build_request", "build_request")
"""Functions that make a request: whatever is done below one of them, pages apart, is request building."""


def part_of(frame: FrameType | None) -> str:
    """Say which part a stack is busy in."""
    found = ""
    while frame is not None:
        file, function = frame.f_code.co_filename, frame.f_code.co_name
        here = next((name for name, fits in PARTS.items() if fits(file, function)), "")
        if REQUESTS(file, function) and found != "pages":
            return "request building"
        if found == "records" and here == "SDK":
            found = here
        found = found or here
        frame = frame.f_back
    return found or "other"


class Sampled:
    """Counts, within its block, what the main thread is busy with; raises VtcError where signals cannot."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def shares(self) -> dict[str, float]:
        """Each part's share of the looks, the largest first."""
        total = max(1, self.counts.total())
        return {name: count / total for name, count in self.counts.most_common()}

    def __enter__(self) -> Self:
        if not hasattr(signal, "setitimer"):
            raise VtcError("this system has no timers of processor time")
        self._before = signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, self._before)

    def _look(self, _: int, frame: FrameType | None) -> None:
        self.counts[part_of(frame)] += 1
