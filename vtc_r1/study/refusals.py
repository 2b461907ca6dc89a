"""Everything that keeps a study from starting, collected so that it is told at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from vtc_r1.errors import UsageError, VtcError

T = TypeVar("T")


class StudyRefused(UsageError):
    """A study that cannot start.

    Attributes:
        reasons: each names the step, what is wrong and what to do.
    """

    def __init__(self, study: str, reasons: list[str]) -> None:
        self.reasons = reasons
        number = "one reason" if len(reasons) == 1 else f"{len(reasons)} reasons"
        listed = " · ".join(f"{at}) {reason}" for at, reason in enumerate(reasons, 1))
        super().__init__(f"study {study} cannot start, for {number}: {listed}")


class Refusals:
    """Collects what is wrong with a study."""

    def __init__(self, study: str) -> None:
        self.study = study
        self.reasons: list[str] = []

    def add(self, step: str, reason: object) -> None:
        """Record a reason; `step` is empty for one of the whole study."""
        line = f"{step}: {reason}" if step else str(reason)
        if line not in self.reasons:
            self.reasons.append(line)

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        """Record an error of the block as a reason, and go on behind it."""
        try:
            yield
        except VtcError as error:
            self.add(step, error)

    def ask(self, step: str, what: Callable[[], T]) -> T | None:
        """Return what a function returns; None where it raises, which is recorded."""
        with self.of(step):
            return what()
        return None

    def check(self) -> None:
        """Raise StudyRefused if anything was recorded."""
        if self.reasons:
            raise StudyRefused(self.study, self.reasons)
