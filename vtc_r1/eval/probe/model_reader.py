"""A model as a reader, behind any backend."""

from contextlib import aclosing

from vtc_r1.backends.base import Backend, Completion, Request
from vtc_r1.configuration import Named, Sampling
from vtc_r1.errors import BackendError, ContextOverflow
from vtc_r1.eval.probe.instructions import Instructions, instructions
from vtc_r1.eval.probe.reader import Answer, Ask
from vtc_r1.renderers import Page

_TOKENS_A_CHARACTER = 1.1
"""A right answer takes no more: with a byte tokenizer every character is a token."""
_SPARE = 64
_ANSWER = 512
"""Most tokens of an answer to a question, in which a model may think aloud for a moment."""
MOST_TOKENS = 16_384


class ModelReader:
    """Reads pages with a model, greedily.

    Args:
        backend: generates what the model says; closed with the reader.
        asks: how it is asked; what belongs to the model's name unless given.
        most_tokens: of one answer.
        concurrency: pages that it reads at once.
    """

    alphabet: frozenset[str] | None = None

    def __init__(
        self,
        backend: Backend,
        asks: Instructions | None = None,
        *,
        most_tokens: int = MOST_TOKENS,
        concurrency: int = 8,
    ) -> None:
        self._backend = backend
        self._asks = asks or instructions(None, backend.model)
        self.backend, self.model = backend.name, backend.model
        self.most_tokens, self.concurrency = most_tokens, concurrency
        self.answers = self._asks.asking is not None

    @property
    def revision(self) -> str | None:
        """What identifies the weights, where that is known."""
        return self._backend.revision

    @property
    def prompt(self) -> Named | None:
        """The instructions."""
        return self._asks.named

    async def check(self) -> None:
        """Make sure that the backend can generate."""
        await self._backend.check()

    async def read(self, page: Page, ask: Ask) -> Answer:
        """Ask the model; where the context holds less than a whole answer, ask for what it holds."""
        most = min(self.most_tokens, self._tokens(ask))
        try:
            return await self._said(page, ask, most)
        except ContextOverflow as full:
            if full.room is None or not 0 < full.room < most:
                raise
            return await self._said(page, ask, full.room)

    async def aclose(self) -> None:
        """Release connections or weights."""
        await self._backend.aclose()

    async def _said(self, page: Page, ask: Ask, most: int) -> Answer:
        request = Request(self._asks.prompt(page, ask.question), Sampling(), most)
        async with aclosing(self._backend.generate(request)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Completion):
                    return Answer(piece.text, piece.usage.completion_tokens or None)
        raise BackendError(f"{self.model}: ended without an answer; ask again")

    def _tokens(self, ask: Ask) -> int:
        whole = int(ask.characters * _TOKENS_A_CHARACTER) + _SPARE
        return whole if ask.question is None else whole + _ANSWER
