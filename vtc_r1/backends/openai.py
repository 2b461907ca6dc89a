"""SGLang, and any other server that speaks OpenAI's chat completions."""

import asyncio
import weakref
from collections.abc import AsyncGenerator, MutableMapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from vtc_r1.backends.base import Backend, Completion, Piece, Request, Restart
from vtc_r1.backends.checkpoint import trained_for
from vtc_r1.backends.wire import listing, terms
from vtc_r1.backends.wire.attempt import Attempt
from vtc_r1.backends.wire.client import Client
from vtc_r1.backends.wire.failure import RENAMED, Failure
from vtc_r1.backends.wire.http import HttpClient
from vtc_r1.backends.wire.replica import Replica
from vtc_r1.backends.wire.replicas import Replicas
from vtc_r1.backends.wire.retrying import Retries, RetryBudget, Tries
from vtc_r1.backends.wire.sdk import SdkClient
from vtc_r1.closed import ClosedModel, closed, provider_at
from vtc_r1.configuration import Sampling
from vtc_r1.errors import UsageError
from vtc_r1.trained import TrainedFor
from vtc_r1.waits import Waits

if TYPE_CHECKING:
    from openai import AsyncOpenAI


_FORM = "response_format"
_RECORDED = {"logprobs": True, "return_token_ids": True}
"""Fields with which SGLang says which tokens it sampled; it does so in a whole answer, not in a stream."""
_CLOSING = 0.5  #: time limit, in seconds, to close the connections of a backend that was never closed


class OpenAIBackend(Backend):
    """Generates segments on a server, or on several that serve the same model.

    Args:
        base_url: `/v1` address of the server, or of several: a sequence, or separated by commas; may be
            None if `client` is given.
        model: name of the model as the server lists it.
        client: an `AsyncOpenAI` of your own, which is not closed; its retries are switched off.
        stream: request a stream; otherwise each segment arrives as a whole.
        timeout: seconds without any data after which an attempt fails.
        retries: how often, and for how long, a request is retried.

    Attributes:
        context: context length in tokens, if `check` has found it listed; the smallest of several
            servers.
        waits: current waits: for servers that are down, for the next attempt, for a list of models.
        left_out: request fields that a server has refused or does not take, which are not sent; `max_tokens`
            is then sent under its newer name.

    The API key comes from the environment: `VTC_API_KEY`, else `OPENAI_API_KEY`, or for a known provider that
    provider's own variable.
    """

    name = "openai"
    constrains = records = True
    revision: str | None = None

    def __init__(
        self,
        base_url: str | Sequence[str] | None,
        model: str,
        *,
        client: "AsyncOpenAI | None" = None,
        stream: bool = True,
        timeout: float = 600.0,
        retries: Retries | None = None,
    ) -> None:
        self.base_urls = addresses(base_url)
        if client is None and not self.base_urls:
            raise UsageError("no server given: pass base_url or a client")
        if client is not None and len(self.base_urls) > 1:
            raise UsageError("a client is for one server: pass several addresses without a client")
        self.model, self.stream, self.timeout = model, stream, timeout
        self.retries = retries or Retries()
        self.context: int | None = None
        self.waits = Waits()
        self.left_out: frozenset[str] = frozenset()
        self._terms: ClosedModel | None = None
        self.accept(closed().named(model))
        self._given = client
        self._servers: WeakKeyDictionary[asyncio.AbstractEventLoop, _Servers] = WeakKeyDictionary()
        if client is None:
            weakref.finalize(self, _close_abandoned, self._servers)

    def accept(self, model: ClosedModel | None) -> None:
        """Apply the provider's terms for the closed model that is served; None for any other model."""
        if model != self._terms:
            self._terms = model
            self.left_out = frozenset() if model is None else terms.left_out(model)

    async def generate(self, request: Request) -> AsyncGenerator[Piece]:
        """Yield the pieces of a segment, then the segment; transient failures are retried.

        Raises:
            ContextOverflow: prompt and `max_tokens` exceed the model's context length.
            BackendError: it failed for another reason, is over a limit of the model's provider, or was to
                record its tokens and the server did not return them.
        """
        if self._terms is not None:
            terms.check(self._terms, request.prompt)
        servers = self._here()
        tries = Tries(self.retries, servers.budget, self.waits)
        done: Completion | None = None
        yielded = False
        try:
            async for attempt in tries.each():
                with attempt:
                    async with servers.replicas.place(request.solve) as visit:
                        if yielded:
                            yield Restart(str(tries.failure))
                            yielded = False
                        tries.sent += 1
                        fields = self.fields(request)
                        pieces = Attempt(self, visit, request, fields, tries.sent).pieces()
                        try:
                            async with aclosing(pieces):
                                async for piece in pieces:
                                    if isinstance(piece, Completion):
                                        done = piece
                                        break
                                    yielded = True
                                    yield piece
                        except Failure as failure:
                            self._learn(failure, fields)
                            raise
        except Failure as failure:
            raise tries.gave_up(failure) from failure
        assert done is not None
        servers.budget.earn()
        yield done

    def fields(self, request: Request) -> dict[str, Any]:
        """Return the fields of a request except its messages; every sampling parameter is explicit."""
        how: dict[str, Any] = {}
        if request.record_tokens:
            how = _RECORDED
        elif self.stream:
            how = {"stream": True, "stream_options": {"include_usage": True}}
        fields = {
            "model": self.model,
            "max_tokens": request.max_tokens,
            **request.sampling.model_dump(exclude_none=True),
            **({} if request.response_format is None else {_FORM: request.response_format}),
            **how,
        }
        known = {name: value for name, value in fields.items() if name not in self.left_out}
        return known if "max_tokens" in known else {**known, RENAMED: request.max_tokens}

    def _learn(self, failure: Failure, fields: dict[str, Any]) -> None:
        """Leave out the fields that the server does not know from now on, and retry at once."""
        unknown = failure.unknown - {_FORM}  # without it, the answer would be of another form
        if unknown & fields.keys():
            self.left_out |= unknown
            failure.passing, failure.counted = True, False

    def doubts(self, sampling: Sampling) -> list[str]:
        """Return a warning about sampling parameters that the server refuses, so that its defaults apply."""
        neutral = {
            name: field.default for name, field in Sampling.model_fields.items() if name != "temperature"
        }
        refused = {
            name: value
            for name, value in sampling
            if name in self.left_out and value is not None and value != neutral.get(name)
        }
        names = ", ".join(f"{name} {value}" for name, value in refused.items())
        return [f"the server refuses {names}, so its own defaults apply"] if names else []

    @property
    def trained_for(self) -> TrainedFor | None:
        """What the model was trained for; None unless its name is a folder on this machine that states it."""
        return trained_for(self.model)

    async def check(self) -> None:
        """Verify that every server serves the model; one that does not list its models is assumed to.

        Raises:
            BackendError: a server cannot be reached or refuses.
            UnknownModel: it serves other models; some servers would silently accept any name.
        """
        members = [one for one in self._here().replicas.members if _lists(one.client.base_url)]
        where = ", ".join(member.client.base_url or member.where for member in members)
        with self.waits.held(
            lambda seconds: f"waiting for {where} to list its models, {seconds:.0f} s so far"
        ):
            found = await asyncio.gather(
                *(listing.context(each, self.model, self.timeout) for each in members), return_exceptions=True
            )
        for result in found:
            if isinstance(result, BaseException):
                raise result
        listed = [result for result in found if isinstance(result, int)]
        self.context = min(listed, default=None)

    @property
    def away(self) -> str | None:
        """State that all servers of the running event loop are down; None if one is up."""
        return self._here().replicas.away

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        servers = self._servers.pop(asyncio.get_running_loop(), None)
        if servers is not None:
            await servers.close()

    def _here(self) -> "_Servers":
        """Return the servers of the running event loop; connections belong to one loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._servers:
            members = [Replica(self._where(client), client) for client in self._clients()]
            servers = _Servers(Replicas(members, self.retries, self.waits), RetryBudget())
            servers.close_with_loop()
            self._servers[loop] = servers
        return self._servers[loop]

    def _clients(self) -> list[Client]:
        if self._given is not None:
            return [SdkClient(self._given, next(iter(self.base_urls), None))]
        return [HttpClient(url, self.timeout) for url in self.base_urls]

    def _where(self, client: Client) -> str:
        return f"server {client.base_url or 'behind the given client'} (model {self.model})"


@dataclass(frozen=True)
class _Servers:
    """The servers of one event loop, and their retry budget."""

    replicas: Replicas
    budget: RetryBudget
    _held: list[AsyncGenerator[None]] = field(default_factory=list)

    def close_with_loop(self) -> None:
        """Close the connections when the event loop ends, if not before.

        `asyncio.run` closes the asynchronous generators of its loop, and offers no other hook.
        """
        generator = self._until_the_end()
        with suppress(StopIteration):
            generator.asend(None).send(None)
        self._held.append(generator)

    async def _until_the_end(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await self.close()

    async def close(self) -> None:
        """Close the connections."""
        for replica in self.replicas.members:
            await replica.client.close()


def _close_abandoned(servers: MutableMapping[asyncio.AbstractEventLoop, _Servers]) -> None:
    """Close the connections of a backend that was not closed, if their event loop still runs."""
    for loop, held in list(servers.items()):
        if not loop.is_running():
            continue
        closing = asyncio.run_coroutine_threadsafe(held.close(), loop)
        if asyncio._get_running_loop() is None:
            with suppress(TimeoutError):
                closing.result(_CLOSING)


def _lists(base_url: str) -> bool:
    """Tell whether the models that an address lists can be compared with a model's name."""
    provider = provider_at(base_url)
    return provider is None or provider.lists


def addresses(base_url: str | Sequence[str] | None) -> list[str]:
    """Return the addresses in `base_url`, without duplicates."""
    given = base_url.split(",") if isinstance(base_url, str) else base_url or ()
    return list(dict.fromkeys(address.strip() for address in given))
