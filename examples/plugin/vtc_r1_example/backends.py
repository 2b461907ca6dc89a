"""A backend: segments from a file, as if a model wrote them."""

import re
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

from vtc_r1.backends.base import Backend, Completion, Delta, Piece, Request
from vtc_r1.errors import BackendError, UsageError
from vtc_r1.iteration import Usage
from vtc_r1.spec import Configured, Options


class File(Options):
    """`file`: segments, with a line `---` between them."""

    file: Path = Path("replay.txt")


class Replay(Configured[File], Backend):
    """Replays the segments of a file, in order, for every solve.

    Args:
        model: the value of `--model`.
        options: of the backend.
    """

    def __init__(self, model: str | None, options: File | None = None) -> None:
        super().__init__(options)
        self.model = model or "replay"
        self.played: Counter[str] = Counter()

    async def generate(self, request: Request) -> AsyncGenerator[Piece]:
        """Yield the next segment of a solve line by line, then the complete segment."""
        at, segments = self.played[request.solve], self._segments()
        self.played[request.solve] += 1
        if at == len(segments):
            raise BackendError(f"{self.options.file} has {len(segments)} segments, and the solve needs more")
        for line in segments[at].splitlines(keepends=True):
            yield Delta(line)
        seen = sum(page.vision_tokens for page in request.prompt.pages)
        usage = Usage(prompt_tokens=seen, vision_tokens=seen, completion_tokens=len(segments[at].split()))
        yield Completion(segments[at], "stop", usage)

    async def check(self) -> None:
        """Check that the file exists."""
        self._segments()

    async def aclose(self) -> None:
        """Do nothing: there are no connections or weights to release."""

    def _segments(self) -> list[str]:
        try:
            return re.split(r"^---\n", self.options.file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        except OSError as error:
            raise UsageError(
                f"backend replay: {self.options.file} cannot be read ({error.strerror})"
            ) from error
