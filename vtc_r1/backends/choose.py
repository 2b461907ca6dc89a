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
    server_wait: float | None = None,
) -> Backend:
    """Return the backend that the arguments name; no server is contacted and no model loaded yet.

    Args:
        base_url: `/v1` address of a server, or of several: a sequence, or separated by commas.
        model: name on the server, or a checkpoint's folder or hub id; None for the embedded model.
        client: an `AsyncOpenAI` to use for a server.
        stream: take segments from a server as they grow.
        server_wait: seconds to wait for a server that went away; 180 by default.

    Raises UsageError for a server without a model, an invalid address or name, and a `server_wait` below 0.
    """
    if model is not None and model != model.encode("utf-8", "replace").decode():
        raise UsageError(f"the name of a model is not valid UTF-8: {model!r}")
    if base_url is not None or client is not None:
        if not model:
            raise UsageError("a server needs the name of a model: give model (--model NAME)")
        from vtc_r1.backends.openai import OpenAIBackend, addresses
        from vtc_r1.backends.wire.http import checked
        from vtc_r1.backends.wire.retrying import Retries

        if server_wait is not None and not server_wait >= 0:
            raise UsageError(f"server_wait = {server_wait}: give the seconds to wait for a server, 0 or more")
        for address in addresses(base_url):
            checked(address)
        retries = Retries() if server_wait is None else Retries(server_wait=server_wait)
        return OpenAIBackend(base_url, model, client=client, stream=stream, retries=retries)
    if model is None:
        from vtc_r1.backends.embedded import EmbeddedBackend

        return EmbeddedBackend()
    from vtc_r1.backends.transformers import TransformersBackend

    return TransformersBackend(model)
