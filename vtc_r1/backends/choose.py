"""Which backend: a server, a checkpoint in this process, or the embedded model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vtc_r1.backends.base import Backend
from vtc_r1.errors import UsageError

if TYPE_CHECKING:
    from openai import AsyncOpenAI


def choose(
    base_url: str | Sequence[str] | None,
    model: str | None,
    client: "AsyncOpenAI | None",
    stream: bool,
    patience: float | None = None,
) -> Backend:
    """Return the backend that the arguments name; nothing is asked or loaded yet.

    Args:
        base_url: `/v1` address of a server, or of several: a sequence, or separated by commas.
        model: name on the server, or a checkpoint's folder or hub id; None for the embedded model.
        client: an `AsyncOpenAI` to use for a server.
        stream: take segments from a server as they grow.
        patience: seconds for which a server that went away is waited for; the usual unless given.

    Raises UsageError for a server without a model, for what is no address or no name, and for a patience
    below 0.
    """
    if model is not None and model != model.encode("utf-8", "replace").decode():
        raise UsageError(f"the name of a model is no text of UTF-8: {model!r}")
    if base_url is not None or client is not None:
        if not model:
            raise UsageError("a server needs the name of a model: give model (--model NAME)")
        from vtc_r1.backends.openai import OpenAIBackend, addresses
        from vtc_r1.backends.wire.http import checked
        from vtc_r1.backends.wire.retrying import Retries

        if patience is not None and not patience >= 0:
            raise UsageError(f"patience = {patience}: give the seconds for which a server is waited for")
        for address in addresses(base_url):
            checked(address)
        retries = Retries() if patience is None else Retries(patience=patience)
        return OpenAIBackend(base_url, model, client=client, stream=stream, retries=retries)
    if model is None:
        from vtc_r1.backends.embedded import EmbeddedBackend

        return EmbeddedBackend()
    from vtc_r1.backends.transformers import TransformersBackend

    return TransformersBackend(model)
