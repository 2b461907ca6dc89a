"""One server of several that serve the same model."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from vtc_r1.backends.wire.breaker import Breaker, Probe
from vtc_r1.backends.wire.client import Client
from vtc_r1.backends.wire.failure import Failure
from vtc_r1.backends.wire.pace import Pace
from vtc_r1.estimates import CHARACTERS_PER_TOKEN
from vtc_r1.prompts.prompt import Prompt

_READ_TOKENS = 2_000
"""Prompt tokens that even a slow server reads in a second."""


@dataclass(eq=False)
class Replica:
    """A server, how it is spoken to, and how it fares.

    Attributes:
        where: names it in messages.
        client: speaks to it.
        solves: solves that are placed on it.
    """

    where: str
    client: Client
    pace: Pace = field(default_factory=Pace)
    breaker: Breaker = field(default_factory=Breaker)
    solves: int = 0

    @asynccontextmanager
    async def visit(
        self, solve: str = "", woken: Callable[[], None] = lambda: None
    ) -> "AsyncGenerator[Visit | None]":
        """Take a place for one attempt, and note how it ends; None where the server went away meanwhile.

        Args:
            solve: names the solve that it is made for.
            woken: called where the attempt finds the server back.
        """
        probe = self.breaker.begin()
        try:
            entered = await self.pace.enter()
        except BaseException:
            self.breaker.left(probe)
            raise
        if not entered:
            self.breaker.left(probe)
            yield None
            return
        visit = Visit(self, self.pace.round, solve, woken)
        try:
            yield visit
        except Failure as failure:
            self._failed(failure, visit, probe)
            raise
        except BaseException:
            self.breaker.left(probe)
            raise
        else:
            self.breaker.served()
            self.pace.served(visit.round)
        finally:
            self.pace.leave()

    def _failed(self, failure: Failure, visit: "Visit", probe: Probe | None) -> None:
        if failure.busy:
            self.pace.refused(visit.round)
            if failure.away and failure.pause:
                self.pace.pause(failure.pause)
        self.breaker.failed(failure, probe, visit.solve)
        if self.breaker.away:
            self.pace.evict()
            failure.counted = not (failure.away or failure.ill)


@dataclass(frozen=True)
class Visit:
    """One attempt's place on a server.

    Attributes:
        replica: the server.
        round: the round of its window in which the attempt entered.
        solve: names the solve that it is made for.
        woken: called where the server turns out to be back.
    """

    replica: Replica
    round: int
    solve: str = ""
    woken: Callable[[], None] = lambda: None

    def spoke(self, seconds: float, prompt: Prompt) -> None:
        """Note the first token, so many seconds after the request: the server is there."""
        was_away = self.replica.breaker.away
        self.replica.breaker.served()
        if was_away:
            self.woken()
        texts = sum(len(part) for part in prompt.content if isinstance(part, str))
        tokens = texts / CHARACTERS_PER_TOKEN + sum(page.vision_tokens for page in prompt.pages)
        self.replica.pace.spoke(self.round, max(0.0, seconds - tokens / _READ_TOKENS))
