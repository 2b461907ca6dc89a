"""How often a request is retried, and when."""

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vtc_r1.backends.wire.failure import Failure
from vtc_r1.errors import BackendError
from vtc_r1.waits import Waits

if TYPE_CHECKING:
    from tenacity import AsyncRetrying, RetryCallState


@dataclass(frozen=True)
class Retries:
    """Limits of the retries of one request."""

    attempts: int = 6  #: limit of attempts; those that wait for a server that is down do not count
    #: limit, in seconds, of the wait before the second attempt; it doubles with each later one
    first: float = 0.5
    longest: float = 30.0  #: limit, in seconds, of any wait, unless the server asks for a longer one
    server_wait: float = 180.0  #: seconds to wait for a server that went away
    connect_wait: float = 2.0  #: seconds to wait for a server that has never answered


class RetryBudget:
    """Limit of the load that retries add to the servers: a share of the successes, plus a reserve.

    Without it, an overloaded server would get several times the usual load from its own failures.
    """

    def __init__(self, share: float = 0.25, reserve: float = 32.0, most: float = 128.0) -> None:
        self.share, self.left, self.most = share, reserve, most

    def earn(self) -> None:
        """Record a request that succeeded."""
        self.left = min(self.most, self.left + self.share)

    def spend(self) -> bool:
        """Spend one retry; False if none is left."""
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Tries:
    """The attempts of one request, with exponential back-off; the longest waits once the budget is spent.

    Args:
        retries: limits of this request.
        budget: limit of the retries of all requests together.
        waits: where the waits between attempts are shown.

    Attributes:
        sent: number of attempts that were sent; the caller counts them.
        failure: failure of the last attempt.
    """

    def __init__(self, retries: Retries, budget: RetryBudget, waits: Waits | None = None) -> None:
        self.retries, self.budget, self._waits = retries, budget, waits or Waits()
        self.sent = self._counted = 0
        self.failure: Failure | None = None

    def each(self) -> "AsyncRetrying":
        """Iterate over the attempts, context managers that catch a Failure; the last one is raised."""
        from tenacity import AsyncRetrying, retry_if_exception

        return AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, Failure) and error.passing),
            stop=self._spent,
            wait=self._seconds,
            after=self._note,
            sleep=self._sleep,
            reraise=True,
        )

    def gave_up(self, failure: Failure) -> BackendError:
        """Return the error of the solve."""
        if self.sent < 2 or not failure.passing or type(failure.error) is not BackendError:
            return failure.error
        return BackendError(f"{failure.error}; gave up after {self.sent} attempts", failure.error.cause)

    def _note(self, state: "RetryCallState") -> None:
        failure = state.outcome.exception() if state.outcome else None
        assert isinstance(failure, Failure)
        self.failure = failure
        self._counted += failure.counted

    async def _sleep(self, seconds: float) -> None:
        """Wait before the next attempt."""
        which = f"attempt {self.sent + 1}" + f" of {self.retries.attempts}" * (self.sent == self._counted)

        def message(passed: float) -> str:
            return f"{self.failure}; {which} in {max(0.0, seconds - passed):.0f} s"

        with self._waits.held(message):
            await asyncio.sleep(seconds)

    def _spent(self, _: "RetryCallState") -> bool:
        return self._counted >= self.retries.attempts

    def _seconds(self, _: "RetryCallState") -> float:
        failure, retries = self.failure, self.retries
        if failure is None or not failure.counted:
            return 0.0
        most = min(retries.longest, retries.first * 2.0 ** (self._counted - 1))
        wait = random.uniform(0, most)  # full jitter spreads the retries of requests that failed together
        if not self.budget.spend():
            # Too many requests fail: slow down instead of giving up, until successes refill the budget.
            wait = random.uniform(retries.longest / 2, retries.longest)
        return max(wait, failure.pause or 0.0)
