"""What the prompts of a solve have in common, and how much of it a server took from its cache."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from itertools import takewhile

from vtc_r1.backends.base import Backend, Completion, Piece, Request
from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.iteration import Usage
from vtc_r1.prompts.prompt import Prompt


class Recorded:
    """A backend that notes every prompt, with the usage that the server reports for it, by its question."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.name, self.model, self.revision = backend.name, backend.model, backend.revision
        self.taken: dict[str, list[tuple[Prompt, Usage]]] = {}

    async def generate(self, request: Request) -> AsyncGenerator[Piece]:
        async for piece in self.backend.generate(request):
            if isinstance(piece, Completion):
                question = str(request.prompt.content[0])
                self.taken.setdefault(question, []).append((request.prompt, piece.usage))
            yield piece

    async def check(self) -> None:
        await self.backend.check()

    async def aclose(self) -> None:
        await self.backend.aclose()


@dataclass(frozen=True)
class Reuse:
    """Tokens that a prompt has in common with the one before it, and how many came from the cache."""

    common: int
    cached: int
    prompt: int

    @property
    def share(self) -> float:
        return min(1.0, self.cached / self.common)


def reuse(taken: list[tuple[Prompt, Usage]], encoder: PromptEncoder) -> list[Reuse]:
    """Compare each prompt of a solve with the one before it, in the project's own encoding.

    Fails where the server counts another number of tokens than that encoding.
    """
    found = []
    encoded = [encoder.encode(prompt).ids for prompt, _ in taken]
    for before, ids, (_, usage) in zip(encoded, encoded[1:], taken[1:], strict=False):
        assert usage.prompt_tokens == len(ids)
        pairs = zip(before, ids, strict=False)
        common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        found.append(Reuse(common, usage.cached_tokens, len(ids)))
    return found
