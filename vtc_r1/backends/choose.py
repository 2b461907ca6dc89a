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
        return "is no subclass of vtc_r1.spec.Configured"
    asked = ("generate", "check", "aclose")
    lacking = [name for name in asked if getattr(found, name, None) in (None, getattr(Backend, name))]
    return f"has no {', '.join(lacking)}" if lacking else None


BACKENDS: Registry[Any] = Registry("vtc_r1.backends", "backend", _BUILT_IN, _wrong)
"""The built-in ones with what chooses them; of plug-ins the classes, made with the model's name."""


def backend_named(
    spec: str,
    base_url: str | Sequence[str] | None,
    model: str | None,
    client: "AsyncOpenAI | None",
    stream: bool,
    patience: float | None = None,
) -> Backend:
    """Return the backend that `name`, `module:Class`, or either with `:key=value,…` names.

    Arguments beside `spec` are those of `choose`. A plug-in is given the model's name and its own options.

    Raises UsageError: UnknownName for what is not known, PluginError for what cannot be used; and where
    the other arguments choose another backend than the built-in one that is named.
    """
    if spec in _BUILT_IN:
        found = choose(base_url, model, client, stream, patience)
        if found.name != spec:
            raise UsageError(f"backend {spec}: what else is given chooses {found.name}. {_BUILT_IN[spec]}")
        return found
    made = chosen(BACKENDS, spec, trusted=True)
    if base_url is not None or client is not None or patience is not None:
        raise UsageError(f"backend {made.name} takes no base_url, client or patience: leave them away")
    backend: Backend = made.made(model)
    return backend


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
