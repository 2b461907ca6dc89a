"""One server of several that serve the same model."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from vtc_r1 import estimates
from vtc_r1.backends.wire.breaker import Breaker, Probe
from vtc_r1.backends.wire.client import Client
from vtc_r1.backends.wire.failure import Failure
from vtc_r1.backends.wire.pace import Pace
from vtc_r1.prompts.prompt import Prompt

_PREFILL_TOKENS = 2_000  #: prompt tokens per second that even a slow server prefills
_LISTING = 1.0  #: seconds between requests for the list of models while a probe has no answer


@dataclass(eq=False)
class Replica:
    """A server with its client and its state."""

    where: str  #: its name in messages
    client: Client  #: sends requests to it
    pace: Pace = field(default_factory=Pace)  #: limits the requests in flight
    breaker: Breaker = field(default_factory=Breaker)  #: knows whether it is up
    solves: int = 0  #: number of solves that are placed on it

    @asynccontextmanager
    async def visit(
        self, solve: str = "", recovered: Callable[[], None] = lambda: None
    ) -> "AsyncGenerator[Visit | None]":
        """Take a place for one attempt, and record its outcome; None if the server went down in the meantime.

        Args:
            solve: id of the solve.
            recovered: called if the attempt finds the server up again.
        """
        probe = self.breaker.begin()
        try:
            entered = await self.pace.enter()
        except BaseException:
            self.breaker.abandoned(probe)
            raise
        if not entered:
            self.breaker.abandoned(probe)
            yield None
            return
        visit = Visit(self, self.pace.round, solve, recovered)
        listing = asyncio.create_task(self._list(probe, recovered)) if probe else None
        try:
            yield visit
        except Failure as failure:
            self._failed(failure, visit, probe)
            raise
        except BaseException:
            self.breaker.abandoned(probe)
            raise
        else:
            self.breaker.served()
            self.pace.served(visit.round)
        finally:
            if listing is not None:
                listing.cancel()
            self.pace.leave()

    async def _list(self, probe: Probe, recovered: Callable[[], None]) -> None:
        """Admit all requests once the server lists its models: a probe's answer may take minutes."""
        while self.breaker.probe is probe:
            await asyncio.sleep(_LISTING)
            with suppress(Exception):
                async with asyncio.timeout(10 * _LISTING):
                    await self.client.models()
                if self.breaker.probe is probe and self.breaker.away:
                    self.breaker.presume()
                    recovered()
                return

    def _failed(self, failure: Failure, visit: "Visit", probe: Probe | None) -> None:
        if failure.busy:
            self.pace.refused(visit.round)
            if failure.away and failure.pause:
                self.pace.pause(failure.pause)
        self.breaker.failed(failure, probe, visit.solve)
        if self.breaker.away:
            # Waiting requests may go to another server, and an outage must not use up this one's attempts.
            self.pace.evict()
            failure.counted = not (failure.away or failure.suspect)


@dataclass(frozen=True)
class Visit:
    """One attempt's place on a server."""

    replica: Replica  #: the server
    round: int  #: round of its pace in which the attempt entered
    solve: str = ""  #: id of the solve
    recovered: Callable[[], None] = lambda: None  #: called if the server is up again

    def first_token(self, seconds: float, prompt: Prompt) -> None:
        """Record the first token, `seconds` after the request: the server is up."""
        was_away = self.replica.breaker.away
        self.replica.breaker.served()
        if was_away:
            self.recovered()
        texts = sum(estimates.tokens(part) for part in prompt.content if isinstance(part, str))
        tokens = texts + sum(page.vision_tokens for page in prompt.pages)
        self.replica.pace.first_token(self.round, max(0.0, seconds - tokens / _PREFILL_TOKENS))
