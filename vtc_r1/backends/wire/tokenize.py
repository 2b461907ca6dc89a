"""Tokens of a text as a model server counts them, at `/tokenize`: SGLang, vLLM, TGI, llama.cpp."""

from typing import Any

from vtc_r1.backends.wire.server import Answer, Server
from vtc_r1.errors import BackendError

_SECONDS = 60.0


class ServedTokenCounter:
    """Counts tokens by the tokenizer of a server.

    Args:
        base_url: the server's `/v1` address.

    Raises UsageError for something that is not an address.
    """

    is_estimate = False

    def __init__(self, base_url: str) -> None:
        self._server = Server(base_url.rstrip("/").removesuffix("/v1"), timeout=_SECONDS)

    def count(self, text: str) -> int:
        """Return how many tokens `text` has; raises BackendError where the server does not say."""
        # Servers call the text differently, and ignore the names that they do not know.
        body = {"prompt": text, "content": text, "inputs": text, "add_special_tokens": False}
        answer = self._server.post("/tokenize", body)
        found = _counted(answer) if answer.status == 200 else None
        if found is None or not min(1, len(text)) <= found <= len(text.encode()):
            raise BackendError(
                f"{self._server.base_url}/tokenize does not count tokens "
                f"({answer.status}: {answer.complaint}); give the tokenizer as a folder or a hub id"
            )
        return found

    def how(self, text: str) -> str:
        """Say how the tokens of `text` are known."""
        return "counted by the server"


def _counted(answer: Answer) -> int | None:
    counts: Any = answer.at("count")
    tokens: Any = answer.body if isinstance(answer.body, list) else answer.at("tokens")
    if counts is None and isinstance(tokens, list):
        counts = len(tokens)
    return counts if isinstance(counts, int) and not isinstance(counts, bool) else None
