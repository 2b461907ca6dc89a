"""One process a pipeline, so that none profits from what another has remembered of the same text."""

import multiprocessing
import resource
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import pipelines

from vtc_r1 import renderers
from vtc_r1.renderers import Profile
from vtc_r1.renderers.vision import family

_draw: pipelines.Pipeline


@dataclass(frozen=True)
class Timing:
    """What one text cost from text to PNG bytes: wall time, processor time, and the pages that came out."""

    seconds: float
    cpu_seconds: float
    characters: int
    pages: int
    png_bytes: int
    qwen3_tokens: int
    own_tokens: int | None


class Worker:
    """A process that draws by one pipeline, one text at a time.

    Args:
        pipeline: `baseline`, `pillow`, or a profile.
        warm: text that is drawn before anything is timed.
    """

    def __init__(self, pipeline: str | Profile, warm: str) -> None:
        self.name = pipeline if isinstance(pipeline, str) else pipeline.name
        self.is_ours = isinstance(pipeline, Profile)
        self.timings: list[Timing] = []
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, context, _prepare, (pipeline, warm))

    def measure(self, text: str) -> Timing:
        """Draw and time one text, and remember the timing."""
        self.timings.append(self._pool.submit(_time, text).result())
        return self.timings[-1]

    def capacity(self, text: str) -> int:
        """Characters of `text` that fill its first page."""
        return self._pool.submit(_capacity, text).result()

    def batch(self, texts: list[str]) -> float | None:
        """Seconds that `render_many` takes for all texts together; None where there is none."""
        return self._pool.submit(_batch, texts).result() if self.is_ours else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


_profile: Profile | None


def _prepare(pipeline: str | Profile, warm: str) -> None:
    global _draw, _profile
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _profile = pipeline if isinstance(pipeline, Profile) else None
    _draw = pipelines.ours(pipeline) if isinstance(pipeline, Profile) else getattr(pipelines, pipeline)
    for _ in range(2):
        _draw(warm)


def _time(text: str) -> Timing:
    began, cpu_began = time.perf_counter(), _cpu_seconds()
    pages = _draw(text)
    seconds, cpu_seconds = time.perf_counter() - began, _cpu_seconds() - cpu_began
    own = [page.vision_tokens for page in pages if page.vision_tokens is not None]
    return Timing(
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        characters=len(text),
        pages=len(pages),
        png_bytes=sum(len(page.png) for page in pages),
        qwen3_tokens=sum(family("qwen3-vl").tokens(*page.size) for page in pages),
        own_tokens=sum(own) if own else None,
    )


def _cpu_seconds() -> float:
    """Processor time of this process and of the programs that it has run to their end."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _capacity(text: str) -> int:
    low, high = 1, len(text)
    if len(_draw(text)) == 1:
        return high
    while high - low > 16:
        middle = (low + high) // 2
        low, high = (middle, high) if len(_draw(text[:middle])) == 1 else (low, middle)
    return low


def _batch(texts: list[str]) -> float | None:
    render_many: Any = getattr(renderers, "render_many", None)
    if render_many is None:
        return None
    began = time.perf_counter()
    size = sum(len(page.png) for pages in render_many(texts, _profile) for page in pages)
    return time.perf_counter() - began if size else None
