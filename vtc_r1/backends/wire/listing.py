"""What models a server lists."""

from typing import TYPE_CHECKING, Any

from vtc_r1.backends.wire.failure import from_sdk, nonsense
from vtc_r1.backends.wire.replica import Replica
from vtc_r1.errors import BackendError, UnknownName

if TYPE_CHECKING:
    from openai import AsyncOpenAI


async def context(replica: Replica, model: str, timeout: float) -> int | None:
    """Make sure that a server serves `model`; returns its context length in tokens, if it is listed.

    A server that cannot list its models is taken at its word, unless they are listed under `/v1`.

    Raises:
        BackendError: it cannot be reached, refuses, or its address lacks the `/v1`.
        UnknownName: it serves other models.
    """
    from openai import NotFoundError

    try:
        listed = await _list(replica.client)
    except NotFoundError:
        await _look_below(replica)
        return None
    except Exception as error:
        raise from_sdk(error, replica.where, timeout).error from error
    try:
        served = {entry.id: getattr(entry, "max_model_len", None) for entry in listed}
    except (AttributeError, TypeError) as error:
        raise nonsense(replica.where, "list of models", error).error from error
    if model not in served:
        raise UnknownName(f"model on {replica.client.base_url}:", model, served)
    length = served[model]
    return length if isinstance(length, int) else None


async def _list(client: "AsyncOpenAI") -> Any:
    return (await client.models.list()).data


async def _look_below(replica: Replica) -> None:
    """Refuse an address whose `/v1` lists models where itself does not."""
    from openai import APIError

    below = f"{str(replica.client.base_url).rstrip('/')}/v1"
    try:
        listed = await _list(replica.client.with_options(base_url=below))
    except (APIError, AttributeError, TypeError, ValueError):
        return
    if isinstance(listed, list):
        raise BackendError(f"{replica.where} lists no models, but {below} does; correct --base-url")
