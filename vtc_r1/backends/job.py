"""One request in the batch."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vtc_r1.backends.base import Completion, Delta, Request
from vtc_r1.backends.sampling import Chooser
from vtc_r1.iteration import FinishReason, Sampled, Usage
from vtc_r1.renderers.page import Page

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from tokenizers.decoders import DecodeStream

PAUSE = 0.05
"""Minimum seconds between two pieces of one segment: more frequent ones cost more than the tokens."""


@dataclass(frozen=True)
class EncodedPrompt:
    """A prompt, encoded for the model."""

    ids: list[int]  #: token ids, with every page's vision tokens in place
    #: identity of the prompt, shape (tokens,): token ids, and for a page's tokens its hash
    names: NDArray[np.int64]
    positions: "torch.Tensor"  #: rotary positions, shape (3, tokens)
    offset: int  #: shift of the positions of later tokens due to pages
    pages: tuple[Page, ...]  #: the pages, in order
    counts: tuple[int, ...]  #: vision tokens of each page


@dataclass(eq=False)
class Job:
    """One request: the queue for its pieces, and its progress."""

    request: Request
    loop: asyncio.AbstractEventLoop
    pieces: "asyncio.Queue[Delta | Completion | BaseException]"
    cancelled: bool = False  #: whether nobody waits for it any more; set from any thread
    tokens: list[int] = field(default_factory=list)
    #: log-probability of every token, also of the one that ends the segment; empty unless they are recorded
    logprobs: list[float] = field(default_factory=list)
    cached_tokens: int = 0
    prompt: EncodedPrompt = field(init=False)
    choose: Chooser | None = None
    _tokenizer: "Tokenizer" = field(init=False)
    _stream: "DecodeStream" = field(init=False)
    _known: int = 0
    _pending: str = ""
    _sent_at: float = 0.0

    def write_with(self, tokenizer: "Tokenizer") -> None:
        """Set the tokenizer that decodes the tokens; special tokens are left out of the text."""
        from tokenizers.decoders import DecodeStream

        self._tokenizer, self._stream = tokenizer, DecodeStream(skip_special_tokens=True)

    def take(
        self, token: int, ends: frozenset[int], logprob: float | None = None
    ) -> list[Delta | Completion]:
        """Add a token; return the pieces that are due, and the completion after the last token."""
        if logprob is not None:
            self.logprobs.append(logprob)
        if token in ends:
            return self._end("stop", (token,))
        self.tokens.append(token)
        self._write(self._stream.step(self._tokenizer, token) or "")
        if len(self.tokens) >= self.request.max_tokens:
            return self._end("length")
        now = time.monotonic()
        return self._flush(now) if self._pending and now - self._sent_at >= PAUSE else []

    def _write(self, piece: str) -> None:
        self._pending, self._known = self._pending + piece, self._known + len(piece)

    def _flush(self, now: float) -> list[Delta | Completion]:
        piece, self._pending, self._sent_at = Delta(self._pending), "", now
        return [piece]

    def _end(self, reason: FinishReason, ending: tuple[int, ...] = ()) -> list[Delta | Completion]:
        text = self._tokenizer.decode(self.tokens, skip_special_tokens=True)
        self._write(text[self._known :])  # what the stream held back: a character without its last bytes
        usage = Usage(
            prompt_tokens=len(self.prompt.ids),
            vision_tokens=sum(self.prompt.counts),
            completion_tokens=len(self.tokens),
            cached_tokens=self.cached_tokens,
        )
        last = self._flush(0.0) if self._pending else []
        sampled = Sampled(ids=(*self.tokens, *ending), logprobs=tuple(self.logprobs))
        return [
            *last,
            Completion(text, reason, usage, sampled=sampled if self.request.record_tokens else None),
        ]
