"""Everything that keeps a study from starting, collected so that all of it is reported at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from vtc_r1.errors import UsageError, VtcError

T = TypeVar("T")


class StudyRefused(UsageError):
    """A study that cannot start.

    Attributes:
        reasons: each names the steps, what is wrong and what to do; several are printed above the message.
    """

    def __init__(self, study: str, reasons: list[str]) -> None:
        self.reasons = reasons
        why = reasons[0] if len(reasons) == 1 else f"{len(reasons)} things are wrong or missing, see above"
        super().__init__(f"study {study} cannot start: {why}")


class Refusals:
    """Collects what is wrong with a study."""

    def __init__(self, study: str) -> None:
        self.study = study
        self._steps: dict[str, dict[str, None]] = {}

    def add(self, step: str, reason: object) -> None:
        """Record a reason; `step` is empty for one of the whole study."""
        steps = self._steps.setdefault(str(reason), {})
        if step:
            steps[step] = None

    @property
    def reasons(self) -> list[str]:
        """Every reason once, after the names of its steps."""
        return [f"{', '.join(steps)}: {reason}" if steps else reason for reason, steps in self._steps.items()]

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        """Record an error of the block as a reason, and continue after it."""
        try:
            yield
        except VtcError as error:
            self.add(step, error)

    def ask(self, step: str, what: Callable[[], T]) -> T | None:
        """Return what a function returns; None if it raises an error, which is recorded."""
        with self.of(step):
            return what()
        return None

    def check(self) -> None:
        """Raise StudyRefused if anything was recorded."""
        if self.reasons:
            raise StudyRefused(self.study, self.reasons)
