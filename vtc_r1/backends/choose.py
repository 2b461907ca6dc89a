"""Which backend: a server, a checkpoint in this process, or the embedded model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vtc_r1.backends.base import Backend
from vtc_r1.errors import UsageError
from vtc_r1.plugins import Registry
from vtc_r1.spec import Configured, chosen

if TYPE_CHECKING:
    from openai import AsyncOpenAI


_BUILT_IN = {
    "openai": "A server of OpenAI's protocol: --base-url and --model",
    "transformers": "A checkpoint in this process: --model",
    "embedded": "The model that is shipped: no --model",
}


def _wrong(found: object) -> str | None:
    if not (isinstance(found, type) and issubclass(found, Configured)):
        return "is not a subclass of vtc_r1.spec.Configured"
    asked = ("generate", "check", "aclose")
    lacking = [name for name in asked if getattr(found, name, None) in (None, getattr(Backend, name))]
    return f"has no {', '.join(lacking)}" if lacking else None


BACKENDS: Registry[Any] = Registry("vtc_r1.backends", "backend", _BUILT_IN, _wrong)
"""For a built-in backend, how to choose it; for a plug-in, its class, made with the model's name."""


def backend_named(
    spec: str,
    base_url: str | Sequence[str] | None,
    model: str | None,
    client: "AsyncOpenAI | None",
    stream: bool,
    server_wait: float | None = None,
) -> Backend:
    """Return the backend of a spec: `name` or `module:Class`, either with options `:key=value,…`.

    The other arguments are those of `choose`. A plug-in is given the model's name and its own options.

    Raises UsageError: UnknownName for an unknown name, PluginError for a plug-in that cannot be used; also
    if the spec names a built-in backend and the other arguments choose a different one.
    """
    if spec in _BUILT_IN:
        found = choose(base_url, model, client, stream, server_wait)
        if found.name != spec:
            raise UsageError(f"backend {spec}: what else is given chooses {found.name}. {_BUILT_IN[spec]}")
        return found
    made = chosen(BACKENDS, spec, trusted=True)
    if base_url is not None or client is not None or server_wait is not None:
        raise UsageError(f"backend {made.name} takes no base_url, client or server_wait: leave them out")
    backend: Backend = made.made(model)
    return backend


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
