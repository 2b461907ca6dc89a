"""Several servers that serve the same model: a solve stays where its prefix is kept."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from vtc_r1.backends.wire.failure import Failure, unreachable
from vtc_r1.backends.wire.replica import Replica, Visit
from vtc_r1.backends.wire.retrying import Retries

_SOLVES = 65_536
"""Most solves whose server is remembered."""


class Replicas:
    """Chooses the server of every attempt.

    A solve goes to the server with the least to do, and then always there, unless that server is away:
    then it moves, and stays where it went.

    Args:
        members: the servers; at least one.
        retries: for how long servers that are all away are waited for.
    """

    def __init__(self, members: Sequence[Replica], retries: Retries) -> None:
        self.members, self.retries = tuple(members), retries
        self._placed: OrderedDict[str, Replica] = OrderedDict()
        self._changed = asyncio.Event()
        self._away_since: float | None = None
        self._last: Failure | None = None

    @asynccontextmanager
    async def place(self, solve: str) -> AsyncGenerator[Visit]:
        """Take a place for one attempt of a solve; waits for one.

        Raises:
            Failure: every server has been away for too long.
        """
        while True:
            replica = self._choose(solve)
            if replica is None:
                await self._change()
                continue
            async with replica.visit() as visit:
                if visit is None:
                    continue
                try:
                    yield visit
                except Failure as failure:
                    self._last = failure
                    raise
                finally:
                    asyncio.get_running_loop().call_soon(self._look)
                return

    def _choose(self, solve: str) -> Replica | None:
        placed = self._placed.get(solve)
        if placed is not None and placed.breaker.admits():
            self._placed.move_to_end(solve)
            return placed
        ready = [replica for replica in self.members if replica.breaker.admits()]
        if not ready:
            self._look()
            return None
        chosen = min(ready, key=lambda replica: (replica.pace.asked, replica.solves))
        if solve:
            self._forget(solve)
            self._placed[solve] = chosen
            chosen.solves += 1
            while len(self._placed) > _SOLVES:
                self._forget(next(iter(self._placed)))
        return chosen

    def _forget(self, solve: str) -> None:
        placed = self._placed.pop(solve, None)
        if placed is not None:
            placed.solves -= 1

    def _look(self) -> None:
        """See who is there, and wake those who wait."""
        if not all(replica.breaker.away for replica in self.members):
            self._away_since = None
        elif self._away_since is None:
            self._away_since = time.monotonic()
        self._changed.set()
        self._changed = asyncio.Event()

    async def _change(self) -> None:
        """Wait until a server may be there again; raises Failure where that has taken too long."""
        assert self._away_since is not None
        now = time.monotonic()
        answered = any(replica.breaker.answered for replica in self.members)
        patience = self.retries.patience if answered else self.retries.hope
        if now >= self._away_since + patience:
            error = (self._last or unreachable(self.members[0].where)).error
            raise Failure(error)
        due = [
            replica.breaker.until
            for replica in self.members
            if replica.breaker.until is not None and not replica.breaker.probing
        ]
        try:
            async with asyncio.timeout(max(0.001, min([*due, self._away_since + patience]) - now)):
                await self._changed.wait()
        except TimeoutError:
            return
