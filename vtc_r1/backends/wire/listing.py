"""The models that a server lists."""

import asyncio

from vtc_r1.backends.wire.client import Refused
from vtc_r1.backends.wire.failure import failure, from_connection, late, nonsense
from vtc_r1.backends.wire.replica import Replica
from vtc_r1.errors import BackendError, UnknownModel

_LONGEST = 60.0  #: limit, in seconds, within which a server must list its models


async def context(replica: Replica, model: str, timeout: float) -> int | None:
    """Verify that a server serves `model`; return its context length in tokens, if it is listed.

    A server that does not list its models is assumed to serve it, unless they are listed under `/v1`.

    Raises:
        BackendError: it cannot be reached, refuses, or its address lacks `/v1`.
        UnknownModel: it serves other models.
    """
    limit = min(timeout, _LONGEST)
    try:
        async with asyncio.timeout(limit):
            listed = await replica.client.models()
        served = {entry["id"]: entry.get("max_model_len") for entry in listed}
    except Refused as refused:
        if refused.status != 404:
            raise failure(replica.where, refused, timeout).error from refused
        await _check_v1(replica, timeout)
        return None
    except TimeoutError as error:
        raise late(replica.where, limit).error from error
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


async def _check_v1(replica: Replica, timeout: float) -> None:
    """Refuse an address without models if its `/v1` lists some."""
    below = f"{replica.client.base_url}/v1"
    try:
        listed = await replica.client.models(below)
    except Exception as error:
        failure(replica.where, error, timeout)
        return
    if isinstance(listed, list):
        message = f"{replica.where} lists no models, but {below} does; correct --base-url"
        raise BackendError(message, "address")
