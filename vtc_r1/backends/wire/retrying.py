"""How often a request is tried again, and when."""

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
    """What a request may cost.

    Attributes:
        attempts: most attempts of one request; those that wait for a server that is away do not count.
        first: most seconds before the second attempt; every later wait may be twice as long.
        longest: most seconds before any attempt, unless the server asks for more.
        patience: seconds for which a server that is away is waited for, if it ever answered.
        hope: the same if it never did.
    """

    attempts: int = 6
    first: float = 0.5
    longest: float = 30.0
    patience: float = 180.0
    hope: float = 2.0


class RetryBudget:
    """What retries may add to the load of the servers: a share of what succeeds, and a reserve."""

    def __init__(self, share: float = 0.25, reserve: float = 32.0, most: float = 128.0) -> None:
        self.share, self.left, self.most = share, reserve, most

    def earn(self) -> None:
        """Note a request that succeeded."""
        self.left = min(self.most, self.left + self.share)

    def spend(self) -> bool:
        """Take one retry out; False where none is left."""
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Tries:
    """The attempts of one request: exponential waits with full jitter, the longest once the budget is spent.

    Args:
        retries: what the request may cost.
        budget: what all requests may cost together.
        waits: told of the waits between attempts.

    Attributes:
        sent: attempts that went out; to be counted by who sends them.
        failure: what went wrong with the last one.
    """

    def __init__(self, retries: Retries, budget: RetryBudget, waits: Waits | None = None) -> None:
        self.retries, self.budget, self._waits = retries, budget, waits or Waits()
        self.sent = self._counted = 0
        self.failure: Failure | None = None

    def each(self) -> "AsyncRetrying":
        """Iterate over the attempts, each a context that takes a Failure; the last one's is raised."""
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
        """Return what the solve ends with."""
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

        def tell(passed: float) -> str:
            return f"{self.failure}; {which} in {max(0.0, seconds - passed):.0f} s"

        with self._waits.held(tell):
            await asyncio.sleep(seconds)

    def _spent(self, _: "RetryCallState") -> bool:
        return self._counted >= self.retries.attempts

    def _seconds(self, _: "RetryCallState") -> float:
        failure, retries = self.failure, self.retries
        if failure is None or not failure.counted:
            return 0.0
        most = min(retries.longest, retries.first * 2.0 ** (self._counted - 1))
        wait = random.uniform(0, most)
        if not self.budget.spend():
            wait = random.uniform(retries.longest / 2, retries.longest)
        return max(wait, failure.pause or 0.0)
