"""A backend in this process that says what it was told to say."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from vtc_r1.backends.base import Completion, Delta, Request
from vtc_r1.errors import BackendError
from vtc_r1.iteration import Usage

Segment = str | Completion | BackendError


def cut(text: str, tokens: int = 10) -> Completion:
    """A segment that its token limit ended."""
    return Completion(text, "length", Usage(completion_tokens=tokens))


class Scripted:
    """Says the segments in order; fails where a segment is an error, or none is left.

    Args:
        segments: what it says, or a function from the request to what it says.
        delay: seconds before every piece.
    """

    name = "scripted"
    preset: str | None = "qwen3-vl-instruct"
    context: int | None = None

    def __init__(
        self,
        segments: Sequence[Segment] | Callable[[Request], Segment],
        *,
        delay: float = 0.0,
        model: str = "scripted",
    ) -> None:
        self.segments, self.delay, self.model = segments, delay, model
        self.revision: str | None = None
        self.requests: list[Request] = []
        self.running = self.most_running = self.closed = 0

    async def generate(self, request: Request) -> AsyncGenerator[Delta | Completion]:
        self.requests.append(request)
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        self.revision = "loaded"
        try:
            for piece in self._pieces(request):
                await asyncio.sleep(self.delay)
                yield piece
        finally:
            self.running -= 1

    def _pieces(self, request: Request) -> list[Delta | Completion]:
        segment = self._segment(request)
        if isinstance(segment, BackendError):
            raise segment
        if isinstance(segment, str):
            usage = Usage(
                prompt_tokens=50,
                vision_tokens=sum(page.vision_tokens for page in request.prompt.pages),
                completion_tokens=max(1, len(segment) // 4),
            )
            segment = Completion(segment, "stop", usage)
        half = len(segment.text) // 2
        return [Delta(segment.text[:half]), Delta(segment.text[half:]), segment]

    def _segment(self, request: Request) -> Segment:
        if callable(self.segments):
            return self.segments(request)
        at = len(self.requests) - 1
        return self.segments[at] if at < len(self.segments) else BackendError("the script has run out")

    async def check(self) -> None:
        pass

    async def aclose(self) -> None:
        self.closed += 1
