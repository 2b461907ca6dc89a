"""What models a server lists."""

import asyncio

from vtc_r1.backends.wire.client import Refused
from vtc_r1.backends.wire.failure import failure, from_connection, late, nonsense
from vtc_r1.backends.wire.replica import Replica
from vtc_r1.errors import BackendError, UnknownModel

_LONGEST = 60.0
"""Seconds within which a server that is there lists its models."""


async def context(replica: Replica, model: str, timeout: float) -> int | None:
    """Make sure that a server serves `model`; returns its context length in tokens, if it is listed.

    A server that cannot list its models is taken at its word, unless they are listed under `/v1`.

    Raises:
        BackendError: it cannot be reached, refuses, or its address lacks the `/v1`.
        UnknownModel: it serves other models.
    """
    patience = min(timeout, _LONGEST)
    try:
        async with asyncio.timeout(patience):
            listed = await replica.client.models()
        served = {entry["id"]: entry.get("max_model_len") for entry in listed}
    except Refused as refused:
        if refused.status != 404:
            raise failure(replica.where, refused, timeout).error from refused
        await _look_below(replica, timeout)
        return None
    except TimeoutError as error:
        raise late(replica.where, patience).error from error
    except Exception as error:
        if found := from_connection(replica.where, error, timeout):
            raise found.error from error
        if isinstance(error, (AttributeError, KeyError, TypeError, ValueError)):
            raise nonsense(replica.where, "list of models", error).error from error
        raise failure(replica.where, error, timeout).error from error
    if model not in served:
        raise UnknownModel(f"model on {replica.client.base_url}:", model, served)
    length = served[model]
    return length if isinstance(length, int) else None


async def _look_below(replica: Replica, timeout: float) -> None:
    """Refuse an address whose `/v1` lists models where itself does not."""
    below = f"{replica.client.base_url}/v1"
    try:
        listed = await replica.client.models(below)
    except Exception as error:
        failure(replica.where, error, timeout)
        return
    if isinstance(listed, list):
        said = f"{replica.where} lists no models, but {below} does; correct --base-url"
        raise BackendError(said, "address")
