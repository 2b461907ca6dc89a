"""One request on its way through the batch."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vtc_r1.backends.base import Completion, Delta, Request
from vtc_r1.backends.sampling import Chooser
from vtc_r1.renderers.page import Page
from vtc_r1.trace import FinishReason, Usage

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from tokenizers.decoders import DecodeStream

PAUSE = 0.05
"""Least seconds between two pieces of one segment: more of them cost more than the tokens."""


@dataclass(frozen=True)
class Reading:
    """A prompt, ready to be read.

    Attributes:
        ids: token ids, with every page's vision tokens in place.
        names: what tells two prompts apart, shape (tokens,): ids, and for a page's tokens its hash.
        positions: rotary positions, shape (3, tokens).
        offset: what pages shift the positions of later tokens by.
        pages: the pages, in their order.
        counts: vision tokens of each page.
    """

    ids: list[int]
    names: NDArray[np.int64]
    positions: "torch.Tensor"
    offset: int
    pages: tuple[Page, ...]
    counts: tuple[int, ...]


@dataclass(eq=False)
class Job:
    """One request: where its pieces go, and how far it is.

    Attributes:
        cancelled: nobody waits for it any more; set from any thread.
    """

    request: Request
    loop: asyncio.AbstractEventLoop
    pieces: "asyncio.Queue[Delta | Completion | BaseException]"
    cancelled: bool = False
    tokens: list[int] = field(default_factory=list)
    cached_tokens: int = 0
    reading: Reading = field(init=False)
    choose: Chooser | None = None
    _tokenizer: "Tokenizer" = field(init=False)
    _stream: "DecodeStream" = field(init=False)
    _known: int = 0
    _unsaid: str = ""
    _said_at: float = 0.0

    def write_with(self, tokenizer: "Tokenizer") -> None:
        """Take the tokenizer that turns tokens into text; special ones become none."""
        from tokenizers.decoders import DecodeStream

        self._tokenizer, self._stream = tokenizer, DecodeStream(skip_special_tokens=True)

    def take(self, token: int, ends: frozenset[int]) -> list[Delta | Completion]:
        """Add a token; returns what can be said now, the segment itself after its last token."""
        if token in ends:
            return self._end("stop")
        self.tokens.append(token)
        self._write(self._stream.step(self._tokenizer, token) or "")
        if len(self.tokens) >= self.request.max_tokens:
            return self._end("length")
        now = time.monotonic()
        return self._say(now) if self._unsaid and now - self._said_at >= PAUSE else []

    def _write(self, piece: str) -> None:
        self._unsaid, self._known = self._unsaid + piece, self._known + len(piece)

    def _say(self, now: float) -> list[Delta | Completion]:
        piece, self._unsaid, self._said_at = Delta(self._unsaid), "", now
        return [piece]

    def _end(self, reason: FinishReason) -> list[Delta | Completion]:
        text = self._tokenizer.decode(self.tokens, skip_special_tokens=True)
        self._write(text[self._known :])  # what the stream held back: a character without its last bytes
        usage = Usage(
            prompt_tokens=len(self.reading.ids),
            vision_tokens=sum(self.reading.counts),
            completion_tokens=len(self.tokens),
            cached_tokens=self.cached_tokens,
        )
        last = self._say(0.0) if self._unsaid else []
        return [*last, Completion(text, reason, usage)]
