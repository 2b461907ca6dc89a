"""Text from tokens as they come, each decoded a bounded number of times."""

from typing import Any

_MARK = "\N{REPLACEMENT CHARACTER}"
_LONGEST = 4
"""Most bytes of a character, so most tokens that one can be cut into."""
_WINDOW = 4 * _LONGEST


class Detokeniser:
    """Decodes a growing sequence of tokens of a byte-level tokenizer.

    A character whose bytes are still incomplete is held back. Bytes that make no character become
    U+FFFD each, as when the whole sequence is decoded at once.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._window: list[int] = []
        self._shown = 0
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        """What `push` and `finish` have returned, joined."""
        return "".join(self._pieces)

    def push(self, token: int) -> str:
        """Add a token; returns the text that is certain now and was not before."""
        self._window.append(token)
        text = self._decode(self._window)
        whole = text.removesuffix(_MARK)
        piece = self._show(whole)
        if whole == text:
            self._window, self._shown = [], 0
        elif len(self._window) >= _WINDOW:
            self._slide(text)
        return piece

    def finish(self) -> str:
        """Return what was held back."""
        return self._show(self._decode(self._window))

    def _show(self, text: str) -> str:
        piece, self._shown = text[self._shown :], max(self._shown, len(text))
        if piece:
            self._pieces.append(piece)
        return piece

    def _slide(self, text: str) -> None:
        """Forget tokens of the window that end where a character does."""
        for kept in range(1, _LONGEST + 1):
            head, tail = self._decode(self._window[:-kept]), self._decode(self._window[-kept:])
            if head + tail == text and len(head) <= self._shown:
                self._window, self._shown = self._window[-kept:], self._shown - len(head)
                return

    def _decode(self, tokens: list[int]) -> str:
        text: str = self._tokenizer.decode(
            tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text
