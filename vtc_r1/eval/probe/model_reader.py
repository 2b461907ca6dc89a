"""A reader that is a model behind any backend."""

from contextlib import aclosing

from vtc_r1.backends.base import Backend, Completion, Request
from vtc_r1.configuration import Named, Sampling
from vtc_r1.errors import BackendError, ContextOverflow
from vtc_r1.eval.probe.instructions import Instructions, instructions
from vtc_r1.eval.probe.reader import Answer, Ask
from vtc_r1.renderers import Page

_TOKENS_A_CHARACTER = 1.1  #: upper bound for a right answer: with a byte tokenizer every character is a token
_SPARE = 64
_ANSWER = 512  #: additional tokens for an answer to a question, so that a model can reason briefly
MOST_TOKENS = 16_384


class ModelReader:
    """Reads pages with a model, greedily.

    Args:
        backend: generates the answers; closed with the reader.
        asks: the instructions; by default those of the model's name.
        most_tokens: token limit of one answer.
        concurrency: number of pages read at once.
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
        self.answers = self._asks.question_template is not None

    @property
    def revision(self) -> str | None:
        """Identifies the weights, None if unknown."""
        return self._backend.revision

    @property
    def prompt(self) -> Named | None:
        """The instructions."""
        return self._asks.named

    async def check(self) -> None:
        """Check that the backend can generate."""
        await self._backend.check()

    async def read(self, page: Page, ask: Ask) -> Answer:
        """Ask the model; if the context is too short for a full answer, ask for as much as fits."""
        most = min(self.most_tokens, self._tokens(ask))
        try:
            return await self._generate(page, ask, most)
        except ContextOverflow as full:
            if full.room is None or not 0 < full.room < most:
                raise
            return await self._generate(page, ask, full.room)

    async def aclose(self) -> None:
        """Release connections or weights."""
        await self._backend.aclose()

    async def _generate(self, page: Page, ask: Ask, most: int) -> Answer:
        request = Request(self._asks.prompt(page, ask.question), Sampling(), most)
        async with aclosing(self._backend.generate(request)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Completion):
                    return Answer(piece.text, piece.usage.completion_tokens or None)
        raise BackendError(f"{self.model}: ended without an answer; ask again")

    def _tokens(self, ask: Ask) -> int:
        whole = int(ask.characters * _TOKENS_A_CHARACTER) + _SPARE
        return whole if ask.question is None else whole + _ANSWER
