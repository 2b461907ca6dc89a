"""Several servers with the same model: a solve stays on the one whose prefix cache has its pages."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from vtc_r1.backends.wire.failure import Failure, unreachable
from vtc_r1.backends.wire.replica import Replica, Visit
from vtc_r1.backends.wire.retrying import Retries
from vtc_r1.errors import BackendError
from vtc_r1.waits import Wait, Waits

_SOLVES = 65_536  #: limit of solves whose server is remembered


class Replicas:
    """Chooses the server of every attempt.

    A solve goes to the server with the fewest requests and stays there. If that server goes down, the solve
    moves to another one, and stays on that.

    Args:
        members: the servers; at least one.
        retries: how long to wait while all servers are down.
        waits: where that wait is shown.
    """

    def __init__(self, members: Sequence[Replica], retries: Retries, waits: Waits | None = None) -> None:
        self.members, self.retries = tuple(members), retries
        self._waits = waits or Waits()
        self._outage: Wait | None = None
        self._placing = 0
        self._placed: OrderedDict[str, Replica] = OrderedDict()
        self._changed = asyncio.Event()
        self._away_since: float | None = None
        self._last: Failure | None = None

    @asynccontextmanager
    async def place(self, solve: str) -> AsyncGenerator[Visit]:
        """Wait for a place for one attempt of a solve, and take it.

        Raises:
            Failure: all servers have been down for too long.
        """
        self._placing += 1
        try:
            while True:
                replica = self._choose(solve)
                if replica is None:
                    await self._change()
                    continue
                async with replica.visit(solve, self._update) as visit:
                    if visit is None:
                        continue
                    try:
                        yield visit
                    except Failure as failure:
                        self._last = failure
                        raise
                    finally:
                        asyncio.get_running_loop().call_soon(self._update)
                    return
        finally:
            self._placing -= 1

    def _choose(self, solve: str) -> Replica | None:
        placed = self._placed.get(solve)
        if placed is not None and placed.breaker.admits():
            self._placed.move_to_end(solve)
            return placed
        ready = [replica for replica in self.members if replica.breaker.admits()]
        if not ready:
            self._note()
            return None
        chosen = min(ready, key=lambda replica: (replica.pace.demand, replica.solves))
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

    def _update(self) -> None:
        """Update whether all servers are down, and wake the waiting attempts."""
        self._note()
        self._changed.set()
        self._changed = asyncio.Event()

    def _note(self) -> None:
        """Record whether all servers are down, and since when; waiting attempts may call it."""
        breakers = [replica.breaker for replica in self.members]
        if not all(breaker.away for breaker in breakers):
            if not all(breaker.away or breaker.presumed for breaker in breakers):
                self._away_since = None
            self._waits.end(self._outage)
            self._outage = None
            return
        if self._away_since is None:
            self._away_since = time.monotonic()
        if self._outage is None:
            since = self._away_since
            self._outage = self._waits.begin(
                lambda _: self._state(time.monotonic() - since) if self._placing else None
            )

    @property
    def away(self) -> str | None:
        """State that all servers are down, and why; None if one is up."""
        return None if self._outage is None else self._state(time.monotonic() - (self._away_since or 0.0))

    def _state(self, seconds: float) -> str:
        """State for how long the servers have been down, and why."""
        where = self.members[0].where
        which = f"{where} has" if len(self.members) == 1 else f"all {len(self.members)} servers have"
        reason = str(self._last or "").removeprefix(where).partition(";")[0].strip()
        return f"{which} been away for {seconds:.0f} s, trying again{reason and f': {reason}'}"

    async def _change(self) -> None:
        """Wait until a server may be up again; raises Failure if that takes too long.

        Even then a probe in flight is awaited: the server may be up and still busy with its prompt.
        """
        assert self._away_since is not None
        now = time.monotonic()
        answered = any(replica.breaker.answered for replica in self.members)
        until = self._away_since + (self.retries.server_wait if answered else self.retries.connect_wait)
        probing = any(replica.breaker.probe is not None for replica in self.members)
        if now >= until and not probing:
            raise self._given_up(now - self._away_since if answered else None)
        due = [
            replica.breaker.until
            for replica in self.members
            if replica.breaker.until is not None and replica.breaker.probe is None
        ]
        due += [until] if now < until else []
        try:
            async with asyncio.timeout(max(0.001, min(due) - now) if due else None):
                await self._changed.wait()
        except TimeoutError:
            return

    def _given_up(self, seconds: float | None) -> Failure:
        """Return the last failure as one that is not retried."""
        error = (self._last or unreachable(self.members[0].where)).error
        if seconds is not None:
            error = BackendError(f"{error}; waited {seconds:.0f} s for it", error.cause)
        failure = Failure(error)
        failure.passing = False
        return failure
